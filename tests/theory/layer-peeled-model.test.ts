import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { singleGroups } from '../../src/theory/class-groups.ts';
import { type LayerPeeledModel, layerPeeledModel, modelOf } from '../../src/theory/layer-peeled-model.ts';
import { peeledLoss } from '../../src/theory/peeled-loss.ts';
import { off } from './fixture.ts';
import { dot, freeDescent } from './free-descent.ts';

const filled = (size: number, value: number) => new Array<number>(size).fill(value);

/** Every class a group of its own, in no better order than it came. */
function withoutSymmetry(counts: number[], weightEnergy: number, featureEnergy: number, gap: number) {
  return modelOf(singleGroups(counts), { counts, weightEnergy, featureEnergy, gap });
}

function expectAlike(got: LayerPeeledModel, expected: LayerPeeledModel, tolerance: number): void {
  for (const name of ['classifierCosine', 'featureCosine', 'classifierNorm', 'featureNorm'] as const) {
    const worst = Math.max(...expected[name].map((value, i) => off(got[name][i], value)));
    expect(worst, name).toBeLessThan(tolerance);
  }
  expect(got.loss).toBeCloseTo(expected.loss, 9);
}

test('four classes: what plain gradient descent on free W and H finds', () => {
  const counts = [60, 25, 25, 6];
  const model = layerPeeledModel({ counts, weightEnergy: 1.5, featureEnergy: 2 });
  const free = freeDescent(counts, 1.5, 2, 20_000);
  expect(free.loss).toBeCloseTo(model.loss, 7);
  for (const [rows, norms, cosines] of [
    [free.w, model.classifierNorm, model.classifierCosine],
    [free.h, model.featureNorm, model.featureCosine],
  ] as const) {
    rows.forEach((a, k) => {
      expect(Math.sqrt(dot(a, a))).toBeCloseTo(norms[k]!, 4);
      rows.forEach((b, l) => {
        expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeCloseTo(cosines[k * 4 + l]!, 4);
      });
    });
  }
});

describe('phases', () => {
  const model = (R: number) => layerPeeledModel({ counts: [R, R, R, R, 1, 1], weightEnergy: 1, featureEnergy: 4 });

  test('separated: the minority classifiers differ', () => {
    const { phase, classifierCosine } = model(5);
    expect(phase).toBe('separated');
    expect(classifierCosine[4 * 6 + 5]).toBeLessThan(0.99);
  });

  test('collapsed: their cosine is 1, not nearly 1', () => {
    const { phase, classifierCosine, featureCosine, classifierNorm } = model(20);
    expect(phase).toBe('collapsed');
    expect([classifierCosine[4 * 6 + 5], featureCosine[4 * 6 + 5]]).toEqual([1, 1]);
    expect(classifierNorm[4]).toBeGreaterThan(0.01);
  });

  test('zero: their rows are 0, and have no cosine with anything, themselves included', () => {
    const { phase, classifierCosine, featureCosine, classifierNorm, featureNorm } = model(100);
    expect(phase).toBe('zero');
    for (const k of [4, 5]) {
      expect([classifierNorm[k], featureNorm[k]]).toEqual([0, 0]);
      expect(classifierCosine.slice(k * 6, k * 6 + 6)).toEqual(filled(6, 0).map(() => null));
      expect(featureCosine.filter((_, i) => i % 6 === k)).toEqual(filled(6, 0).map(() => null));
    }
    expect(classifierCosine[1]).toBeCloseTo(-1 / 3, 9);
  });

  test('three groups collapse from the rarest', () => {
    const { phase, classifierCosine } = layerPeeledModel({
      counts: [1, 1000, 60, 1, 1000, 60],
      weightEnergy: 1,
      featureEnergy: 9,
    });
    expect(phase).toBe('collapsed');
    expect(classifierCosine[3]).toBe(1);
    expect(classifierCosine[2 * 6 + 5]).toBeLessThan(0.9);
  });

  test('classes without examples have no feature, and one classifier', () => {
    const { featureNorm, featureCosine, classifierCosine, phase } = layerPeeledModel({
      counts: [3, 0, 3, 0],
      weightEnergy: 1,
      featureEnergy: 2,
    });
    expect([featureNorm[1], featureNorm[3], featureCosine[5]]).toEqual([0, 0, null]);
    expect([classifierCosine[1 * 4 + 3], phase]).toEqual([1, 'collapsed']);
  });
});

