import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Examples, Snapshot } from '../../src/capture/snapshot.ts';
import { metrics } from '../../src/metrics/index.ts';
import { generator } from '../support/generator.ts';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);

/** Two numbers in one, as normal as twelve uniform draws make them. */
const normal = (random: () => number) => Array.from({ length: 12 }, random).reduce((sum, u) => sum + u, -6);

const softmax = (row: readonly number[]) => {
  const e = row.map((z) => Math.exp(z - Math.max(...row)));
  const sum = e.reduce((a, b) => a + b);
  return e.map((value) => value / sum);
};

/** What a metric says of outputs, one row per example; `as`: what the network puts out. */
function measured(id: string, rows: readonly (readonly number[])[], as: 'logits' | 'probabilities'): number | null {
  const classes = rows[0]!.length;
  const examples: Examples = {
    labels: new Int32Array(rows.length),
    probabilities: Float32Array.from((as === 'logits' ? rows.map(softmax) : rows).flat()),
    losses: new Float64Array(rows.length),
    ...(as === 'logits' ? { logits: Float32Array.from(rows.flat()) } : {}),
  };
  const snapshot = new Snapshot({ stream: 'probe', step: 0, classes, examples });
  return metrics.find((metric) => metric.id === id)!.measure(snapshot) as number | null;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
/** Of a sample. */
const variance = (values: readonly number[]) =>
  values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1);
const column = (rows: readonly (readonly number[])[], c: number) => rows.map((row) => row[c]!);

/** Gamma as it is defined. */
function plainGamma(rows: readonly (readonly number[])[]): number {
  const nodes = rows[0]!.map((_, c) => column(rows, c));
  return variance(nodes.map(mean)) / mean(nodes.map(variance)) - 1 / rows.length;
}

/** The same of what is left of logits when only their differences are known. */
function plainCentredGamma(rows: readonly (readonly number[])[]): number {
  const centred = rows.map((row) => row.map((z) => z - mean(row)));
  const classes = rows[0]!.length;
  const within = (mean(rows[0]!.map((_, c) => variance(column(centred, c)))) * classes) / (classes - 1);
  return variance(rows[0]!.map((_, c) => mean(column(centred, c)))) / within - 1 / rows.length;
}

/** Scores of a network with this gamma: each node has a mean of its own, and unit noise over the examples. */
function scores(gamma: number, classes: number, examples: number, seed: number): number[][] {
  const random = generator(seed);
  const means = Array.from({ length: classes }, () => Math.sqrt(gamma) * normal(random));
  return Array.from({ length: examples }, () => means.map((m) => Math.fround(m + normal(random))));
}

const guesses = (of: readonly number[], classes: number) =>
  of.map((guess) => Array.from({ length: classes }, (_, c) => (c === guess ? 1 : 0)));

describe('top-share', () => {
  test('is the largest share of the guesses that one class has', () => {
    expect(measured('top-share', guesses([2, 2, 2, 0, 1], 4), 'probabilities')).toBe(0.6);
  });

  test('is missing where the network predicts nothing', () => {
    expect(measured('top-share', [[NaN, 1]], 'probabilities')).toBeNull();
  });
});

describe('effective-classes', () => {
  test('is the number of classes where all are guessed equally often, and 1 where one is', () => {
    expect(measured('effective-classes', guesses([0, 1, 2, 3, 4], 5), 'probabilities')).toBeCloseTo(5, 12);
    expect(measured('effective-classes', guesses([3, 3, 3], 5), 'probabilities')).toBe(1);
  });

  test('is exp of the entropy of the predicted fractions', () => {
    const entropy = -(0.5 * Math.log(0.5) + 0.25 * Math.log(0.25) * 2);
    expect(measured('effective-classes', guesses([0, 0, 1, 2], 4), 'probabilities')).toBeCloseTo(Math.exp(entropy), 12);
  });

  test('is missing where the network predicts nothing', () => {
    expect(measured('effective-classes', [[NaN, 1]], 'probabilities')).toBeNull();
  });
});

