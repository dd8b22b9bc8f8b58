import { beforeAll, describe, expect, test } from 'vitest';
import { recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net } from '../../support/toys.ts';

beforeAll(wasm);

const dense = (units: number, activation: 'softmax' | 'sigmoid' | 'linear', inputShape = [8]) =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units, inputShape, activation, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });

/** Mean of -log p of the true class over the examples of each class, slowly. */
function crossEntropies(probabilities: number[][], labels: number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, c) => {
    const own = probabilities.filter((_, i) => labels[i] === c).map((row) => -Math.log(row[c]!));
    return own.reduce((sum, x) => sum + x, 0) / own.length;
  });
}

describe('forms of labels and outputs', () => {
  test('class indices with sparseCategoricalCrossentropy', async () => {
    const { xs, labels } = blobs([40, 20, 4]);
    const ys = tf.tensor1d(labels, 'float32');
    const model = dense(3, 'softmax');
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const expected = crossEntropies((model.predict(xs) as tf.Tensor2D).arraySync(), labels, 3);
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('train/support')[0]!.values).toEqual([40, 20, 4]);
    of('train/class-loss')[0]!.values.forEach((loss, c) => {
      expect(loss).toBeCloseTo(expected[c]!, 5);
    });
    expect(of('probe/class-loss')[0]!.values).toEqual(of('train/class-loss')[0]!.values);
  });

  test('one sigmoid unit: two classes, and labels of one column', async () => {
    const { xs, labels } = blobs([40, 20]);
    const ys = tf.tensor2d(labels, [60, 1]);
    const model = dense(1, 'sigmoid');
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    const p = Array.from((model.predict(xs) as tf.Tensor).dataSync());
    const expected = crossEntropies(
      p.map((one) => [1 - one, one]),
      labels,
      2,
    );
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('train/support')[0]!.values).toEqual([40, 20]);
    of('train/class-loss')[0]!.values.forEach((loss, c) => {
      expect(loss).toBeCloseTo(expected[c]!, 5);
    });
    const recall = [0, 1].map((c) => {
      const own = p.filter((_, i) => labels[i] === c);
      return Math.fround(own.filter((one) => (one > 0.5 ? 1 : 0) === c).length / own.length);
    });
    expect(of('probe/class-recall')[0]!.values).toEqual(recall);
  });

  test('one unit without activation gives logits, though all of them are 0 at first', async () => {
    const { xs, labels } = blobs([40, 20]);
    const ys = tf.tensor2d(labels, [60, 1]);
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [8], kernelInitializer: 'zeros' })],
    });
    model.compile({ optimizer: 'sgd', loss: (y, z) => tf.losses.sigmoidCrossEntropy(y, z) as tf.Tensor });
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('probe/mean-probability')[0]!.values).toEqual([0.5, 0.5]);
  });

  test('logits under a loss of the user that returns one number: class losses are cross-entropies', async () => {
    const { xs, ys, labels } = blobs([40, 20, 4]);
    const model = dense(3, 'linear');
    const loss = (y: tf.Tensor, z: tf.Tensor) => tf.losses.softmaxCrossEntropy(y, z) as tf.Tensor;
    model.compile({ optimizer: 'sgd', loss });
    const p = (tf.softmax(model.predict(xs) as tf.Tensor2D) as tf.Tensor2D).arraySync();
    const expected = crossEntropies(p, labels, 3);
    const { monitor, of } = await recording(tf, model);
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    of('train/class-loss')[0]!.values.forEach((value, c) => {
      expect(value).toBeCloseTo(expected[c]!, 5);
    });
  });

  test('with class weights: the loss is the weighted one, class losses are not', async () => {
    const { xs, ys, labels } = blobs([40, 20, 4]);
    const model = dense(3, 'softmax');
    model.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
    const expected = crossEntropies((model.predict(xs) as tf.Tensor2D).arraySync(), labels, 3);
    const { monitor, of } = await recording(tf, model);
    const classWeight = { 0: 1, 1: 2, 2: 10 };
    await model.fit(xs, ys, { batchSize: 64, epochs: 1, verbose: 0, shuffle: false, classWeight });
    await monitor.close();
    of('train/class-loss')[0]!.values.forEach((value, c) => {
      expect(value).toBeCloseTo(expected[c]!, 5);
    });
    const weighted = (40 * expected[0]! + 2 * 20 * expected[1]! + 10 * 4 * expected[2]!) / 64;
    expect(of('train/loss')[0]!.values[0]).toBeCloseTo(weighted, 4);
  });
});

