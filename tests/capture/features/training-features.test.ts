import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { NeuralCollapse } from '../../../src/geometry/neural-collapse.ts';
import type { TfLike } from '../../../src/tf.ts';
import * as plain from '../../geometry/plain-collapse.ts';
import { recording } from '../../support/recording.ts';
import { collapseOf, lastOf, plainOf, STILL, stood } from '../../support/still.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net, weightsOf } from '../../support/toys.ts';

const COUNTS = [120, 80, 40];

const MEASURES: readonly (readonly [id: string, name: keyof NeuralCollapse])[] = [
  ['nc1', 'nc1'],
  ['cdnv', 'cdnv'],
  ['nc2-equinorm-means', 'equinormMeans'],
  ['nc2-equiangularity-means', 'equiangularityMeans'],
  ['nc3', 'selfDuality'],
  ['nc4', 'nearestMeanMismatch'],
];

interface Case {
  readonly make: (width: number) => tf.LayersModel;
  /** Index of the layer whose output enters the classifier. */
  readonly layer: number;
}

function functional(width: number): tf.LayersModel {
  const input = tf.input({ shape: [width] });
  const hidden = tf.layers.dense({ units: 10, activation: 'tanh' }).apply(input) as tf.SymbolicTensor;
  const branch = tf.layers.dense({ units: 10, activation: 'relu' }).apply(hidden) as tf.SymbolicTensor;
  const joined = tf.layers.add().apply([hidden, branch]) as tf.SymbolicTensor;
  const logits = tf.layers.dense({ units: 3 }).apply(joined) as tf.SymbolicTensor;
  const output = tf.layers.activation({ activation: 'softmax' }).apply(logits) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

function wide(width: number): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 80, inputShape: [width], activation: 'relu' }));
  model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  return model;
}

const CASES: { readonly [name: string]: Case } = {
  'a dense network': { make: (width) => net(3, width), layer: 0 },
  'one with softmax as a layer of its own and a branch': { make: functional, layer: 3 },
  'more features than are kept in full': { make: wide, layer: 0 },
};

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'wasm') await wasm();
    else await tf.setBackend('cpu');
  });
  afterAll(() => vi.restoreAllMocks());

  test.each(Object.entries(CASES))(
    'what is said of training features is what all features of the epoch say: %s',
    async (name, { make, layer }) => {
      const data = blobs(COUNTS);
      const model = make(8);
      model.compile({ ...STILL, optimizer: STILL.optimizer() });
      // The classifier of the functional model stands before the last layer.
      const run = await stood(model, data);
      const classifier = model.layers.findLast((one) => one.getClassName() === 'Dense')!;
      const before = name.includes('branch') ? model.layers[3]! : model.layers[layer]!;
      const expected = collapseOf({ ...model, inputs: model.inputs, layers: [classifier] } as never, data, before);
      for (const [id, measure] of MEASURES) {
        const got = lastOf(run, `train/${id}`);
        // Nearest means are those of the examples until then.
        const tolerance = id === 'nc4' ? 0.05 : 1e-4;
        expect([id, Math.abs(got! - expected[measure]!) < tolerance]).toEqual([id, true]);
      }
    },
  );

  test('an evaluation set is measured out of its own pass, its nearest means are those of training', async () => {
    const [data, held] = [blobs(COUNTS), blobs([300, 200, 100], 8, 9)];
    const model = net(3);
    model.compile({ ...STILL, optimizer: STILL.optimizer() });
    const run = await stood(model, data, { probe: { xs: held.xs, ys: held.ys } });
    const expected = collapseOf(model, held, model.layers[0]!);
    for (const [id, measure] of MEASURES.slice(0, -1)) {
      expect(lastOf(run, `probe/${id}`)).toBeCloseTo(expected[measure]!, 4);
    }
    // More than one slice.
    expect(held.labels.length).toBeGreaterThan(512);
  });

  test('NC4 of an evaluation set is about the means of training, also where its own lie elsewhere', async () => {
    const [data, held] = [blobs(COUNTS), blobs([60, 50, 40], 8, 9)];
    const moved = { ...held, xs: tf.add<tf.Tensor2D>(held.xs, 1.5) };
    const model = net(3);
    model.compile({ ...STILL, optimizer: STILL.optimizer() });
    const run = await stood(model, data, { probe: { xs: moved.xs, ys: moved.ys } });
    const [trained, seen] = [plainOf(model, data), plainOf(model, moved)];
    const mismatchTo = (means: plain.Matrix) => 1 - plain.share(plain.predicted(seen), plain.nearest(seen, means));
    const expected = mismatchTo(plain.means(trained));
    expect(Math.abs(expected - mismatchTo(plain.means(seen)))).toBeGreaterThan(0.1);
    expect(lastOf(run, 'probe/nc4')).toBeCloseTo(expected, 6);
  });

  test('training goes as without, and no tensor is left', async () => {
    const data = blobs(COUNTS);
    const make = () => {
      const model = net(3, 8, { batchNorm: true, dropout: true, regularised: true });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
      return model;
    };
    const trainOn = (model: tf.LayersModel, callbacks: object[]) =>
      model.fit(data.xs, data.ys, {
        epochs: 2,
        batchSize: 32,
        shuffle: false,
        verbose: 0,
        callbacks: callbacks as never,
      });
    const [watched, plain] = [make(), make()];
    await trainOn(plain, []);
    const probe = { xs: data.xs, ys: data.ys };
    const { monitor } = await recording(tf as TfLike, watched as never, { budget: 1, probe });
    const tensors = tf.memory().numTensors;
    await trainOn(watched, monitor.callbacks);
    // The optimizer has two for each of the trainable weights, and counters of its own.
    const own = tf.memory().numTensors - tensors;
    await monitor.close();
    const trainable = watched.trainableWeights.length;
    expect(own).toBeLessThanOrEqual(2 * trainable + 2);
    expect(weightsOf(watched)).toEqual(weightsOf(plain));
  });
});