const counts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 2, maxLength: 6 });
const energy = fc.double({ min: 0.1, max: 20, noNaN: true });

describe('for any counts and energies', () => {
  test('balanced classes stand in a simplex', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), energy, energy, (classes, weightEnergy, featureEnergy) => {
        const model = layerPeeledModel({ counts: filled(classes, 7), weightEnergy, featureEnergy });
        model.classifierCosine.forEach((cosine, i) => {
          expect(cosine).toBeCloseTo(i % (classes + 1) === 0 ? 1 : -1 / (classes - 1), 12);
        });
        for (const norm of model.classifierNorm) expect(norm).toBeCloseTo(Math.sqrt(weightEnergy), 12);
        for (const norm of model.featureNorm) expect(norm).toBeCloseTo(Math.sqrt(featureEnergy), 12);
        expect([model.rank, model.phase]).toEqual([classes - 1, 'separated']);
      }),
    );
  });

  test('both energies are spent, and the gap is within what was asked for', () => {
    fc.assert(
      fc.property(counts, energy, energy, (n, weightEnergy, featureEnergy) => {
        const model = layerPeeledModel({ counts: n, weightEnergy, featureEnergy, gap: 1e-8 });
        const spent = (norms: number[]) => norms.reduce((sum, norm) => sum + norm * norm, 0) / norms.length;
        expect(spent(model.classifierNorm)).toBeCloseTo(weightEnergy, 9);
        expect(spent(model.featureNorm)).toBeCloseTo(featureEnergy, 9);
        expect(model.gap).toBeLessThanOrEqual(1e-8 * Math.min(1, model.loss));
      }),
      { numRuns: 50 },
    );
  });

  test('no other solution of the same energies has a loss below loss - gap', () => {
    fc.assert(
      fc.property(counts, energy, (n, featureEnergy) => {
        const rough = layerPeeledModel({ counts: n, weightEnergy: 1, featureEnergy, gap: 1e-2 });
        const fine = layerPeeledModel({ counts: n, weightEnergy: 1, featureEnergy, gap: 1e-10 });
        expect(fine.loss).toBeGreaterThanOrEqual(rough.loss - rough.gap - 1e-14);
        expect(fine.loss).toBeLessThanOrEqual(rough.loss + 1e-10);
      }),
      { numRuns: 50 },
    );
  });

  test('classes in another order get the same, in that order', () => {
    fc.assert(
      fc.property(counts, energy, fc.integer({ min: 1, max: 5 }), (n, featureEnergy, shift) => {
        const order = n.map((_, k) => (k + shift) % n.length);
        const straight = layerPeeledModel({ counts: n, weightEnergy: 1, featureEnergy });
        const turned = layerPeeledModel({ counts: order.map((k) => n[k]!), weightEnergy: 1, featureEnergy });
        const pairs = (matrix: (number | null)[]) => order.flatMap((k) => order.map((l) => matrix[k * n.length + l]!));
        expectAlike(
          turned,
          {
            ...straight,
            classifierCosine: pairs(straight.classifierCosine),
            featureCosine: pairs(straight.featureCosine),
            classifierNorm: order.map((k) => straight.classifierNorm[k]!),
            featureNorm: order.map((k) => straight.featureNorm[k]!),
          },
          1e-12,
        );
      }),
      { numRuns: 50 },
    );
  });

  test('cosines depend on the product of the energies only', () => {
    fc.assert(
      fc.property(counts, energy, fc.constantFrom(1 / 16, 1 / 4, 4, 64), (n, featureEnergy, factor) => {
        const even = layerPeeledModel({ counts: n, weightEnergy: 1, featureEnergy });
        const odd = layerPeeledModel({ counts: n, weightEnergy: factor, featureEnergy: featureEnergy / factor });
        expectAlike(
          {
            ...odd,
            classifierNorm: odd.classifierNorm.map((norm) => norm / Math.sqrt(factor)),
            featureNorm: odd.featureNorm.map((norm) => norm * Math.sqrt(factor)),
          },
          even,
          1e-6,
        );
      }),
      { numRuns: 50 },
    );
  });

  test('showing a class w times is having w times its examples', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 9 }), (n, w) => {
        const times = (factor: number) =>
          layerPeeledModel({ counts: n.map((count) => count * factor), weightEnergy: 1, featureEnergy: 4 });
        expectAlike(times(w), times(1), 1e-6);
        expectAlike(times(1 / w), times(1), 1e-6);
      }),
      { numRuns: 30 },
    );
  });

  test('the symmetry of equal counts changes nothing: two groups are what every class by itself gives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 1, max: 60, noNaN: true }),
        energy,
        (majority, minority, R, featureEnergy) => {
          const n = [...filled(majority, R), ...filled(minority, 1)];
          const grouped = layerPeeledModel({ counts: n, weightEnergy: 1, featureEnergy, gap: 1e-11 });
          const single = withoutSymmetry(n, 1, featureEnergy, 1e-11);
          expect(single.loss).toBeCloseTo(grouped.loss, 9);
          // Near R1 a row is almost 0: compare products, which are continuous there, instead of cosines.
          const products = ({ classifierCosine, classifierNorm: norm }: LayerPeeledModel) =>
            classifierCosine.map((cosine, i) => (cosine ?? 0) * norm[i % n.length]! * norm[Math.floor(i / n.length)]!);
          const expected = products(grouped);
          for (const [i, value] of products(single).entries())
            expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 50 },
    );
  });
});

