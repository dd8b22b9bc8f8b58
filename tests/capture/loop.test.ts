import { beforeAll, describe, expect, test } from 'vitest';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);

const crossEntropy = (labels: tf.Tensor, logits: tf.Tensor) =>
  tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;

describe('a hand-written loop', () => {
  test('with minimize and observe is seen with its labels, loss and class losses', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.adam(0.01);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) {
      const loss = optimizer.minimize(
        () => crossEntropy(ys, monitor.observe(model.apply(xs, { training: true }) as tf.Tensor, ys)),
        true,
      )!;
      losses.push(loss.dataSync()[0]!);
    }
    await monitor.close();
    expect(of('train/loss').map(({ values }) => values[0])).toEqual(losses);
    expect(of('train/support').map(({ values }) => values)).toEqual(Array(3).fill([40, 20, 4]));
    expect(of('train/loss')[0]!.epoch).toBeNull();
    // The mean over classes, weighted by support, is the loss itself: class losses are those of this loss.
    const [first] = of('train/class-loss').map(({ values }) => values as number[]);
    expect((40 * first![0]! + 20 * first![1]! + 4 * first![2]!) / 64).toBeCloseTo(losses[0]!, 5);
  });

  test('with tf.variableGrads and applyGradients is seen like one with minimize', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    for (let step = 0; step < 3; step++) {
      const { value, grads } = tf.variableGrads(() =>
        crossEntropy(ys, monitor.observe(model.apply(xs, { training: true }) as tf.Tensor, ys)),
      );
      optimizer.applyGradients(grads);
      tf.dispose([value, grads]);
    }
    await monitor.close();
    expect(of('train/class-recall').map(({ step }) => step)).toEqual([0, 1, 2]);
  });

  test('that accumulates gradients has one step per update, with the examples of all its batches', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const gradients = (from: number) =>
      tf.variableGrads(() => {
        const labels = ys.slice(from, 32);
        return crossEntropy(labels, monitor.observe(model.apply(xs.slice(from, 32)) as tf.Tensor, labels));
      });
    const a = gradients(0);
    const b = gradients(32);
    const sum = Object.fromEntries(Object.entries(a.grads).map(([name, g]) => [name, g.add(b.grads[name]!)]));
    optimizer.applyGradients(sum as tf.NamedTensorMap);
    await monitor.close();
    expect(of('train/support').map(({ values }) => values)).toEqual([[40, 20, 4]]);
    const mean = (a.value.dataSync()[0]! + b.value.dataSync()[0]!) / 2;
    expect(of('train/loss')[0]!.values[0]).toBeCloseTo(mean, 6);
  });

  test('that observes two batches in one loss counts both', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const part = (from: number) => {
      const labels = ys.slice(from, 32);
      return crossEntropy(labels, monitor.observe(model.apply(xs.slice(from, 32)) as tf.Tensor, labels));
    };
    const loss = optimizer.minimize(() => part(0).add(part(32)) as tf.Scalar, true)!;
    await monitor.close();
    expect(of('train/support').map(({ values }) => values)).toEqual([[40, 20, 4]]);
    expect(of('train/loss')[0]!.values).toEqual([loss.dataSync()[0]]);
  });

  test('without a LayersModel is watched by its optimizer, with predict for the probe', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const weights = tf.variable(tf.zeros([8, 3]));
    const predict = (inputs: tf.Tensor2D) => inputs.matMul(weights as unknown as tf.Tensor2D);
    const optimizer = tf.train.sgd(0.5);
    const { monitor, of } = await recording(tf, null, { optimizer, numClasses: 3, predict, probe: { xs, ys } });
    for (let step = 0; step < 4; step++) {
      optimizer.minimize(() => crossEntropy(ys, monitor.observe(predict(xs), ys)), false, [weights]);
    }
    await monitor.close();
    expect(of('train/support')).toHaveLength(4);
    expect(of('probe/accuracy').map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    expect(of('probe/accuracy').at(-1)!.values[0]).toBeGreaterThan(0.9);
  });

  test('without observe still gives its loss, and no figures of classes', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    optimizer.minimize(() => crossEntropy(ys, model.apply(xs) as tf.Tensor));
    await monitor.close();
    expect(of('train/loss')).toHaveLength(1);
    expect(of('train/support')).toHaveLength(0);
  });

  test('observe outside of a loss function counts nothing', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    monitor.observe(model.apply(xs) as tf.Tensor, ys);
    await monitor.close();
    expect(of('train/support')).toHaveLength(0);
  });

  test('an error in the loss reaches the user unchanged and leaves no trace in the next step', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const mine = new Error('mine');
    const failing = () =>
      optimizer.minimize(() => {
        monitor.observe(model.apply(xs) as tf.Tensor, ys);
        throw mine;
      });
    expect(failing).toThrow(mine);
    optimizer.minimize(() => crossEntropy(ys, monitor.observe(model.apply(xs) as tf.Tensor, ys)));
    await monitor.close();
    expect(of('train/support').map(({ step, values }) => [step, values])).toEqual([[0, [40, 20, 4]]]);
  });

  test('gradients of a saliency map are not steps', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    tf.grad((x: tf.Tensor) => crossEntropy(ys, model.apply(x) as tf.Tensor))(xs);
    optimizer.minimize(() => crossEntropy(ys, monitor.observe(model.apply(xs) as tf.Tensor, ys)));
    await monitor.close();
    expect(of('train/loss')).toHaveLength(1);
  });

  test('gradients inside the loss (a penalty) belong to the outer ones', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const loss = optimizer.minimize(() => {
      const outputs = monitor.observe(model.apply(xs) as tf.Tensor, ys);
      const { value } = tf.variableGrads(() => tf.mean(tf.square(model.apply(xs) as tf.Tensor)) as tf.Scalar);
      return crossEntropy(ys, outputs).add(value.mul(0)) as tf.Scalar;
    }, true);
    await monitor.close();
    expect(of('train/support').map(({ values }) => values)).toEqual([[40, 20, 4]]);
    expect(of('train/loss').map(({ values }) => values)).toEqual([[loss!.dataSync()[0]]]);
  });

  test('an update that throws is no step, and its batch is void', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const mine = new Error('mine');
    let broken = true;
    const apply = optimizer.applyGradients.bind(optimizer);
    optimizer.applyGradients = (gradients: never) => {
      if (broken) throw mine;
      apply(gradients);
    };
    const { monitor, of } = await recording(tf, model, { optimizer });
    const step = (count: number) =>
      optimizer.minimize(() => {
        const labels = ys.slice(0, count);
        return crossEntropy(labels, monitor.observe(model.apply(xs.slice(0, count)) as tf.Tensor, labels));
      });
    expect(() => step(64)).toThrow(mine);
    broken = false;
    step(10);
    await monitor.close();
    const examples = of('train/support').map(({ step: at, values }) => [
      at,
      (values as number[]).reduce((a, b) => a + b),
    ]);
    expect(examples).toEqual([[0, 10]]);
    expect(Object.hasOwn(optimizer, 'applyGradients')).toBe(true);
  });
});

test('two models train in turn under two monitors, and neither sees the other', async () => {
  const { xs, ys } = blobs([40, 20, 4]);
  const [a, b] = [net(3), net(3)];
  for (const model of [a, b]) model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const one = await recording(tf, a);
  const two = await recording(tf, b);
  await a.trainOnBatch(xs, ys);
  await b.trainOnBatch(xs.slice(0, 8), ys.slice(0, 8));
  await a.trainOnBatch(xs, ys);
  await Promise.all([one.monitor.close(), two.monitor.close()]);
  expect(one.of('train/loss').map(({ step }) => step)).toEqual([0, 1]);
  expect(two.of('train/loss').map(({ step }) => step)).toEqual([0]);
});

test('an optimizer can be watched by a second monitor only after the first is closed', async () => {
  const optimizer = tf.train.sgd(0.1);
  const first = await recording(tf, null, { optimizer, numClasses: 3 });
  await expect(recording(tf, null, { optimizer, numClasses: 3 })).rejects.toThrow(
    /^Expected an optimizer that no other monitor watches, got one that is being watched: close the first monitor before the second one starts\.$/,
  );
  await first.monitor.close();
  const second = await recording(tf, null, { optimizer, numClasses: 3 });
  await second.monitor.close();
});
