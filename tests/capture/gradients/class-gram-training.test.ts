import { beforeAll, describe, expect, test, vi } from 'vitest';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import type { LabelledBatch } from '../../support/class-copies.ts';
import { pause, values } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { weightsOf } from '../../support/toys.ts';
import { stepBoth, type Twins, twins } from '../../support/twins.ts';

beforeAll(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

const LABELS = [0, 1, 0, 2, 0, 1, 0];
const CLASSES = 3;
const CROSS_ENTROPY = 'categoricalCrossentropy';

function batch(seed = 1, labels = LABELS): LabelledBatch {
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), CLASSES).toFloat());
  return { xs: [values([labels.length, 5], seed)], ys: [ys], labels };
}

let seed = 0;
const dense = (units: number, options = {}) => {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: ++seed });
  return tf.layers.dense({ units, kernelInitializer, ...options });
};

/** Layers named first, middle, last; every make has the same weights. */
function net(compile: (model: tf.LayersModel) => void = sgd): tf.LayersModel {
  seed = 0;
  const model = tf.sequential({
    layers: [
      dense(6, { name: 'first', inputShape: [5], activation: 'tanh' }),
      dense(4, { name: 'middle', activation: 'relu' }),
      dense(CLASSES, { name: 'last', activation: 'softmax' }),
    ],
  });
  compile(model);
  return model;
}

const sgd = (model: tf.LayersModel) => model.compile({ optimizer: tf.train.sgd(0.1), loss: CROSS_ENTROPY });
const each = ({ model, plain }: Twins, work: (model: tf.LayersModel) => void) => [model, plain].forEach(work);