describe('there are no training features', () => {
  beforeAll(async () => void (await wasm()));
  const none = ['train/nc1', 'train/nc4', 'train/feature-energy', 'model/collapse-ratio'];

  test('where the last layer is no dense one', async () => {
    await tf.setBackend('cpu');
    const model = tf.sequential();
    model.add(tf.layers.reshape({ targetShape: [8, 1], inputShape: [8] }));
    model.add(tf.layers.conv1d({ filters: 3, kernelSize: 3 }));
    model.add(tf.layers.globalAveragePooling1d());
    model.add(tf.layers.softmax());
    model.compile({ ...STILL, optimizer: STILL.optimizer() });
    const run = await stood(model, blobs(COUNTS));
    expect(run.of('train/accuracy').length).toBeGreaterThan(0);
    for (const name of none) expect(run.of(name)).toEqual([]);
    await tf.setBackend('wasm');
  });

  test('where the last layer is used twice in a pass', async () => {
    const input = tf.input({ shape: [8] });
    const last = tf.layers.dense({ units: 3 });
    const twice = [0, 1].map((seed) =>
      last.apply(
        tf.layers
          .dense({ units: 6, kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 1 }) })
          .apply(input) as tf.SymbolicTensor,
      ),
    ) as tf.SymbolicTensor[];
    const model = tf.model({
      inputs: input,
      outputs: tf.layers.softmax().apply(tf.layers.add().apply(twice)) as tf.SymbolicTensor,
    });
    model.compile({ ...STILL, optimizer: STILL.optimizer() });
    const run = await stood(model, blobs(COUNTS));
    for (const name of none) expect(run.of(name)).toEqual([]);
  });
});

describe('features that are not finite', () => {
  beforeAll(async () => void (await wasm()));

  test('are told as missing from then on, and training goes on', async () => {
    const data = blobs(COUNTS);
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 6, inputShape: [8], activation: 'tanh' }));
    model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
    const onEpochEnd = (epoch: number) => {
      if (epoch === 0) model.layers[0]!.setWeights([tf.fill([8, 6], Number.NaN), tf.zeros([6])]);
    };
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const run = await stood(model, data, {}, 3, onEpochEnd);
    const steps = run.of('train/nc3').map(({ step }) => step);
    expect(Math.max(...steps)).toBe(8);
    expect(run.of('train/loss').length).toBe(24);
    expect(warn.mock.calls.flat().filter((text) => /failed/.test(String(text)))).toEqual([]);
    warn.mockRestore();
  });
});
