import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Snapshot } from '../../src/capture/snapshot.ts';
import { metrics } from '../../src/metrics/index.ts';
import { generator } from '../support/generator.ts';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);

type Rows = readonly (readonly number[])[];

const IDS = [
  'minority-cosine',
  'norm-variation',
  'nc2-equinorm-classifier',
  'nc2-equiangularity-classifier',
  'weight-energy',
] as const;

function measured(id: (typeof IDS)[number], rows: Rows, minority: readonly number[] = []): number | null {
  const classifier = Float32Array.from(rows.flat());
  const snapshot = new Snapshot({ stream: 'model', step: 0, classes: rows.length, classifier, minority });
  return metrics.find((metric) => metric.id === id)!.measure(snapshot) as number | null;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
const norm = (a: readonly number[]) => Math.sqrt(dot(a, a));
const spread = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2))) / mean(values);
const pairs = (rows: Rows) => rows.flatMap((a, i) => rows.slice(i + 1).map((b) => dot(a, b) / (norm(a) * norm(b))));

/** What each is, from its definition. */
const PLAIN: { readonly [K in (typeof IDS)[number]]: (rows: Rows, few: Rows) => number } = {
  'minority-cosine': (_, few) => mean(pairs(few)),
  'norm-variation': (_, few) => spread(few.map(norm)),
  'nc2-equinorm-classifier': (rows) => spread(rows.map(norm)),
  'nc2-equiangularity-classifier': (rows) => mean(pairs(rows).map((cos) => Math.abs(cos + 1 / (rows.length - 1)))),
  'weight-energy': (rows) =>
    mean(rows.map((row) => row.reduce((sum, w, j) => sum + (w - mean(rows.map((r) => r[j]!))) ** 2, 0))),
};

const random = (classes: number, columns: number, seed: number): number[][] => {
  const draw = generator(seed);
  return Array.from({ length: classes }, () => Array.from({ length: columns }, () => Math.fround(draw() - 0.4)));
};

describe.each(IDS)('%s', (id) => {
  test('is what its definition says', () => {
    const cases = fc.record({
      classes: fc.integer({ min: 3, max: 9 }),
      columns: fc.integer({ min: 1, max: 12 }),
      few: fc.integer({ min: 2, max: 9 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(cases, ({ classes, columns, few, seed }) => {
        const rows = random(classes, columns, seed);
        const minority = rows.map((_, c) => c).slice(-Math.min(few, classes));
        const plain = PLAIN[id](
          rows,
          minority.map((c) => rows[c]!),
        );
        expect(measured(id, rows, minority)).toBeCloseTo(plain, 6);
      }),
    );
  });

  test('shows as NaN where a weight is not a number', () => {
    const rows = [
      [1, NaN],
      [1, 2],
      [NaN, 1],
    ];
    expect(measured(id, rows, [0, 2])).toBeNaN();
  });
});

test('in a simplex frame the rows have equal lengths and angles, and the cosine of the minority is -1/(C-1)', () => {
  const frame = [0, 1, 2, 3].map((c) => [0, 1, 2, 3].map((j) => (c === j ? 0.75 : -0.25)));
  expect(measured('nc2-equinorm-classifier', frame)).toBeCloseTo(0, 6);
  expect(measured('nc2-equiangularity-classifier', frame)).toBeCloseTo(0, 6);
  expect(measured('minority-cosine', frame, [1, 3])).toBeCloseTo(-1 / 3, 6);
});

test('minority classes with one vector have cosine 1, whatever their lengths', () => {
  const rows = [
    [1, 0, 2],
    [0.5, 0.25, 0],
    [1, 0.5, 0],
  ];
  expect(measured('minority-cosine', rows, [1, 2])).toBeCloseTo(1, 12);
  expect(measured('norm-variation', rows, [1, 2])).toBeCloseTo(1 / 3, 6);
});

test('a common shift of all rows, which moves no prediction, is no energy', () => {
  const rows = random(4, 5, 1);
  const shifted = rows.map((row) => row.map((w) => w + 8));
  expect(measured('weight-energy', shifted)).toBeCloseTo(measured('weight-energy', rows)!, 5);
});

describe('missing, not 0', () => {
  test('is the minority where there are no two such classes', () => {
    for (const minority of [[], [1]]) {
      // One alone is recorded as missing, which the page explains; where none is rare there is nothing to explain.
      const missing = minority.length === 1 ? [null] : null;
      expect([measured('minority-cosine', random(3, 4, 1), minority), minority]).toEqual([missing, minority]);
      expect(measured('norm-variation', random(3, 4, 1), minority)).toBeNull();
    }
  });

  test('is the cosine of rows that are 0: they have no direction', () => {
    const rows = [
      [1, 2],
      [0, 0],
      [0, 0],
      [2, 1],
    ];
    expect(measured('minority-cosine', rows, [1, 2])).toBeNull();
    expect(measured('norm-variation', rows, [1, 2])).toBeNull();
    expect(measured('minority-cosine', rows, [2, 3])).toBeNull();
  });

  test('is all but the energy where every row is 0', () => {
    const zeros = [
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    expect(IDS.map((id) => measured(id, zeros, [1, 2]))).toEqual([null, null, null, null, 0]);
  });
});

describe('which classes are minority', () => {
  const COUNTS = [200, 200, 20, 20];

  async function trained(options: object) {
    const { xs, ys } = blobs(COUNTS);
    const model = net(4);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const rowsOf = () => model.layers.at(-1)!.getWeights()[0]!.transpose().arraySync() as number[][] as Rows;
    const untrained = rowsOf();
    const { monitor, of } = await recording(tf, model, options);
    await model.fit(xs, ys, { epochs: 1, batchSize: 44, shuffle: false, verbose: 0, callbacks: monitor.callbacks });
    await monitor.close();
    return { cosines: of('model/minority-cosine'), untrained, trained: rowsOf() };
  }
  const cosine = (rows: Rows, classes: readonly number[]) => mean(pairs(classes.map((c) => rows[c]!)));

  test.each([
    ['as given in groups', { groups: { minority: [1, 3] } }, [1, 3]],
    ['by the counts of the data set', { classCounts: COUNTS }, [2, 3]],
    ['given before counted', { groups: { tail: ['0', '1'] }, classCounts: COUNTS }, [0, 1]],
  ])('%s, from step 0 on', async (_, options, classes) => {
    const { cosines, untrained, trained: end } = await trained(options);
    expect([cosines[0]!.step, cosines.at(-1)!.step]).toEqual([0, 10]);
    expect(cosines[0]!.values[0]).toBeCloseTo(cosine(untrained, classes), 5);
    expect(cosines.at(-1)!.values[0]).toBeCloseTo(cosine(end, classes), 5);
  });

  test('by the batches that were seen, once those say enough: no value before', async () => {
    const { cosines, trained: end } = await trained({});
    expect(cosines[0]!.step).toBeGreaterThan(1);
    expect(cosines.at(-1)!.step).toBe(10);
    expect(cosines.at(-1)!.values[0]).toBeCloseTo(cosine(end, [2, 3]), 5);
  });

  test('none in a balanced data set', async () => {
    expect((await trained({ classCounts: [5, 5, 5, 5] })).cosines).toEqual([]);
  });
});