describe('what training does to a model does not disturb its class gradients', () => {
  test('compiling again, with another optimizer and another loss', async () => {
    const both = await twins(net, CLASSES);
    for (let step = 0; step < 3; step++) await stepBoth(both, step, batch(step));
    each(both, (model) => model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' }));
    for (let step = 3; step < 6; step++) await stepBoth(both, step, batch(step));
    expect(both.seen.steps.at(-1)!.step).toBeGreaterThan(3);
    expect(both.seen.recording.monitor.coverage).toBe(1);
    await both.seen.recording.monitor.close();
  });

  test('another optimizer in place of the first', async () => {
    const both = await twins(net, CLASSES);
    await stepBoth(both, 0, batch());
    each(both, (model) => {
      model.optimizer = tf.train.momentum(0.05, 0.9);
    });
    expect(await stepBoth(both, 1, batch(2))).not.toBeNull();
    expect(await stepBoth(both, 2, batch(3))).not.toBeNull();
    await both.seen.recording.monitor.close();
  });

  test('layers frozen and unfrozen: frozen ones have no row, and do not count in the coverage', async () => {
    const both = await twins(net, CLASSES);
    const { monitor } = both.seen.recording;
    const rows = (of: { readonly layerSquares: readonly (number | null)[] } | null) =>
      [0, 1, 2].map((layer) => of!.layerSquares[layer * CLASSES] !== null);
    const freeze = (names: readonly string[]) =>
      each(both, (model) => {
        for (const layer of model.layers) layer.trainable = !names.includes(layer.name);
        sgd(model);
      });
    expect(rows(await stepBoth(both, 0, batch()))).toEqual([true, true, true]);
    freeze(['middle']);
    const frozen = await stepBoth(both, 1, batch(2));
    expect(frozen!.layers).toEqual(['first', 'middle', 'last']);
    expect([rows(frozen), monitor.coverage]).toEqual([[true, false, true], 1]);
    freeze(['first', 'middle']);
    expect(rows(await stepBoth(both, 2, batch(3)))).toEqual([false, false, true]);
    freeze([]);
    expect([rows(await stepBoth(both, 3, batch(4))), monitor.coverage]).toEqual([[true, true, true], 1]);
    await monitor.close();
  });

  test('a model whose layers are all frozen but the last from the start, and thawed later', async () => {
    const frozen = () =>
      net((model) => {
        for (const layer of model.layers.slice(0, 2)) layer.trainable = false;
        sgd(model);
      });
    const both = await twins(frozen, CLASSES);
    await stepBoth(both, 0, batch());
    each(both, (model) => {
      for (const layer of model.layers) layer.trainable = true;
      sgd(model);
    });
    const thawed = await stepBoth(both, 1, batch(2));
    expect(thawed!.layerSquares).not.toContain(null);
    await both.seen.recording.monitor.close();
  });

  test('a fit that is stopped, and goes on later', async () => {
    const both = await twins(net, CLASSES);
    const one = batch();
    let step = 0;
    const stopping = (model: tf.LayersModel) =>
      model.fit(one.xs, one.ys, {
        ...{ epochs: 4, batchSize: LABELS.length, shuffle: false, verbose: 0 },
        callbacks: {
          onBatchEnd: async () => {
            model.stopTraining = true;
          },
        },
      });
    await stepBoth(both, step++, one, stopping);
    expect(await stepBoth(both, step++, one)).not.toBeNull();
    expect(both.seen.steps.map((seen) => seen.step)).toEqual([0, 1]);
    await both.seen.recording.monitor.close();
  });

  test('batches of other sizes in between', async () => {
    const both = await twins(net, CLASSES);
    const sizes = [7, 3, 7, 1, 2, 7];
    for (const [step, size] of sizes.entries()) await stepBoth(both, step, batch(step, LABELS.slice(0, size)));
    expect(both.seen.recording.monitor.coverage).toBe(1);
    await both.seen.recording.monitor.close();
  });
});

describe('an exception in the loss of the user', () => {
  test('reaches the user; the next step is measured, and tensors and functions are as without the monitor', async () => {
    const mine = new Error('mine');
    let isBroken = false;
    const throwing = (model: tf.LayersModel) =>
      model.compile({
        optimizer: tf.train.sgd(0.1),
        loss: (labels, predictions) => {
          const loss = tf.metrics.categoricalCrossentropy(labels, predictions);
          if (isBroken) throw mine;
          return loss;
        },
      });
    const both = await twins(() => net(throwing), CLASSES);
    const one = batch();
    await stepBoth(both, 0, one);
    isBroken = true;
    const held = [];
    for (const model of [both.model, both.plain]) {
      const before = tf.memory().numTensors;
      await expect(model.trainOnBatch(one.xs, one.ys)).rejects.toBe(mine);
      held.push(tf.memory().numTensors - before);
    }
    expect(held[0]).toBe(held[1]);
    isBroken = false;
    expect(await stepBoth(both, 1, batch(2))).not.toBeNull();
    expect(both.seen.recording.monitor.coverage).toBe(1);
    await both.seen.recording.monitor.close();
  });

  test('in the backward pass: the same', async () => {
    const mine = new Error('mine');
    let isBroken = false;
    const fragile = tf.customGrad((...inputs) => {
      const [x] = inputs as [tf.Tensor];
      const gradFunc = (dy: tf.Tensor | tf.Tensor[]) => {
        if (isBroken) throw mine;
        return dy as tf.Tensor;
      };
      return { value: x.clone(), gradFunc };
    });
    const loss = (labels: tf.Tensor, predictions: tf.Tensor) =>
      tf.metrics.categoricalCrossentropy(labels, fragile(predictions));
    const both = await twins(() => net((model) => model.compile({ optimizer: tf.train.sgd(0.1), loss })), CLASSES);
    await stepBoth(both, 0, batch());
    isBroken = true;
    const held = [];
    for (const model of [both.model, both.plain]) {
      const before = tf.memory().numTensors;
      await expect(model.trainOnBatch(batch().xs, batch().ys)).rejects.toBe(mine);
      held.push(tf.memory().numTensors - before);
    }
    expect(held[0]).toBe(held[1]);
    isBroken = false;
    expect(await stepBoth(both, 1, batch(2))).not.toBeNull();
    expect(await stepBoth(both, 2, batch(3))).not.toBeNull();
    await both.seen.recording.monitor.close();
  });
});

describe('what is part of the gradient, and what is not', () => {
  test.each(['fit', 'fitDataset'])('class weights are, in %s', async (way) => {
    const both = await twins(net, CLASSES);
    const classWeight = { 0: 0.5, 1: 2, 2: 7 };
    const one = { ...batch(), weights: LABELS.map((label) => classWeight[label as 0]) };
    const data = tf.data.array([{ xs: one.xs[0]!, ys: one.ys[0]! }]);
    const options = { epochs: 1, verbose: 0 as const, classWeight };
    const gradients = await stepBoth(both, 0, one, (model) =>
      way === 'fit'
        ? model.fit(one.xs, one.ys, { ...options, batchSize: LABELS.length, shuffle: false })
        : model.fitDataset(data as never, { ...options, batchesPerEpoch: 1 }),
    );
    expect(gradients).not.toBeNull();
    await both.seen.recording.monitor.close();
  });

  test('all outputs are, by the labels of the first', async () => {
    const make = () => {
      seed = 0;
      const x = tf.input({ shape: [5] });
      const hidden = dense(6, { activation: 'tanh' }).apply(x) as tf.SymbolicTensor;
      const outputs = [CLASSES, 4].map(
        (units) => dense(units, { activation: 'softmax' }).apply(hidden) as tf.SymbolicTensor,
      );
      const model = tf.model({ inputs: x, outputs });
      model.compile({ optimizer: 'sgd', loss: [CROSS_ENTROPY, CROSS_ENTROPY] });
      return model;
    };
    const both = await twins(make, CLASSES);
    const one = batch();
    const others = tf.oneHot(tf.tensor1d([3, 2, 1, 0, 3, 3, 1], 'int32'), 4).toFloat();
    const gradients = await stepBoth(both, 0, { ...one, ys: [...one.ys, others] });
    expect(Array.from(gradients!.counts)).toEqual([4, 2, 1]);
    await both.seen.recording.monitor.close();
  });

  test('regularisers are in the norm of the gradient, and in no class', async () => {
    const make = () => {
      seed = 0;
      const { l1, l2 } = tf.regularizers;
      const model = tf.sequential({
        layers: [
          dense(6, { inputShape: [5], kernelRegularizer: l2({ l2: 0.3 }), activation: 'tanh' }),
          dense(CLASSES, { activation: 'softmax', kernelRegularizer: l1({ l1: 0.2 }), biasRegularizer: 'l1l2' }),
        ],
      });
      sgd(model);
      return model;
    };
    const both = await twins(make, CLASSES);
    const before = weightsOf(both.plain);
    const gradients = await stepBoth(both, 0, batch());
    const after = weightsOf(both.plain);
    // One step of gradient descent at rate 0.1.
    const squares = after.flatMap((weight, i) => weight.map((value, k) => ((value - before[i]![k]!) / 0.1) ** 2));
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    expect(both.seen.steps[0]!.update!.gradientNorm! / norm).toBeCloseTo(1, 4);
    expect(Math.sqrt(gradients!.total) / norm).toBeLessThan(0.95);
    expect(both.seen.recording.monitor.coverage).toBe(1);
    await both.seen.recording.monitor.close();
  });
});

test('with dropout, BatchNormalization and Adam the weights are bit-identical over 30 steps, every one of them measured', async () => {
  const make = () => {
    seed = 0;
    const model = tf.sequential({
      layers: [
        dense(8, { inputShape: [5] }),
        tf.layers.batchNormalization({}),
        tf.layers.reLU(),
        tf.layers.dropout({ rate: 0.3 }),
        dense(CLASSES, { activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: CROSS_ENTROPY });
    return model;
  };
  const both = await twins(make, CLASSES, { schedule: () => true });
  // Dropout without a seed draws from Math.random: both get the same draws.
  for (let step = 0; step < 30; step++) {
    await pause();
    for (const model of [both.model, both.plain]) {
      let draws = step;
      const random = vi.spyOn(Math, 'random').mockImplementation(() => (++draws * 0.6180339887) % 1);
      await model.trainOnBatch(batch(step).xs, batch(step).ys);
      random.mockRestore();
    }
  }
  expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
  expect(both.seen.steps.length).toBeGreaterThan(15);
  await both.seen.recording.monitor.close();
});