describe('gamma', () => {
  const networks = fc.record({
    gamma: fc.double({ min: 0, max: 10, noNaN: true }),
    classes: fc.integer({ min: 2, max: 12 }),
    examples: fc.integer({ min: 2, max: 40 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });

  test('of logits is the variance over nodes of their means, over the mean of their variances, less 1/D', () => {
    fc.assert(
      fc.property(networks, ({ gamma, classes, examples, seed }) => {
        const rows = scores(gamma, classes, examples, seed);
        expect(measured('gamma', rows, 'logits')! / plainGamma(rows)).toBeCloseTo(1, 6);
      }),
    );
  });

  test('of probabilities is that of their logarithms, each example centred', () => {
    fc.assert(
      fc.property(networks, ({ gamma, classes, examples, seed }) => {
        const rows = scores(gamma, classes, examples, seed);
        const plain = plainCentredGamma(rows);
        expect(Math.abs(measured('gamma', rows.map(softmax), 'probabilities')! - plain)).toBeLessThan(
          1e-4 * (1 + Math.abs(plain)),
        );
      }),
    );
  });

  test.each(['logits', 'probabilities'] as const)(
    'finds the gamma of a network from %s: no bias for few examples',
    (as) => {
      for (const gamma of [0, 0.5, 3]) {
        const found = Array.from({ length: 40 }, (_, seed) => {
          const rows = scores(gamma, 200, 8, seed);
          return measured('gamma', as === 'logits' ? rows : rows.map(softmax), as)!;
        });
        // 1/D is 0.125 here.
        expect(Math.abs(mean(found) - gamma)).toBeLessThan(0.02 + 0.03 * gamma);
      }
    },
  );

  test('of one sigmoid unit is its mean square over its variance, less 1/D', () => {
    const z = [0.5, 1.5, -0.25, 2];
    const p = z.map((value) => 1 / (1 + Math.exp(-value)));
    const rows = p.map((value) => [1 - value, value]);
    expect(measured('gamma', rows, 'probabilities')).toBeCloseTo(mean(z) ** 2 / variance(z) - 1 / 4, 5);
  });

  test('stays a number where a probability is too small for float32', () => {
    const rows = [
      [1, 0, 0],
      [0, 1, 0],
      [0.5, 0.5, 0],
    ];
    expect(Number.isFinite(measured('gamma', rows, 'probabilities')!)).toBe(true);
  });

  test('is infinite for a network that ignores its inputs, and missing where its nodes do not differ either', () => {
    expect(measured('gamma', Array(5).fill([0.1, 0.7, 0.2]), 'logits')).toBe(Infinity);
    expect(measured('gamma', Array(5).fill([0.1, 0.1, 0.1]), 'logits')).toBeNull();
  });

  test('is missing with one example, and where an output is not finite', () => {
    expect(measured('gamma', [[0.2, 0.8]], 'probabilities')).toBeNull();
    for (const stray of [NaN, Infinity]) {
      expect(measured('gamma', [...scores(1, 3, 4, 1), [0, stray, 0]], 'logits')).toBeNull();
    }
  });

  test.each(['linear', 'softmax'] as const)(
    'is measured on the probe at step 0 and after, with %s outputs',
    async (activation) => {
      const { xs, ys } = blobs([20, 20, 20]);
      const model = net(3, 8, { activation });
      const loss = (labels: tf.Tensor, z: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, z) as tf.Scalar;
      model.compile({ optimizer: 'sgd', loss: activation === 'linear' ? loss : 'categoricalCrossentropy' });
      const outputs = (model.predict(xs) as tf.Tensor2D).arraySync();
      const { monitor, of } = await recording(tf, model, { probe: { xs, ys }, evalSets: { other: { xs, ys } } });
      await model.trainOnBatch(xs, ys);
      await monitor.close();
      const plain =
        activation === 'linear'
          ? plainGamma(outputs)
          : plainCentredGamma(outputs.map((row) => row.map((p) => Math.log(p))));
      for (const stream of ['probe', 'other']) {
        const found = of(`${stream}/gamma`);
        expect(found.map(({ step }) => step)).toEqual([0, 1]);
        expect(found[0]!.values[0]! / plain).toBeCloseTo(1, 3);
      }
      expect(of('train/gamma')).toEqual([]);
    },
  );
});

describe('ranked-fractions', () => {
  const ranked = (rows: readonly (readonly number[])[]) =>
    measured('ranked-fractions', rows, 'probabilities') as unknown as number[] | null;

  test('are the predicted fractions, the largest first', () => {
    expect(ranked(guesses([2, 2, 2, 0, 1], 4))).toEqual([0.6, 0.2, 0.2, 0]);
  });

  test('are missing where the network predicts nothing', () => {
    expect(ranked([[NaN, 1]])).toBeNull();
  });
});

describe('node-mean and node-spread', () => {
  const values = (id: string, rows: readonly (readonly number[])[], as: 'logits' | 'probabilities') =>
    measured(id, rows, as) as unknown as (number | null)[];
  const rows = scores(2, 4, 30, 5);

  test('of logits are mean and standard deviation of each node over the examples', () => {
    rows[0]!.forEach((_, c) => {
      expect(values('node-mean', rows, 'logits')[c]).toBeCloseTo(mean(column(rows, c)), 6);
      expect(values('node-spread', rows, 'logits')[c]! ** 2 * (30 / 29)).toBeCloseTo(variance(column(rows, c)), 6);
    });
  });

  test('of probabilities are those of their logarithms, each example centred', () => {
    const centred = rows.map((row) => row.map((z) => z - mean(row)));
    const [means, spreads] = ['node-mean', 'node-spread'].map((id) => values(id, rows.map(softmax), 'probabilities'));
    rows[0]!.forEach((_, c) => {
      expect(means![c]).toBeCloseTo(mean(column(centred, c)), 4);
      expect(spreads![c]! ** 2 * (30 / 29)).toBeCloseTo(variance(column(centred, c)), 4);
    });
  });

  test('are missing where an output is not finite', () => {
    expect(values('node-mean', [...rows, [NaN, 0, 0, 0]], 'logits')).toEqual([
      null,
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(values('node-spread', [...rows, [NaN, 0, 0, 0]], 'logits')[0]).toBeNull();
  });
});
