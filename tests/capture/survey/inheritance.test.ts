import { beforeAll, describe, expect, test } from 'vitest';
import { inheritanceOf, isDrawnBy } from '../../../src/capture/survey/inheritance.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const { layers, initializers } = tf;

/** Draws that `tf.initializers` offers, by name. */
const seeded = (seed?: number) => (seed === undefined ? {} : { seed });

const INITIALIZERS = {
  glorotNormal: (seed?: number) => initializers.glorotNormal(seeded(seed)),
  glorotUniform: () => initializers.glorotUniform({}),
  heNormal: () => initializers.heNormal({}),
  heUniform: (seed?: number) => initializers.heUniform(seeded(seed)),
  leCunNormal: () => initializers.leCunNormal({}),
  leCunUniform: () => initializers.leCunUniform({}),
  randomNormal: () => initializers.randomNormal({ mean: 0.1, stddev: 0.3 }),
  randomUniform: (seed?: number) => initializers.randomUniform({ minval: -0.1, maxval: 0.3, ...seeded(seed) }),
  truncatedNormal: () => initializers.truncatedNormal({ stddev: 0.2 }),
  varianceScaling: () => initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'normal' }),
  orthogonal: (seed?: number) => initializers.orthogonal({ gain: 1.4, ...seeded(seed) }),
  zeros: () => initializers.zeros(),
  ones: () => initializers.ones(),
  constant: () => initializers.constant({ value: 0.3 }),
};

type Name = keyof typeof INITIALIZERS;

const serialised = (name: Name) => {
  const initializer = INITIALIZERS[name]() as unknown as { getClassName(): string; getConfig(): object };
  return { className: initializer.getClassName(), config: initializer.getConfig() as Record<string, unknown> };
};

const draw = (name: Name, shape: number[]) =>
  tf.tidy(() => (INITIALIZERS[name]() as unknown as { apply(shape: number[]): tf.Tensor }).apply(shape).dataSync());

describe('a fresh weight is taken for what its initialiser draws', () => {
  test.each(Object.keys(INITIALIZERS) as Name[])('%s, in every one of 200 draws', (name) => {
    const drawn = serialised(name);
    for (const shape of name === 'orthogonal'
      ? [[9, 5]]
      : [
          [5, 3],
          [20, 12],
          [3, 3, 4, 8],
        ]) {
      for (let i = 0; i < (name === 'orthogonal' ? 50 : 200); i++) {
        expect(isDrawnBy(drawn, draw(name, shape), shape)).toBe(true);
      }
    }
  });

  test('and what has another scale, or another mean, is not', () => {
    for (const name of Object.keys(INITIALIZERS) as Name[]) {
      if (name === 'zeros') continue;
      const shape = [40, 30];
      const values = draw(name, shape);
      expect([
        name,
        isDrawnBy(
          serialised(name),
          values.map((value) => 1.3 * value),
          shape,
        ),
      ]).toEqual([name, false]);
    }
    const shape = [40, 30];
    const moved = draw('randomNormal', shape).map((value) => value + 0.1);
    expect(isDrawnBy(serialised('randomNormal'), moved, shape)).toBe(false);
  });

  test('NaN is not', () => {
    expect(isDrawnBy(serialised('glorotNormal'), [Number.NaN], [1, 1])).toBe(false);
  });
});

const mlp = (kernelInitializer?: Name, useBias = true, seed?: number) => {
  const own = (i: number) =>
    kernelInitializer ? { kernelInitializer: INITIALIZERS[kernelInitializer](seed && seed + i) as never } : {};
  return tf.sequential({
    layers: [
      layers.dense({ inputShape: [8], units: 24, activation: 'relu', useBias, ...own(0) }),
      layers.dense({ units: 3, activation: 'softmax', useBias, ...own(1) }),
    ],
  });
};

const cnn = () =>
  tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 8, 1], filters: 6, kernelSize: 3 }),
      layers.batchNormalization(),
      layers.activation({ activation: 'relu' }),
      layers.separableConv2d({ filters: 4, kernelSize: 3 }),
      layers.prelu(),
      layers.globalAveragePooling2d({}),
      layers.layerNormalization(),
      layers.dense({ units: 3 }),
    ],
  });

