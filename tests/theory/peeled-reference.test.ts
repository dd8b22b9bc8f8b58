import { describe, expect, test } from 'vitest';
import { symmetricEigen } from '../../src/geometry/symmetric-eigen.ts';
import { groupsOf } from '../../src/theory/class-groups.ts';
import { type LayerPeeledModel, layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';
import { solvePeeled } from '../../src/theory/peeled-solver.ts';
import { fixture, off } from './fixture.ts';

interface Energies {
  readonly E_W: number;
  readonly E_H: number;
}

interface TwoGroupCase extends Energies {
  readonly K: number;
  readonly K_A: number;
  readonly K_B: number;
  readonly R0: number;
  readonly R_at_cos_0p999: number;
  readonly rows: readonly { readonly R: number; readonly [name: string]: number | string | null }[];
}

interface GeneralCase extends Energies {
  readonly name: string;
  readonly counts: number[];
  readonly loss_mean: number;
  readonly norm_w: number[];
  readonly norm_h: number[];
  readonly ce: number[];
  readonly p_correct: number[];
  readonly singular_values: number[];
  readonly zero_norm_classes: number[];
  readonly collapsed_pairs_cos_gt_1m1em5: number;
  readonly cos_w: number[][];
  readonly cos_h: number[][];
}

const twoGroups = fixture<{ cases: TwoGroupCase[] }>('lpm-two-group').cases;
const general = fixture<{ cases: GeneralCase[] }>('lpm-general').cases;

const countsOf = ({ K_A, K_B }: TwoGroupCase, R: number) => [
  ...new Array<number>(K_A).fill(R),
  ...new Array<number>(K_B).fill(1),
];
const solved = (counts: number[], { E_W, E_H }: Energies) =>
  layerPeeledModel({ counts, weightEnergy: E_W, featureEnergy: E_H });

/** Rows of the logits M at the optimum; column k holds those of an example of class k. The model tells only what W and H look like. */
function logitsOf(counts: number[], { E_W, E_H }: Energies): number[][] {
  const groups = groupsOf(counts);
  const { sizes, of } = groups;
  const { point } = solvePeeled(groups, counts.length * Math.sqrt(E_W * E_H), 1e-10);
  return of.map((g, k) =>
    of.map((h, l) => {
      const own = g === h ? point[g]! * ((k === l ? 1 : 0) - 1 / sizes[g]!) : 0;
      return own + point[sizes.length * (1 + h) + g]! / Math.sqrt(sizes[g]! * sizes[h]!);
    }),
  );
}

/** Cross-entropy of the examples of each class. */
function crossEntropies(logits: number[][]): number[] {
  return logits.map((row, k) => Math.log(logits.reduce((sum, other) => sum + Math.exp(other[k]! - row[k]!), 0)));
}

/** Those of M, the largest first, by W W^T = sqrt(E_W / E_H) (M M^T)^(1/2). */
function singularValues({ classifierCosine, classifierNorm: norm }: LayerPeeledModel, { E_W, E_H }: Energies) {
  const size = norm.length;
  const gram = classifierCosine.map((cosine, i) => (cosine ?? 0) * norm[Math.floor(i / size)]! * norm[i % size]!);
  return [...symmetricEigen(gram, size).values].map((value) => value * Math.sqrt(E_H / E_W));
}

function farthest(got: readonly (number | null)[], expected: readonly number[]): number {
  expect(got).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => off(got[i], value)));
}

/** [p, q]: what the logits, column by column, have along u = sqrt(K_B / K) e_A - sqrt(K_A / K) e_B; e_A and e_B have length 1. */
function alongGap({ K, K_A, K_B }: TwoGroupCase, logits: number[][]): [number, number] {
  const u = logits.map((_, k) => (k < K_A ? Math.sqrt(K_B / K / K_A) : -Math.sqrt(K_A / K / K_B)));
  const along = logits.map((_, l) => logits.reduce((sum, row, k) => sum + u[k]! * row[l]!, 0));
  return [along[0]! * Math.sqrt(K_A), along[K - 1]! * Math.sqrt(K_B)];
}

