import { beforeAll, describe, expect, test } from 'vitest';
import { CollapseCourse } from '../../../src/capture/features/collapse-course.ts';
import { newStretch } from '../../../src/capture/features/feature-window.ts';
import * as plain from '../../geometry/plain-collapse.ts';
import { recording } from '../../support/recording.ts';
import { lastOf, plainOf, STILL, stood } from '../../support/still.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { type Blobs, blobs } from '../../support/toys.ts';

beforeAll(async () => void (await wasm()));

const COUNTS = [120, 80, 40, 40];
const L2 = 0.02;

interface Made {
  readonly regularizer?: object | null;
  readonly loss?: string | ((labels: tf.Tensor, predictions: tf.Tensor) => tf.Tensor);
}

function made({ regularizer = tf.regularizers.l2({ l2: L2 }), loss = STILL.loss }: Made = {}): tf.LayersModel {
  const model = tf.sequential();
  const init = (seed: number) => tf.initializers.glorotUniform({ seed });
  // Regularisers elsewhere are part of the loss, and not of the ratio.
  model.add(
    tf.layers.dense({
      units: 10,
      inputShape: [8],
      activation: 'relu',
      kernelInitializer: init(1),
      kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }),
    }),
  );
  model.add(
    tf.layers.dense({
      units: COUNTS.length,
      activation: 'softmax',
      kernelInitializer: init(2),
      ...(regularizer ? { kernelRegularizer: regularizer as never } : {}),
    }),
  );
  model.compile({ optimizer: STILL.optimizer(), loss });
  return model;
}

/** (N / n_min) lambda_W |W|_F^2 / |M|_*, out of all features; tfjs' l2(lambda) means lambda_W = 2 lambda. */
function expected(model: tf.LayersModel, data: Blobs, counts = COUNTS): number {
  const known = plainOf(model, data);
  // M = W (mu - mu_G)^T, C x C, its column means removed.
  const m = plain.centred(plain.times(known.weights, plain.centred(plain.means(known))));
  const columns = m.map((_, k) => m.map((row) => row[k]!));
  const { values } = plain.jacobi(plain.times(columns, columns));
  const nuclearNorm = plain.sum(values.map((value) => Math.sqrt(Math.max(0, value))));
  const imbalance = plain.sum(counts) / Math.min(...counts);
  return (imbalance * 2 * L2 * plain.frobenius(known.weights) ** 2) / nuclearNorm;
}

test('the collapse ratio is that of the classifier, the means of training features and the counts of the batches', async () => {
  const [data, model] = [blobs(COUNTS), made()];
  const run = await stood(model, data, {}, 3);
  expect(lastOf(run, 'model/collapse-ratio')! / expected(model, data)).toBeCloseTo(1, 4);
});

test('what was said of the counts is believed until batches show others, such as those of oversampling', async () => {
  const [data, model] = [blobs(COUNTS), made()];
  const run = await stood(model, data, { classCounts: [1200, 800, 10, 10] }, 3);
  const ratios = run.of('model/collapse-ratio').map(({ values }) => values[0]!);
  expect(ratios[0]! / expected(model, data, [1200, 800, 10, 10])).toBeGreaterThan(0.3);
  expect(ratios.at(-1)! / expected(model, data)).toBeCloseTo(1, 4);
  expect(ratios[0]!).toBeGreaterThan(5 * ratios.at(-1)!);
});

test('with class weights a class counts as many examples as its count times its weight; the weights are found in the losses', async () => {
  const [data, model] = [blobs(COUNTS), made()];
  const run = await recording(tf as never, model as never, { budget: 1 });
  const classWeight = { 0: 0.5, 1: 0.8, 2: 2, 3: 3 };
  const weights = Object.values(classWeight);
  await model.fit(data.xs, data.ys, {
    ...{ epochs: 4, batchSize: 32, verbose: 0, classWeight },
    callbacks: run.monitor.callbacks,
  });
  await run.monitor.close();
  const found = run.of('model/class-weight').at(-1)!.values;
  weights.forEach((weight, c) => {
    expect(found[c]! / weight).toBeCloseTo(1, 3);
  });
  // N is the number of examples still: the loss is a mean over them.
  const [N, smallest] = [280, Math.min(...COUNTS.map((count, c) => count * weights[c]!))];
  const scale = N / smallest / (N / Math.min(...COUNTS));
  expect(lastOf(run, 'model/collapse-ratio')! / (scale * expected(model, data))).toBeCloseTo(1, 3);
});

test('without weight decay it is recorded as missing: there is no ratio, and that is known', async () => {
  const run = await stood(made({ regularizer: null }), blobs(COUNTS));
  const values = run.of('model/collapse-ratio').map((record) => record.values);
  expect(values.length).toBeGreaterThan(0);
  expect(new Set(values.flat())).toEqual(new Set([null]));
});

describe('nothing is said', () => {
  const smoothed = (labels: tf.Tensor, predictions: tf.Tensor) =>
    tf.metrics.categoricalCrossentropy(labels.mul(0.9).add(0.025), predictions);
  test.each<[string, Made]>([
    ['the regulariser is of another kind', { regularizer: tf.regularizers.l1({ l1: 0.01 }) }],
    ['the loss is another one', { loss: 'meanSquaredError' }],
    ['labels are smoothed', { loss: smoothed }],
  ])('where %s', async (_, how) => {
    const run = await stood(made(how), blobs(COUNTS));
    expect(run.of('train/nc3').length).toBeGreaterThan(0);
    expect(run.of('model/collapse-ratio')).toEqual([]);
  });

  test('where examples have weights of their own', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = made();
    const run = await recording(tf as never, model as never, { budget: 1 });
    const sampleWeight = (labels: tf.Tensor, predictions: tf.Tensor) =>
      tf.metrics.categoricalCrossentropy(labels, predictions).mul(tf.range(0, labels.shape[0]!).add(1).div(16));
    model.compile({ optimizer: STILL.optimizer(), loss: sampleWeight });
    await model.fit(xs, ys, { epochs: 4, batchSize: 32, verbose: 0, callbacks: run.monitor.callbacks });
    await run.monitor.close();
    expect(run.of('train/nc3').length).toBeGreaterThan(20);
    expect(run.of('model/collapse-ratio')).toEqual([]);
  });

  test('of more than 1,000 classes, whose singular values take too long', () => {
    const ratioOf = (classes: number) => {
      const [course, stretch] = [new CollapseCourse(), newStretch(classes, 1, null)];
      stretch.moments.add(
        Float32Array.from({ length: classes }, (_, c) => c),
        Int32Array.from({ length: classes }, (_, c) => c),
      );
      // Three batches whose loss is what it is taken for.
      const examples = { labels: Int32Array.of(0), probabilities: new Float32Array(classes).fill(0.5), losses: [] };
      for (let step = 0; step < 3; step++) {
        course.regularised(step, 0);
        course.saw(step, Math.log(2), examples);
      }
      const rows = Float32Array.from({ length: classes }, (_, c) => Math.sin(c));
      return course.of({ stretch, rows, weightDecay: 0.01, counts: Array<number>(classes).fill(9) });
    };
    expect(ratioOf(300)?.rho).toBeGreaterThan(0);
    expect(ratioOf(1001)).toBeNull();
  });

  test('before every class was seen', async () => {
    const [data, model] = [blobs([120, 120, 120, 1]), made()];
    const run = await stood(model, data, {}, 1);
    expect(run.of('model/collapse-ratio')).toEqual([]);
  });
});
