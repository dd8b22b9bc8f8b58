import { beforeAll, describe, expect, test } from 'vitest';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);

const compiled = (model: tf.Sequential) => {
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
};
const quiet = { batchSize: 16, shuffle: false, verbose: 0 } as const;

describe('fit', () => {
  test('is seen step by step: the counts are those of the very batches that train', async () => {
    const { xs, ys, labels } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model);
    await model.fit(xs, ys, { ...quiet, epochs: 2, callbacks: monitor.callbacks });
    await monitor.close();
    const support = of('train/support');
    expect(support.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { step, values } of support) {
      const batch = labels.slice((step % 4) * 16, (step % 4) * 16 + 16);
      expect(values).toEqual([0, 1, 2].map((c) => batch.filter((label) => label === c).length));
    }
  });

  test('tells the epoch as a fraction that goes on over several fit calls in one run', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model);
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: monitor.callbacks });
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: monitor.callbacks });
    await monitor.close();
    expect(of('train/loss').map(({ epoch }) => epoch)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
    expect(of('train/loss').map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('without callbacks everything but the epoch is seen', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model);
    await model.fit(xs, ys, { ...quiet, epochs: 1 });
    await monitor.close();
    expect(of('train/class-loss').map(({ step, epoch }) => [step, epoch])).toEqual([
      [0, null],
      [1, null],
      [2, null],
      [3, null],
    ]);
  });

  test('the recorded loss is the one that fit reports', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3, 8, { regularised: true }));
    const { monitor, of } = await recording(tf, model);
    const reported: number[] = [];
    const collect = { onBatchEnd: async (_: number, logs?: tf.Logs) => void reported.push(logs!.loss as number) };
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: [collect, ...monitor.callbacks] });
    await monitor.close();
    expect(of('train/loss').map(({ values }) => values[0])).toEqual(reported);
  });

  test('validation, which calls the same loss, is not counted as training', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model);
    await model.fit(xs, ys, { ...quiet, epochs: 2, validationData: [xs, ys], callbacks: monitor.callbacks });
    model.evaluate(xs, ys);
    await monitor.close();
    expect(of('train/support')).toHaveLength(8);
    expect(of('train/loss')).toHaveLength(8);
    const examples = of('train/support').flatMap(({ values }) => values as number[]);
    expect(examples.reduce((sum, n) => sum + n, 0)).toBe(2 * 64);
  });

  test('watch may come before compile, and compile may come again', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    compiled(model);
    await model.fit(xs, ys, { ...quiet, epochs: 1 });
    compiled(model);
    await model.fit(xs, ys, { ...quiet, epochs: 1 });
    await monitor.close();
    expect(of('train/support')).toHaveLength(8);
    expect(of('probe/predicted-fraction')[0]!.step).toBe(0);
    expect(Object.hasOwn(model.optimizer, 'applyGradients')).toBe(false);
  });

  test.each([
    ['a BaseCallback', () => new (class Mine extends tf.Callback {})()],
    ['a plain object', () => ({ onEpochEnd: () => {} })],
  ])('works behind %s of the user', async (_, mine) => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model);
    const callbacks = [mine(), ...monitor.callbacks] as tf.CustomCallbackArgs[];
    await model.fit(xs, ys, { ...quiet, epochs: 2, callbacks });
    await monitor.close();
    expect(of('train/loss').map(({ epoch }) => epoch)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
  });

  test('leaves nothing on the model between steps: the loss functions are its own again after each', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const inner = (model as unknown as { model: { lossFunctions: unknown[] } }).model;
    const own = [...inner.lossFunctions];
    const { monitor } = await recording(tf, model);
    await model.trainOnBatch(xs, ys);
    expect(inner.lossFunctions).toEqual(own);
    await monitor.close();
  });

  test('as a plain callback it does not make fit await anything per batch', async () => {
    const { monitor } = await recording(tf, compiled(net(3)));
    const [callback] = monitor.callbacks as unknown as { onBatchBegin: unknown; onBatchEnd: unknown }[];
    expect([callback!.onBatchBegin, callback!.onBatchEnd]).toEqual([undefined, undefined]);
    await monitor.close();
  });
});