describe.each(twoGroups)('$K_A and $K_B classes, energies $E_W and $E_H, against another solver', (one) => {
  const { K, K_A, K_B, R0 } = one;

  test.each(one.rows)('R = $R: $phase', (row) => {
    const counts = countsOf(one, row.R);
    const model = solved(counts, one);
    const logits = logitsOf(counts, one);
    const ce = crossEntropies(logits);
    const [p, q] = alongGap(one, logits);
    const cosine = Math.abs(row.R / R0 - 1) < 0.01 ? 1e-3 : 1e-4;
    const last = K * K - 2;
    const found: [name: string, value: number | null | undefined, tolerance: number][] = [
      ['cos_minority', model.classifierCosine[last], cosine],
      ['cos_majority', model.classifierCosine[1], cosine],
      ['cos_between', model.classifierCosine[K - 1], cosine],
      ['cos_h_minority', model.featureCosine[last], cosine],
      ['cos_h_majority', model.featureCosine[1], cosine],
      ['norm_w_majority', model.classifierNorm[0], 1e-4],
      ['norm_w_minority', model.classifierNorm[K - 1], 1e-4],
      ['norm_h_majority', model.featureNorm[0], 1e-4],
      ['norm_h_minority', model.featureNorm[K - 1], 1e-4],
      ['loss_mean', model.loss, 1e-6],
      ['ce_majority', ce[0], 1e-6],
      ['ce_minority', ce[K - 1], 1e-6],
      ['p_correct_majority', Math.exp(-ce[0]!), 1e-6],
      ['p_correct_minority', Math.exp(-ce[K - 1]!), 1e-6],
      ['p', p, 1e-6],
      ['q', q, 1e-6],
    ];
    for (const [name, value, tolerance] of found) {
      expect(off(value, row[name] as number | null), name).toBeLessThan(tolerance);
    }
    expect(model.phase).toBe(row.phase);
    const singular = ['sv_a', 'sv_d', 'sv_sigma'].flatMap((name, i) =>
      new Array<number>([K_A - 1, K_B - 1, 1][i]!).fill(row[name] as number),
    );
    const largestFirst = [...singular, 0].sort((x, y) => y - x);
    expect(farthest(singularValues(model, one), largestFirst)).toBeLessThan(1e-6);
    expect(model.rank).toBe(singular.filter((value) => value > 0).length);
    const read = [...found.map(([name]) => name), 'R', 'phase', 'sv_a', 'sv_d', 'sv_sigma'];
    expect(read.sort(), 'every value of the row is compared').toEqual(Object.keys(row).sort());
  });

  test('the minority cosine is 0.999 where it says', () => {
    const cosine = solved(countsOf(one, one.R_at_cos_0p999), one).classifierCosine[K * K - 2]!;
    // 1e-4 and not the 1e-3 allowed near R0: that could not tell 0.999 from collapse.
    expect(Math.abs(cosine - 0.999)).toBeLessThan(1e-4);
  });
});

describe('graded counts, against another solver', () => {
  test.each(general)('$name', (one) => {
    const model = solved(one.counts, one);
    const { classifierCosine, classifierNorm, featureCosine, featureNorm } = model;
    expect(farthest(classifierCosine, one.cos_w.flat())).toBeLessThan(1e-3);
    expect(farthest(featureCosine, one.cos_h.flat())).toBeLessThan(1e-3);
    expect(farthest(classifierNorm, one.norm_w)).toBeLessThan(1e-4);
    expect(farthest(featureNorm, one.norm_h)).toBeLessThan(1e-4);
    expect(Math.abs(model.loss - one.loss_mean)).toBeLessThan(1e-6);
    expect(model.gap).toBeLessThan(1e-9);
    const ce = crossEntropies(logitsOf(one.counts, one));
    expect(farthest(ce, one.ce)).toBeLessThan(1e-6);
    const correct = ce.map((loss) => Math.exp(-loss));
    expect(farthest(correct, one.p_correct)).toBeLessThan(1e-6);
    expect(farthest(singularValues(model, one), one.singular_values)).toBeLessThan(1e-6);
    expect(model.rank).toBe(one.singular_values.filter((value) => value > 0).length);
    const without = [...classifierNorm.keys()].filter((k) => classifierNorm[k] === 0);
    expect(without).toEqual(one.zero_norm_classes);
    // Each pair stands twice in the matrix.
    const size = one.counts.length;
    const alike = classifierCosine.filter((cosine, i) => i % (size + 1) !== 0 && cosine! > 1 - 1e-5).length / 2;
    expect(alike).toBe(one.collapsed_pairs_cos_gt_1m1em5);
  });
});