test.each(['one-hot', 'indices', 'column'])(
  'a probe with %s labels gives the same figures under every loss of tfjs',
  async (form) => {
    const { xs, ys, labels } = blobs([40, 20, 4]);
    const indices = tf.tensor1d(labels, 'int32');
    const given = { 'one-hot': ys, indices, column: indices.reshape([64, 1]) }[form]!;
    for (const loss of ['categoricalCrossentropy', 'sparseCategoricalCrossentropy']) {
      const model = dense(3, 'softmax');
      model.compile({ optimizer: tf.train.sgd(0), loss });
      const expected = crossEntropies((model.predict(xs) as tf.Tensor2D).arraySync(), labels, 3);
      const { monitor, of } = await recording(tf, model, { probe: { xs, ys: given } });
      await model.trainOnBatch(xs, loss.startsWith('sparse') ? indices.toFloat() : ys);
      await monitor.close();
      of('probe/class-loss')[0]!.values.forEach((value, c) => {
        expect(value).toBeCloseTo(expected[c]!, 5);
      });
    }
  },
);

describe('forms of models', () => {
  test('a functional model with two outputs: the first is watched', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const input = tf.input({ shape: [8] });
    const hidden = tf.layers.dense({ units: 6, activation: 'relu' }).apply(input);
    const classes = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(hidden) as tf.SymbolicTensor;
    const other = tf.layers.dense({ units: 1 }).apply(hidden) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [classes, other] });
    model.compile({ optimizer: 'sgd', loss: ['categoricalCrossentropy', 'meanSquaredError'] });
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, [ys, tf.zeros([64, 1])]);
    await monitor.close();
    expect(of('train/support')[0]!.values).toEqual([40, 20, 4]);
    expect(of('probe/class-recall').map(({ step }) => step)).toEqual([0, 1]);
  });

  test('a model with two inputs: the probe brings both', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const [a, b] = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
    const joined = tf.layers.concatenate().apply([a, b]);
    const outputs = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(joined) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [a, b], outputs });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const { monitor, of } = await recording(tf, model, { probe: { xs: [xs, xs], ys } });
    await model.trainOnBatch([xs, xs], ys);
    await monitor.close();
    expect(of('probe/confusion').map(({ step }) => step)).toEqual([0, 1]);
  });

  test('a Sequential that is built by its first batch', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = tf.sequential();
    const { monitor, of } = await recording(tf, model, { numClasses: 3, probe: { xs, ys } });
    model.add(tf.layers.dense({ units: 3, inputShape: [8], activation: 'softmax' }));
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('probe/support').map(({ step }) => step)).toEqual([0, 1]);
    expect(of('model/classifier-norm')).toHaveLength(2);
  });

  test('outputs that are no list of classes are said once, and the loss is still measured', async () => {
    const xs = tf.zeros([4, 5, 8]);
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [5, 8], activation: 'softmax' })] });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const { monitor, of } = await recording(tf, model);
    await model.trainOnBatch(xs, tf.ones([4, 5, 3]).div(3));
    await monitor.close();
    expect([of('train/loss').length, of('train/support').length]).toEqual([1, 0]);
  });
});

test('classes that the probe does not have are missing in it, not 0', async () => {
  const { xs, ys } = blobs([40, 20, 4]);
  const some = blobs([10, 10]);
  const model = net(3);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const probe = { xs: some.xs, ys: tf.tensor1d(some.labels, 'int32') };
  const { monitor, of } = await recording(tf, model, { probe });
  await model.trainOnBatch(xs, ys);
  await monitor.close();
  for (const { values } of of('probe/class-recall')) expect([values[2], values[0] === null]).toEqual([null, false]);
  expect(of('probe/support')[0]!.values).toEqual([10, 10, 0]);
});
