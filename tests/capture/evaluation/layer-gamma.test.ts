import { beforeAll, describe, expect, test, vi } from 'vitest';
import { tidy } from '../../../src/capture/engine/tensors.ts';
import { gammasOf, layerSums } from '../../../src/capture/evaluation/layer-gamma.ts';
import { describeStack } from '../../../src/index.ts';
import { meanField } from '../../../src/theory/index.ts';
import { generator } from '../../support/generator.ts';
import { recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net, weightsOf } from '../../support/toys.ts';

beforeAll(wasm);

interface Found {
  readonly names: string[];
  readonly gammas: (number | null)[];
}

function found(model: tf.LayersModel, xs: tf.Tensor, output = 0, training = false): Found {
  return tidy(tf, () => {
    const asked = layerSums(tf, model, [xs], output, training);
    return {
      names: asked.layers.map(({ name }) => name),
      gammas: gammasOf(asked, (asked.sums as unknown as tf.Tensor).dataSync()),
    };
  });
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
};

/** By the definition: all values of all units, read and gone through. `isOutput`: the variance of the means, not their square. */
function plainGamma(values: tf.Tensor, isOutput: boolean): number {
  const examples = values.shape[0]!;
  const rows = values.reshape([examples, -1]).arraySync() as number[][];
  const nodes = rows[0]!.map((_, u) => rows.map((row) => row[u]!));
  const means = nodes.map(mean);
  const between = isOutput ? variance(means) : mean(means.map((m) => m * m));
  return between / mean(nodes.map(variance)) - 1 / examples;
}

const images = (count: number, seed = 3) => {
  const random = generator(seed);
  return tf.tensor4d(Float32Array.from({ length: count * 8 * 8 * 2 }, random), [count, 8, 8, 2]);
};

const seeded = (seed: number) => tf.initializers.heNormal({ seed });

/** A network with a branch and a sum. */
function branched(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 2] });
  const conv = (seed: number) =>
    tf.layers.conv2d({
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: seeded(seed),
    });
  const first = conv(1).apply(input) as tf.SymbolicTensor;
  const second = conv(2).apply(first) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([first, second]) as tf.SymbolicTensor;
  const pooled = tf.layers.maxPooling2d({ poolSize: 2 }).apply(sum) as tf.SymbolicTensor;
  const flat = tf.layers.flatten().apply(pooled) as tf.SymbolicTensor;
  const out = tf.layers.dense({ units: 5, kernelInitializer: seeded(4) }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: out });
}

describe('gamma by layer', () => {
  test('is what a model up to each layer gives, in a network with branches', () => {
    const model = branched();
    const xs = images(40);
    const { names, gammas } = found(model, xs);
    const own = model.layers.filter((layer) => !['InputLayer', 'Flatten'].includes(layer.getClassName()));
    expect(names).toEqual(own.map(({ name }) => name));
    own.forEach((layer, i) => {
      const upTo = tf.model({ inputs: model.inputs, outputs: layer.output as tf.SymbolicTensor });
      const expected = plainGamma(upTo.predict(xs) as tf.Tensor, i === own.length - 1);
      expect(gammas[i]! / expected).toBeCloseTo(1, 4);
    });
  });

  test('of the output is that of the logits behind softmax', () => {
    const { xs } = blobs([30, 20, 10]);
    const [model, linear] = [net(3), net(3, 8, { activation: 'linear' })];
    const z = linear.predict(xs) as tf.Tensor2D;
    const centred = tf.sub(z, tf.mean(z, 1, true));
    // Centring takes 1 / C of the variance away.
    const expected = (plainGamma(centred, true) + 1 / 60) * (2 / 3) - 1 / 60;
    expect(found(model, xs).gammas.at(-1)).toBeCloseTo(expected, 4);
    expect(found(linear, xs).gammas.at(-1)).toBeCloseTo(plainGamma(z, true), 4);
  });

  test('of one sigmoid unit is that of its logit', () => {
    const { xs } = blobs([30, 20]);
    const head = tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [8], kernelInitializer: seeded(2) });
    const model = tf.sequential({ layers: [head] });
    const [kernel] = model.getWeights();
    const z = [...tf.matMul(xs, kernel as tf.Tensor2D).dataSync()];
    expect(found(model, xs).gammas[0]).toBeCloseTo(mean(z) ** 2 / variance(z) - 1 / 50, 4);
  });

  test('names layers of models within models by their path, and calls of a shared layer one by one', () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ name: 'a', units: 8, activation: 'relu', inputShape: [8] })],
    });
    const shared = tf.layers.dense({ name: 'twice', units: 8, activation: 'relu' });
    const input = tf.input({ shape: [8] });
    const first = shared.apply(inner.apply(input)) as tf.SymbolicTensor;
    const out = tf.layers.dense({ name: 'out', units: 3 }).apply(shared.apply(first)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: out });
    expect(found(model, blobs([5, 5, 5]).xs).names).toEqual(['inner/a', 'twice', 'twice (2)', 'out']);
  });

  test('leaves out what hands on what it gets, and outputs that nobody watches', () => {
    const input = tf.input({ shape: [8] });
    const dropped = tf.layers.dropout({ rate: 0.5 }).apply(input) as tf.SymbolicTensor;
    const dense = tf.layers.dense({ name: 'hidden', units: 6 }).apply(dropped) as tf.SymbolicTensor;
    const heads = ['one', 'two'].map((name) => tf.layers.dense({ name, units: 3 }).apply(dense) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: heads });
    expect(found(model, blobs([5, 5]).xs, 1).names).toEqual(['hidden', 'two']);
  });

  test('keeps its digits where all examples share a large offset', () => {
    const input = tf.input({ shape: [4] });
    const out = tf.layers.activation({ activation: 'linear' }).apply(input) as tf.SymbolicTensor;
    const hidden = tf.layers.dense({ units: 2 }).apply(out) as tf.SymbolicTensor;
    const random = generator(2);
    const rows = Array.from({ length: 50 }, () => Array.from({ length: 4 }, () => Math.fround(1000 + random())));
    const expected = plainGamma(tf.tensor2d(rows), false);
    expect(found(tf.model({ inputs: input, outputs: hidden }), tf.tensor2d(rows)).gammas[0]! / expected).toBeCloseTo(
      1,
      3,
    );
  });

  test('is infinite where no example makes a difference, and missing where nothing comes out or it is not finite', () => {
    const constant = tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [8], kernelInitializer: 'zeros', biasInitializer: 'ones' }),
        tf.layers.dense({ units: 4, kernelInitializer: 'zeros' }),
        tf.layers.dense({ units: 4, biasInitializer: tf.initializers.constant({ value: NaN }) }),
        tf.layers.dense({ units: 2 }),
      ],
    });
    expect(found(constant, blobs([5, 5]).xs).gammas).toEqual([Infinity, null, null, null]);
  });

  test.each([1, 3, 6])('of wide ReLU layers is what the mean-field recursion says, %i deep', (depth) => {
    const width = 600;
    const random = generator(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const xs = tf.tensor2d(Float32Array.from({ length: 200 * 100 }, normal), [200, 100]);
    const model = tf.sequential({
      layers: Array.from({ length: depth }, (_, i) =>
        tf.layers.dense({
          units: width,
          activation: 'relu',
          kernelInitializer: seeded(20 + i),
          ...(i === 0 ? { inputShape: [100] } : {}),
        }),
      ),
    });
    model.add(tf.layers.dense({ units: 2 }));
    const described = describeStack(model, { q: 1, c: 0 });
    const expected = meanField(described.stack!, described.input);
    const { gammas } = found(model, xs);
    for (let i = 0; i < depth; i++) {
      const theory = expected.filter(({ gamma }) => gamma !== undefined)[i]!.gamma;
      expect(Math.abs(gammas[i]! / theory - 1)).toBeLessThan(0.12);
    }
    xs.dispose();
  });
});

