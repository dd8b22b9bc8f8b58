import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { defineMetric } from '../src/metric.ts';
import type { WatchOptions } from '../src/options.ts';
import { type Recording, recording } from './support/recording.ts';
import { tf, wasm } from './support/tensorflow.ts';
import { blobs, type NetOptions, net, weightsOf } from './support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.restoreAllMocks());

const COUNTS = [40, 20, 4];

interface Setting {
  readonly name: string;
  readonly optimizer: () => tf.Optimizer;
  readonly options: NetOptions;
}

const settings: Setting[] = [
  { name: 'SGD', optimizer: () => tf.train.sgd(0.1), options: {} },
  { name: 'momentum', optimizer: () => tf.train.momentum(0.05, 0.9), options: {} },
  { name: 'Adam', optimizer: () => tf.train.adam(0.01), options: {} },
  { name: 'Adam with L2', optimizer: () => tf.train.adam(0.01), options: { regularised: true } },
  { name: 'Adam with dropout', optimizer: () => tf.train.adam(0.01), options: { dropout: true } },
  { name: 'SGD with BatchNorm', optimizer: () => tf.train.sgd(0.1), options: { batchNorm: true } },
  {
    name: 'Adam with BatchNorm and dropout',
    optimizer: () => tf.train.adam(0.01),
    options: { batchNorm: true, dropout: true },
  },
];

/** Trains a fresh network; `watched`: under a monitor that evaluates the probe at every step. */
async function train({ optimizer, options }: Setting, watched: boolean): Promise<number[][]> {
  const { xs, ys } = blobs(COUNTS);
  const model = net(3, 8, options);
  model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy' });
  const probe = { xs, ys };
  const { monitor } = watched ? await recording(tf, model, { probe, schedule: () => true }) : { monitor: null };
  await model.fit(xs, ys, {
    epochs: 5,
    batchSize: 16,
    shuffle: false,
    verbose: 0,
    validationData: [xs, ys],
    callbacks: monitor?.callbacks ?? [],
  });
  await monitor?.close();
  return weightsOf(model);
}

describe('with the monitor on', () => {
  test.each(settings)('the weights are bit-identical to those without it: $name', async (setting) => {
    expect(await train(setting, true)).toEqual(await train(setting, false));
  });

  test('no draw is taken from Math.random', async () => {
    const spy = vi.spyOn(Math, 'random');
    await train(settings[4]!, false);
    const without = spy.mock.calls.length;
    await train(settings[4]!, true);
    expect(spy.mock.calls.length - without).toBe(without);
  });
});

describe('tensors', () => {
  test('are as many after each of 1,000 steps as before it, and after close as before watch', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3, 8, { batchNorm: true });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
    await model.trainOnBatch(xs, ys);
    const before = tf.memory().numTensors;
    const { monitor } = await recording(tf, model, { probe: { xs, ys } });
    const during: number[] = [];
    for (let step = 0; step < 1000; step++) {
      const loss = await model.trainOnBatch(xs, ys);
      tf.dispose(loss as never);
      during.push(tf.memory().numTensors);
    }
    await monitor.close();
    expect(new Set(during).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are let go when watch refuses its options', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    const before = tf.memory().numTensors;
    await expect(recording(tf, model, { probe: { xs, ys }, evalSets: { more: { xs, ys: xs } } })).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('of a backend that reads asynchronously: at most 8 in flight, none after flush', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3, 8, { regularised: true });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    tf.dispose((await model.trainOnBatch(xs, ys)) as never);
    // wasm under the name of a backend that must not be read synchronously.
    const webgl = { ...tf, getBackend: () => 'webgl' };
    const { monitor, of } = await recording(webgl, model, { probe: { xs, ys } });
    const before = tf.memory().numTensors;
    const sync = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    let most = 0;
    for (let step = 0; step < 30; step++) {
      tf.dispose((await model.trainOnBatch(xs, ys)) as never);
      most = Math.max(most, tf.memory().numTensors - before);
    }
    // Without a pause nothing arrives: the limit has to hold by itself.
    const loss = () => tf.mean(model.apply(xs, { training: true }) as tf.Tensor) as tf.Scalar;
    for (let step = 0; step < 30; step++) (model.optimizer as tf.Optimizer).minimize(loss);
    most = Math.max(most, tf.memory().numTensors - before);
    const readings = sync.mock.calls.length;
    await monitor.flush();
    expect(tf.memory().numTensors).toBe(before);
    expect(most).toBeLessThanOrEqual(8);
    expect(readings).toBe(0);
    expect(of('probe/loss').length).toBeGreaterThan(1);
    expect(of('monitor/dropped').at(-1)!.values[0]).toBeGreaterThan(0);
    expect(of('train/loss').length).toBeGreaterThan(10);
    const steps = of('train/loss').map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    await monitor.close();
  });
});