test('fitDataset is seen like fit', async () => {
  const { xs, ys } = blobs([40, 20, 4]);
  const model = compiled(net(3));
  const { monitor, of } = await recording(tf, model);
  const data = tf.data
    .zip({ xs: tf.data.array(xs.arraySync()), ys: tf.data.array(ys.arraySync()) } as never)
    .batch(16) as tf.data.Dataset<never>;
  await model.fitDataset(data, { epochs: 2, verbose: 0, callbacks: monitor.callbacks as never });
  await monitor.close();
  expect(of('train/support')).toHaveLength(8);
  expect(of('train/support').at(-1)!.epoch).toBe(1.75);
});

test('the norms of the classifier are those of the columns of its kernel: one class each', async () => {
  const { xs, ys } = blobs([40, 20, 4]);
  const model = compiled(net(3));
  const kernel = model.layers.at(-1)!.getWeights()[0]!.arraySync() as number[][];
  const { monitor, of } = await recording(tf, model);
  await model.trainOnBatch(xs, ys);
  await monitor.close();
  const norms = [0, 1, 2].map((c) => Math.hypot(...kernel.map((row) => row[c]!)));
  of('model/classifier-norm')[0]!.values.forEach((norm, c) => {
    expect(norm).toBeCloseTo(norms[c]!, 6);
  });
});

test('trainOnBatch is seen like fit', async () => {
  const { xs, ys } = blobs([40, 20, 4]);
  const model = compiled(net(3));
  const { monitor, of } = await recording(tf, model);
  for (let i = 0; i < 3; i++) await model.trainOnBatch(xs, ys);
  await monitor.close();
  expect(of('train/support').map(({ values }) => values)).toEqual([
    [40, 20, 4],
    [40, 20, 4],
    [40, 20, 4],
  ]);
});

describe('the probe set', () => {
  test('is evaluated at step 0 with the untouched weights, on the schedule, and at the end of every epoch', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const untouched = model.predict(xs) as tf.Tensor;
    const guesses = Array.from(untouched.argMax(-1).dataSync());
    const schedule = (step: number) => step === 0 || step === 3;
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys }, schedule });
    await model.fit(xs, ys, { ...quiet, epochs: 2, callbacks: monitor.callbacks });
    await monitor.close();
    const fractions = of('probe/predicted-fraction');
    expect(fractions.map(({ step, epoch }) => [step, epoch])).toEqual([
      [0, null],
      [3, 0.75],
      [4, 1],
      [8, 2],
    ]);
    const expected = [0, 1, 2].map((c) => Math.fround(guesses.filter((guess) => guess === c).length / 64));
    expect(fractions[0]!.values).toEqual(expected);
  });

  test('gives the loss that model.evaluate gives, plus the regularisers', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3, 8, { regularised: true }));
    const [loss] = model.evaluate(xs, ys) as tf.Scalar[];
    const kernel = model.layers[0]!.getWeights()[0]!;
    const penalty = 0.01 * tf.sum(tf.square(kernel)).dataSync()[0]!;
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: monitor.callbacks });
    await monitor.close();
    expect(of('probe/loss')[0]!.values[0]).toBeCloseTo(loss!.dataSync()[0]! + penalty, 5);
  });

  test('and its tensors may be disposed by the user once watch has returned', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const probe = { xs: xs.clone(), ys: ys.clone() };
    const { monitor, of } = await recording(tf, model, { probe });
    tf.dispose(probe);
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: monitor.callbacks });
    await monitor.close();
    expect(of('probe/class-recall').length).toBeGreaterThan(1);
  });

  test('further sets are measured in streams of their own name', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = compiled(net(3));
    const { monitor, of } = await recording(tf, model, { evalSets: { shifted: { xs, ys } } });
    await model.fit(xs, ys, { ...quiet, epochs: 1, callbacks: monitor.callbacks });
    await monitor.close();
    expect(of('shifted/confusion').length).toBeGreaterThan(1);
  });
});