test('the gradient of the loss is its slope', () => {
  const groups = { sizes: [3, 1, 2], shares: [0.2, 0.3, 0.05], of: [0, 0, 0, 1, 2, 2] };
  const point = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(point, fc.integer({ min: 0, max: 11 }), (values, at) => {
      fc.pre(at !== 1); // A group of one class has no d.
      const step = (by: number) =>
        peeledLoss(
          groups,
          Float64Array.from(values, (x, i) => x + (i === at ? by : 0)),
        ).loss;
      const slope = (step(1e-5) - step(-1e-5)) / 2e-5;
      const weight = at < 3 ? groups.sizes[at]! - 1 : 1;
      expect(peeledLoss(groups, Float64Array.from(values)).gradient[at]! * weight).toBeCloseTo(slope, 7);
    }),
  );
});

test('energies beyond what floating point can tell give the simplex, the limit, and no NaN', () => {
  const model = layerPeeledModel({ counts: [100, 3, 1], weightEnergy: 1e6, featureEnergy: 1 });
  expect(model.loss).toBe(0);
  for (const [i, cosine] of model.classifierCosine.entries()) expect(cosine).toBeCloseTo(i % 4 === 0 ? 1 : -0.5, 12);
});

test.each<[string, object, RegExp]>([
  ['a negative count', { counts: [5, -1] }, /^counts\[1\] is -1: expected .*0\.$/],
  ['a count of NaN', { counts: [NaN, 1] }, /^counts\[0\] is NaN: expected/],
  ['an infinite count', { counts: [1, Infinity] }, /^counts\[1\] is Infinity: expected/],
  ['no examples', { counts: [0, 0] }, /^counts is all 0: expected/],
  ['one class', { counts: [5] }, /^counts has length 1: expected .* two classes\.$/],
  ['no weight energy', { weightEnergy: 0 }, /^weightEnergy is 0: expected .* above 0\.$/],
  ['negative feature energy', { featureEnergy: -2 }, /^featureEnergy is -2: expected/],
  ['infinite feature energy', { featureEnergy: Infinity }, /^featureEnergy is Infinity: expected/],
  ['a gap of 0', { gap: 0 }, /^gap is 0: expected/],
])('refuses %s', (_, wrong, message) => {
  const call = () => layerPeeledModel({ counts: [2, 1], weightEnergy: 1, featureEnergy: 1, ...wrong });
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});
