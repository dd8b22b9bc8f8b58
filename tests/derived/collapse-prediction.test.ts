import { describe, expect, test } from 'vitest';
import { DerivedFrame } from '../../src/derived/frame.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { twoGroups } from '../../src/derived/peeled-inputs.ts';
import { RunHistory } from '../../src/history.ts';
import type { MeasurementRecord, RunBody } from '../../src/record.ts';
import { unpackValues } from '../../src/record.ts';
import { minorityCollapseThresholds } from '../../src/theory/collapse-threshold.ts';
import { layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';
import { levelled } from '../../src/theory/levels.ts';
import { RunWriter } from '../support/run.ts';

const NAMES = Array.from({ length: 10 }, (_, c) => `digit ${c}`);
const COUNTS: readonly number[] = NAMES.map((_, c) => (c < 5 ? 5000 : 50));
const MINORITY = [5, 6, 7, 8, 9];
const KNOWN = { classCounts: COUNTS };

/** What follows from each step of a run, by name; null: missing. Each step is taken by itself. */
function derived(
  { records }: RunWriter,
  history = new RunHistory(),
): { step: number; [metric: string]: number | null }[] {
  const frame = new DerivedFrame('run', derivedMetrics, ({ id }, error) => {
    throw new Error(`${id} failed`, { cause: error });
  });
  const { body } = records[0] as { body: RunBody };
  for (const record of records) if (record.kind === 'metric') history.declare(record.body);
  const steps = [...new Set(records.map(({ step }) => step))];
  return steps.flatMap((step) => {
    const taken = records.filter((record) => record.step === step);
    for (const record of taken) history.add(record);
    const said = frame
      .derive(taken, body, history)
      .filter((record): record is MeasurementRecord => record.kind === 'measurement');
    if (said.length === 0) return [];
    const values = said.map(({ metric, values }) => {
      const { data, missing } = unpackValues(values, 1);
      return [metric, missing?.[0] ? null : data[0]!];
    });
    return [{ step, ...Object.fromEntries(values) }];
  });
}

interface Energies {
  readonly weight?: number;
  readonly feature?: number;
  /** null: no weight decay; not measured if not given. */
  readonly ratio?: number | null;
}

/** With a ratio at the first step, if none is given there. */
const RATIO = 1.5;

function run(energies: readonly Energies[], known: Partial<RunBody> = KNOWN): RunWriter {
  const [first, ...others] = energies;
  return runOf(first === undefined ? [] : [{ ratio: RATIO, ...first }, ...others], known);
}

function runOf(energies: readonly Energies[], known: Partial<RunBody> = KNOWN): RunWriter {
  const writer = new RunWriter(NAMES, 'made-up-run', known);
  energies.forEach(({ weight, feature, ratio }, step) => {
    if (weight !== undefined) writer.measure('model/weight-energy', step, [weight]);
    if (ratio !== undefined) writer.measure('model/collapse-ratio', step, [ratio]);
    if (feature !== undefined) writer.measure('train/feature-energy', step, [feature]);
  });
  return writer;
}

/** Mean cosine of the minority, straight from the model. */
function cosineAt(weightEnergy: number, featureEnergy: number, counts = COUNTS, minority = MINORITY): number {
  const { classifierCosine } = layerPeeledModel({ counts, weightEnergy, featureEnergy });
  const pairs = minority.flatMap((a, i) => minority.slice(i + 1).map((b) => classifierCosine[a * counts.length + b]!));
  return pairs.reduce((sum, cosine) => sum + cosine, 0) / pairs.length;
}

describe('two sizes of classes', () => {
  test('everything follows from the counts and the last energies, whichever was measured last', () => {
    const energies = [{ weight: 1, feature: 30 }, { weight: 1.5 }, { feature: 9 }];
    const [first, second, third, ...more] = derived(run(energies));
    expect(more).toEqual([]);
    const expected = (weightEnergy: number, featureEnergy: number) => {
      const { collapse, zero } = minorityCollapseThresholds({ majority: 5, minority: 5, weightEnergy, featureEnergy });
      return {
        'predicted-minority-cosine': expect.closeTo(cosineAt(weightEnergy, featureEnergy), 4),
        imbalance: 100,
        'collapse-threshold': expect.closeTo(collapse!, 1),
        'zero-threshold': zero === null ? null : expect.closeTo(zero, 3),
        'predicted-oversampling': RATIO,
      };
    };
    expect(first).toEqual({ step: 0, ...expected(1, 30) });
    expect(second).toEqual({ step: 1, ...expected(1.5, 30) });
    expect(third).toEqual({ step: 2, ...expected(1.5, 9) });
  });

  test('beyond R0 the cosine is 1, beyond R1 there is none: it is missing, and the threshold lies below the imbalance', () => {
    const [collapsed, vanished] = derived(run([{ weight: 1.4, feature: 5 }, { feature: 0.3 }]));
    expect(collapsed!['predicted-minority-cosine']).toBeCloseTo(1, 6);
    expect(collapsed!['collapse-threshold']).toBeLessThan(100);
    expect(vanished!['predicted-minority-cosine']).toBeNull();
    expect(vanished!['zero-threshold']).toBeLessThan(100);
  });

  test('a single rare class has no cosine and no R0, but may vanish', () => {
    const known = { classCounts: NAMES.map((_, c) => (c === 3 ? 5 : 500)) };
    const [said] = derived(run([{ weight: 1, feature: 0.3 }], known));
    const { zero } = minorityCollapseThresholds({ majority: 9, minority: 1, weightEnergy: 1, featureEnergy: 0.3 });
    expect(zero).toBeLessThan(100);
    expect(said).toEqual({
      step: 0,
      imbalance: 100,
      'zero-threshold': expect.closeTo(zero!, 3),
      'predicted-oversampling': expect.closeTo(100 / zero!, 3),
    });
  });
});

describe('graded counts', () => {
  const graded = NAMES.map((_, c) => 5000 * 100 ** (-c / 9));
  const known = { classCounts: graded, groups: { minority: [7, 8, 9] } };

  test('have a predicted cosine but no thresholds: they collapse one after the other', () => {
    const [said] = derived(run([{ weight: 1, feature: 12, ratio: 0.7 }], known));
    expect(said).toEqual({
      step: 0,
      'predicted-minority-cosine': expect.closeTo(cosineAt(1, 12, graded, [7, 8, 9]), 4),
      'predicted-oversampling': 1,
    });
  });

  test('are oversampled by the collapse ratio', () => {
    expect(derived(run([{ weight: 1, feature: 12, ratio: 2.5 }], known))[0]!['predicted-oversampling']).toBe(2.5);
  });

  test('fall into two groups where within each of them they are alike', () => {
    expect(twoGroups([500, 480, 420, 52, 48])).toEqual({
      majority: 3,
      minority: 2,
      imbalance: expect.closeTo(1400 / 3 / 50, 12),
    });
    expect(twoGroups([500, 480, 390, 52, 48])).toBeNull();
    expect(twoGroups([500, 480, 420, 52, 30])).toBeNull();
    expect(twoGroups([500, 500, 500, 50, 0])).toBeNull();
    expect(twoGroups([500, 500, 260])).toBeNull();
  });

  test('of many sizes are told apart in 32 levels, with the same sum, and the cosine is the same within 0.05', () => {
    const counts = Array.from({ length: 40 }, (_, c) => 5000 * 100 ** (-c / 39));
    const few = levelled(counts);
    expect(new Set(few).size).toBe(32);
    expect(few.reduce((a, b) => a + b)).toBeCloseTo(
      counts.reduce((a, b) => a + b),
      6,
    );
    few.forEach((count, c) => {
      expect(Math.abs(Math.log(count / counts[c]!))).toBeLessThan(Math.log(100) / 32);
    });
    const rare = counts.map((_, c) => c).slice(-13);
    for (const energy of [3, 4, 5]) {
      const exact = cosineAt(energy, energy, counts, rare);
      expect(Math.abs(cosineAt(energy, energy, few, rare) - exact)).toBeLessThan(0.05);
    }
    expect(levelled(COUNTS)).toEqual(COUNTS);
    expect(levelled([0, ...counts])[0]).toBe(0);
  });
});

describe('says nothing', () => {
  test.each<[string, Energies[], Partial<RunBody>?]>([
    ['while the energy of the features is unknown', [{ weight: 1 }]],
    ['while the energy of the weights is unknown', [{ feature: 1 }]],
    ['without weight decay, which no imbalance overcomes', [{ weight: 1, feature: 9, ratio: null }]],
    ['where an energy is 0', [{ weight: 0, feature: 9 }]],
    ['where the run diverged', [{ weight: Number.NaN, feature: 9 }]],
    ['on balanced classes', [{ weight: 1, feature: 9 }], { classCounts: NAMES.map(() => 500) }],
    ['where classes are not counted', [{ weight: 1, feature: 9 }], { classCounts: null }],
  ])('%s', (_, energies, known) => {
    expect(derived(run(energies, known))).toEqual([]);
  });

  test('where there is no collapse ratio: of another loss than plain cross-entropy, say', () => {
    expect(derived(runOf([{ weight: 1, feature: 9 }]))).toEqual([]);
    expect(derived(runOf([{ weight: 1, feature: 9, ratio: 2 }]))).toHaveLength(1);
  });

  test('while a class has fewer than 30 examples in the batches that were counted, where counts are not given', () => {
    const batch = (rare: number) => NAMES.map((_, c) => (c < 5 ? 1000 : rare));
    const writer = run([], { classCounts: null }).measure('model/collapse-ratio', 0, [RATIO]);
    for (const [step, rare] of [29, 1, 0].entries()) {
      writer
        .measure('train/support', step, batch(rare))
        .measure('model/weight-energy', step, [1])
        .measure('train/feature-energy', step, [9]);
    }
    const said = derived(writer);
    expect(said.map(({ step, imbalance }) => [step, imbalance])).toEqual([
      [1, expect.closeTo(2000 / 30, 4)],
      [2, 100],
    ]);
  });

  test('when only the counts of a batch are new: those come at every step', () => {
    const writer = run([{ weight: 1, feature: 9 }], { classCounts: COUNTS });
    writer.measure('train/support', 1, COUNTS).measure('train/support', 2, COUNTS);
    expect(derived(writer).map(({ step }) => step)).toEqual([0]);
  });
});

describe('a solution', () => {
  const cosines = (energies: readonly Energies[], history?: RunHistory) =>
    derived(run(energies), history).map((said) => said['predicted-minority-cosine']);

  test('stands until an input has moved by 5 % since it was found, in either direction', () => {
    const [first, up, upper, down, downer] = cosines(
      [20, 20.8, 21.2, 20.4, 19.8].map((feature) => ({ weight: 1, feature })),
    );
    expect(up).toBe(first);
    expect(upper).toBeCloseTo(cosineAt(1, 21.2), 4);
    expect(upper).not.toBeCloseTo(first!, 3);
    expect(down).toBe(upper);
    expect(downer).toBeCloseTo(cosineAt(1, 19.8), 4);
  });

  test('is found anew where the share of a class has moved', () => {
    const writer = run([], { classCounts: null }).measure('model/collapse-ratio', 0, [RATIO]);
    const shown = [400, 20, 200];
    shown.forEach((rare, step) => {
      writer
        .measure(
          'train/support',
          step,
          NAMES.map((_, c) => (c < 5 ? 2000 : rare)),
        )
        .measure('model/weight-energy', step, [1])
        .measure('train/feature-energy', step, [6]);
    });
    const [first, second] = derived(writer).map((said) => said['predicted-minority-cosine']);
    const counted = (steps: number) =>
      NAMES.map((_, c) => shown.slice(0, steps).reduce((sum, rare) => sum + (c < 5 ? 2000 : rare), 0));
    expect(first).toBeCloseTo(cosineAt(1, 6, counted(1)), 4);
    expect(second).toBeCloseTo(cosineAt(1, 6, counted(2)), 4);
    expect(second).not.toBeCloseTo(first!, 2);
  });

  test('is one of a run: others have their own', () => {
    const [here] = cosines([{ weight: 1, feature: 20 }]);
    const [there] = cosines([{ weight: 1, feature: 20.4 }]);
    expect(there).not.toBe(here);
  });
});