describe('asking for it', () => {
  test('leaves layers, weights, tensors and Math.random as they were, also where a layer throws', () => {
    const { xs } = blobs([30, 20, 10]);
    const model = net(3, 8, { batchNorm: true, dropout: true });
    model.predict(xs);
    const before = { weights: weightsOf(model), tensors: tf.memory().numTensors };
    const random = vi.spyOn(Math, 'random');
    for (const training of [false, true]) found(model, xs, 0, training);
    const last = model.layers.at(-1)!;
    last.call = () => {
      throw new Error('a layer of yours');
    };
    const own = last.call;
    expect(() => found(model, xs)).toThrow('a layer of yours');
    expect(last.call).toBe(own);
    expect(model.layers.slice(0, -1).filter((layer) => Object.hasOwn(layer, 'call'))).toEqual([]);
    expect(random).not.toHaveBeenCalled();
    expect({ weights: weightsOf(model), tensors: tf.memory().numTensors }).toEqual(before);
    random.mockRestore();
  });

  test('happens once, before the first step that is seen, on the first set, with the layers by name', async () => {
    const { xs, ys } = blobs([30, 20, 10]);
    const model = net(3, 8, { batchNorm: true });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const [evaluation, training] = [found(model, xs), found(model, xs, 0, true)];
    const { monitor, records, of } = await recording(tf, model, { probe: { xs, ys }, evalSets: { other: { xs, ys } } });
    for (let step = 0; step < 3; step++) await model.trainOnBatch(xs, ys);
    await monitor.close();
    expect(of('probe/layer-gamma').map(({ step }) => step)).toEqual([0]);
    expect(of('probe/layer-gamma')[0]!.values).toEqual(evaluation.gammas.map((gamma) => Math.fround(gamma!)));
    expect(of('probe/training-mode-layer-gamma')[0]!.values).toEqual(training.gammas.map((g) => Math.fround(g!)));
    expect(of('other/layer-gamma')).toEqual([]);
    const declared = records.find((record) => record.kind === 'metric' && record.body.id === 'layer-gamma');
    expect(declared).toMatchObject({
      body: { axes: [{ name: 'layer', labels: model.layers.map(({ name }) => name) }] },
    });
    // The output's is the metric gamma, here of the same examples.
    expect(of('probe/layer-gamma')[0]!.values.at(-1)).toBeCloseTo(of('probe/gamma')[0]!.values[0]!, 4);
  });

  test('is not done for a model that keeps state from batch to batch: a sentence says so', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({ units: 2, stateful: true, batchInputShape: [6, 4, 2] }),
        tf.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [xs, ys] = [tf.ones([6, 4, 2]), tf.oneHot([0, 1, 0, 1, 0, 1], 2)];
    const { monitor, of } = await recording(tf, model, { probe: { xs, ys } });
    await model.trainOnBatch(xs, ys.toFloat());
    await monitor.close();
    expect(of('probe/layer-gamma')).toEqual([]);
    expect(warn.mock.calls.flat().join()).toMatch(/gamma of the layers is not measured: the layer \w+ keeps its state/);
    warn.mockRestore();
  });
});