describe('an error of the monitor never reaches training', () => {
  async function trainWith(options: WatchOptions): Promise<Recording> {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const record = await recording(tf, model, { probe: { xs, ys }, ...options });
    await model.fit(xs, ys, { epochs: 1, batchSize: 16, verbose: 0, callbacks: record.monitor.callbacks });
    await record.monitor.close();
    return record;
  }

  test('a metric that throws is told once, counted in monitor/dropped, and the others go on', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const broken = defineMetric({
      id: 'broken',
      help: 'Throws.',
      axes: [],
      streams: ['train'],
      cadence: 'step',
      panels: [],
      measure: () => {
        throw new Error('out of luck');
      },
    });
    const { of } = await trainWith({ metrics: [broken] });
    expect(warn.mock.calls).toEqual([
      ['classwatch: The metric broken failed and is not measured; training goes on. out of luck'],
    ]);
    expect(of('train/loss')).toHaveLength(4);
    expect(of('monitor/dropped').at(-1)!.values).toEqual([4]);
  });

  test('a metric that returns another number of values than its axes say is told, and the others go on', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const wrong = defineMetric({
      id: 'wrong',
      help: 'Has two values for three classes.',
      axes: ['class'],
      streams: ['train', 'monitor'],
      cadence: 'step',
      panels: [],
      measure: () => [1, 2],
    });
    const { of } = await trainWith({ metrics: [wrong] });
    expect(warn.mock.calls[0]![0]).toMatch(/The metric wrong failed .* Expected 3 values, as its axes say, got 2\.$/);
    expect([of('train/loss').length, of('train/wrong').length]).toEqual([4, 0]);
  });

  test('a schedule that throws', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const schedule = () => {
      throw new Error('no schedule');
    };
    const { of } = await trainWith({ schedule });
    expect(of('train/loss')).toHaveLength(4);
  });

  test("a listener of on('record') that throws", async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const { monitor, of } = await recording(tf, model);
    monitor.on('record', () => {
      throw new Error('mine');
    });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('train/loss')).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('labels outside of the classes are left out, and said once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { xs } = blobs(COUNTS);
    const model = net(3, 8, { activation: 'linear' });
    const optimizer = tf.train.sgd(0.1);
    const { monitor, of } = await recording(tf, model, { optimizer });
    const labels = tf.tensor1d(
      Array.from({ length: 64 }, (_, i) => i % 4),
      'int32',
    );
    const others = tf.add(labels, 5);
    for (const shown of [labels, others]) {
      optimizer.minimize(() => tf.mean(monitor.observe(model.apply(xs) as tf.Tensor, shown)) as tf.Scalar);
    }
    await monitor.close();
    expect(of('train/support').map(({ values }) => values)).toEqual([
      [16, 16, 16],
      [0, 0, 0],
    ]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toBe(
      'classwatch: Expected labels between 0 and 2 in the training batches, got others, 3 the first of them: ' +
        'such examples count for no class; in the gradient that classes are compared with they stay.',
    );
  });

  test('NaN in the loss is recorded as NaN, and the predictions of such a network as missing classes', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(Number.NaN), loss: 'meanSquaredError' });
    const { monitor, of } = await recording(tf, model);
    for (let step = 0; step < 2; step++) await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('train/loss').map(({ values }) => Number.isNaN(values[0]))).toEqual([false, true]);
    expect(of('train/accuracy')[1]!.values).toEqual([0]);
    expect(of('train/predicted-fraction')[1]!.values).toEqual([null, null, null]);
  });
});

describe('after close', () => {
  test('nothing is left on optimizer and model, nothing is recorded, nothing throws', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const { monitor, records } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
    const count = records.length;
    expect(Object.keys(model.optimizer)).not.toContain('applyGradients');
    expect(Object.keys(model.optimizer)).not.toContain('computeGradients');
    await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: monitor.callbacks });
    monitor.log('mine', 1);
    monitor.observe(xs, ys);
    await monitor.flush();
    await monitor.close();
    expect(records).toHaveLength(count);
  });
});