const recurrent = () =>
  tf.sequential({
    layers: [
      layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 5 }),
      layers.bidirectional({ layer: layers.lstm({ units: 4, returnSequences: true }) as tf.RNN }),
      layers.gru({ units: 5 }),
      layers.dense({ units: 3 }),
    ],
  });

async function train(model: tf.LayersModel, xs: tf.Tensor, steps: number): Promise<void> {
  const optimizer = tf.train.sgd(0.01);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const ys = tf.oneHot(
    Array.from({ length: xs.shape[0]! }, (_, i) => i % 3),
    3,
  );
  for (let i = 0; i < steps; i++) await model.trainOnBatch(xs, ys);
}

/** A copy with the same weights and an optimizer that has done nothing, as loading gives. */
async function reloaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  let saved: tf.io.ModelArtifacts | null = null;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    },
  });
  return tf.loadLayersModel({ load: async () => saved! });
}

describe('a model', () => {
  test.each([
    ['an MLP', () => mlp()],
    ['an MLP with normal weights', () => mlp('randomNormal')],
    ['a network with batch and layer normalisation, separable convolution and PReLU', cnn],
    ['a recurrent one with embedding and a bidirectional LSTM', recurrent],
  ])('that is fresh inherits nothing, nor does one that was saved and loaded untrained: %s', async (_, make) => {
    for (let i = 0; i < 25; i++) expect(await inheritanceOf(make())).toBeNull();
    expect(await inheritanceOf(await reloaded(make()))).toBeNull();
  });

  test.each(['glorotNormal', 'heUniform', 'orthogonal', 'randomUniform'] as const)(
    'of %s that was trained for 300 small steps and loaded is recognised, with and without biases',
    async (name) => {
      const xs = tf.randomNormal([60, 8], 0, 1, 'float32', 3);
      for (const useBias of [true, false]) {
        const model = mlp(name, useBias, 5);
        await train(model, xs, 300);
        expect(await inheritanceOf(await reloaded(model))).toMatch(/^the (kernel|bias) of layer .+ is not as its/);
      }
    },
  );

  test('that is being trained is recognised by its optimizer', async () => {
    const model = mlp();
    await train(model, tf.ones([6, 8]), 2);
    expect(await inheritanceOf(model)).toBe('its optimizer has made 2 updates already');
  });

  test('whose moving statistics alone have moved is recognised', async () => {
    const model = cnn();
    const moved = model.layers[1]!.getWeights().map((weight, i) => (i === 2 ? tf.add(weight, 0.1) : weight));
    model.layers[1]!.setWeights(moved);
    expect(await inheritanceOf(model)).toMatch(/^the moving mean of layer batch_normalization/);
  });

  test('with a frozen layer is recognised; a frozen layer without weights is nothing', async () => {
    const model = mlp();
    model.layers[0]!.trainable = false;
    expect(await inheritanceOf(model)).toMatch(/^layer dense_.+ is frozen \(trainable is false\)$/);
    const flat = tf.sequential({ layers: [layers.flatten({ inputShape: [2, 2] }), layers.dense({ units: 3 })] });
    flat.layers[0]!.trainable = false;
    expect(await inheritanceOf(flat)).toBeNull();
  });

  test('inside of which a model was trained is recognised', async () => {
    const inner = mlp();
    await train(inner, tf.randomNormal([12, 8], 0, 1, 'float32', 3), 20);
    const outer = tf.sequential({ layers: [inner, layers.dense({ units: 4 })] });
    expect(await inheritanceOf(outer)).toMatch(/is not as its initialiser makes it$/);
  });

  test('is only read: weights, Math.random and the number of tensors are as before', async () => {
    const model = cnn();
    const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const tensors = tf.memory().numTensors;
    const original = Math.random;
    Math.random = () => expect.unreachable();
    try {
      await inheritanceOf(model);
    } finally {
      Math.random = original;
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(weights);
  });
});
