import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { accelerateTraining, registerTrainingKernels } from '../../../src/wasm/index.ts';
import {
  type ClassReference,
  classGramByCopies,
  dot,
  exampleSquares,
  gradientsByCopies,
  type LabelledBatch,
  lossOf,
} from '../../support/class-copies.ts';
import type { ModelCase } from '../../support/model-case.ts';
import { MODELS } from '../../support/model-matrix.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

/** Gradient of every weight by the weights themselves. */
function gradientsOf(model: tf.LayersModel, batch: LabelledBatch): Float32Array[] {
  const before = model.getWeights().map((weight) => weight.clone());
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(() => lossOf(model, batch), variables);
  const result = variables.map(({ name, size }) => (grads[name]?.dataSync() ?? new Float32Array(size)) as Float32Array);
  model.setWeights(before);
  tf.dispose([value, grads, before]);
  return result;
}

/** Gradient of the part of the loss that the chosen examples have. */
const gradientsOfSome = (model: tf.LayersModel, batch: LabelledBatch, chosen: (i: number) => boolean) =>
  gradientsOf(model, { ...batch, weights: batch.labels.map((_, i) => (chosen(i) ? (batch.weights?.[i] ?? 1) : 0)) });

/** Largest difference in units of the largest expected value. */
function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(got[i]! - value))) / scale;
}

const flat = (parts: readonly ArrayLike<number>[]) => parts.flatMap((part) => Array.from(part));
const summed = ({ weights }: ClassReference) =>
  weights.flatMap(({ gradients }) =>
    Array.from(gradients[0]!, (_, i) => gradients.reduce((sum, gradient) => sum + gradient[i]!, 0)),
  );

/** Runs with a fresh model and batch of a case, and gives everything back. */
function using<T>(one: ModelCase, run: (model: tf.LayersModel, batch: LabelledBatch) => T): T {
  const kernels = one.accelerated ? accelerateTraining(tf) : null;
  const model = one.make();
  const batch = one.batch();
  try {
    return run(model, batch);
  } finally {
    model.dispose();
    tf.dispose([...batch.xs, ...batch.ys]);
    kernels?.restore();
  }
}

const named = (name: string) => MODELS.find((one) => one.name.endsWith(name))!;
const titled = (models: readonly ModelCase[]) => models.map((one) => [one.name, one] as const);
const classGradient = ({ weights }: ClassReference, c: number) => flat(weights.map(({ gradients }) => gradients[c]!));

describe('class gradients by copies of the weights', () => {
  test.each(titled(MODELS))('%s: they add up to the gradient', (_, one) => {
    using(one, (model, batch) => {
      const reference = classGramByCopies(model, batch, one.classes);
      const gradient = flat(gradientsOf(model, batch));
      expect(distance(summed(reference), gradient)).toBeLessThan(1e-5);
      expect(Math.abs(reference.total / dot(gradient, gradient) - 1)).toBeLessThan(1e-5);
      expect(model.weights.some(({ name }) => name.includes('moving_mean'))).toBe(one.batchNorm);
    });
  });

  // A mask needs one loss per example.
  const maskable = MODELS.filter(({ name }) => !/tf\.losses|per output unit/.test(name));

  test.each(titled(maskable.filter(({ batchNorm }) => !batchNorm)))(
    '%s: one backward pass per class agrees',
    (_, one) => {
      using(one, (model, batch) => {
        const reference = classGramByCopies(model, batch, one.classes);
        const passes = [...reference.gram.keys()].map((c) =>
          flat(gradientsOfSome(model, batch, (i) => batch.labels[i] === c)),
        );
        const gram = passes.map((a) => passes.map((b) => dot(a, b)));
        expect(distance(reference.gram.flat(), gram.flat())).toBeLessThan(1e-5);
        const got = [...passes.keys()].map((c) => classGradient(reference, c));
        expect(distance(got.flat(), passes.flat())).toBeLessThan(1e-5);
      });
    },
  );

  test.each(titled(maskable.filter(({ batchNorm }) => batchNorm)))(
    '%s: one backward pass per class differs',
    (_, one) => {
      using(one, (model, batch) => {
        const reference = classGramByCopies(model, batch, one.classes);
        const passes = [...reference.gram.keys()].map((c) =>
          flat(gradientsOfSome(model, batch, (i) => batch.labels[i] === c)),
        );
        const gram = passes.map((a) => passes.map((b) => dot(a, b)));
        expect(distance(reference.gram.flat(), gram.flat())).toBeGreaterThan(1e-3);
      });
    },
  );
});

describe('what belongs to no class, or to every example', () => {
  test.each(titled(['class weights', 'class weights and BatchNormalization', 'two outputs'].map(named)))(
    '%s: the classes add up to what one step of SGD moves',
    async (_, { make, batch: draw, classes, classWeight }) => {
      const [model, batch] = [make(), draw()];
      const gradient = summed(classGramByCopies(model, batch, classes));
      const weights = () => flat(model.trainableWeights.map((weight) => weight.read().dataSync()));
      const before = weights();
      const options = { batchSize: batch.labels.length, epochs: 1, shuffle: false, verbose: 0 as const };
      await model.fit(batch.xs, batch.ys, { ...options, ...(classWeight && { classWeight }) });
      const moved = weights().map((weight, i) => (before[i]! - weight) / 0.1);
      expect(distance(gradient, moved)).toBeLessThan(1e-5);
    },
  );

  test('regularisers are in no class', async () => {
    const { make, batch: draw, classes } = named('Conv2D, regularised');
    const [model, batch] = [make(), draw()];
    const { gradients } = classGramByCopies(model, batch, classes).weights.find(({ name }) => name.includes('bias'))!;
    const bias = model.trainableWeights.find(({ name }) => name.includes('bias'))!;
    const before = bias.read().dataSync();
    await model.trainOnBatch(batch.xs, batch.ys);
    const after = bias.read().dataSync();
    const regulariser = [...before].map(
      (b, i) => (b - after[i]!) / 0.1 - gradients.reduce((sum, gradient) => sum + gradient[i]!, 0),
    );
    // That of 0.1 b^2.
    expect(
      distance(
        regulariser,
        before.map((b) => 0.2 * b),
      ),
    ).toBeLessThan(1e-5);
  });

  test('examples of no class count in the gradient that classes are compared with', () => {
    using(named('BatchNormalization of vectors'), (model, batch) => {
      const labels = batch.labels.map((label) => (label === 0 ? -1 : label === 3 ? 17 : label));
      const all = classGramByCopies(model, batch, 4);
      const some = classGramByCopies(model, { ...batch, labels }, 3);
      const expected = [0, 1, 2].map((a) => [0, 1, 2].map((b) => (a * b === 0 ? 0 : all.gram[a]![b]!)));
      expect(distance(some.gram.flat(), expected.flat())).toBeLessThan(1e-6);
      expect(distance([some.total, ...some.along.slice(1)], [all.total, ...all.along.slice(1, 3)])).toBeLessThan(1e-6);
      const own = (c: number) => some.gram[c]!.reduce((sum, entry) => sum + entry, 0);
      expect(Math.abs(some.along[1]! - own(1))).toBeGreaterThan(1e-3 * some.total);
    });
  });

  test('one copy per example: squares of its gradient, and sums of them are the classes', () => {
    for (const name of [
      'BatchNormalization of vectors',
      'LSTM',
      'two inputs through one Sequential',
      'class weights',
    ]) {
      using(named(name), (model, batch) => {
        const examples = batch.labels.map((_, i) => i);
        const each = gradientsByCopies(model, batch, examples, examples.length);
        const gradients = examples.map((i) => flat(each.map((weight) => weight.gradients[i]!)));
        const squares = gradients.map((gradient) => dot(gradient, gradient));
        expect(distance(exampleSquares(model, batch), squares)).toBeLessThan(1e-12);
        const reference = classGramByCopies(model, batch, 4);
        for (const c of [0, 1, 2, 3]) {
          const own = gradients.filter((_, i) => batch.labels[i] === c);
          const sum = gradients[0]!.map((_, k) => own.reduce((total, gradient) => total + gradient[k]!, 0));
          expect(distance([...classGradient(reference, c), 1], [...sum, 1])).toBeLessThan(1e-6);
        }
      });
    }
  });
});

test('the model is as it was: weights, moving statistics, layers, tensors', () => {
  using(named('two inputs through one Sequential with BatchNormalization'), (model, batch) => {
    const state = () => model.getWeights().map((weight) => [...weight.dataSync()]);
    const variables = model.weights.map((weight) => weight.read());
    const [before, tensors] = [state(), tf.memory().numTensors];
    classGramByCopies(model, batch, 4);
    expect(state()).toEqual(before);
    expect(model.weights.every((weight, i) => weight.read() === variables[i])).toBe(true);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.layers.filter((layer) => Object.hasOwn(layer, 'call'))).toEqual([]);
  });
});

test('batch normalization inside of a wrapper is refused: its statistics would be of one copy', () => {
  const layer = tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [5] }), tf.layers.batchNormalization()],
  });
  const model = tf.sequential({ layers: [tf.layers.timeDistributed({ layer, inputShape: [4, 5] })] });
  const batch = { xs: [tf.zeros([2, 4, 5])], ys: [tf.zeros([2, 4, 3])], labels: [0, 1] };
  expect(() => classGramByCopies(model, batch, 2)).toThrow(/Expected batch normalization to stand by itself/);
});

describe('the models', () => {
  test('there are more than a hundred, under names of their own', () => {
    expect(MODELS.length).toBeGreaterThan(100);
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length);
  });

  test('every layer of tfjs with weights is in one of them', () => {
    const found = new Set<string>();
    const visit = (layer: object) => {
      found.add((layer as tf.layers.Layer).getClassName());
      const inner = layer as { layers?: object[]; layer?: object };
      for (const one of [...(inner.layers ?? []), ...(inner.layer ? [inner.layer] : [])]) visit(one);
    };
    for (const one of MODELS) using(one, visit);
    const weighted = [
      ...['Dense', 'Embedding', 'PReLU', 'BatchNormalization', 'LayerNormalization', 'Conv1D', 'Conv2D', 'Conv3D'],
      ...['Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv2D', 'SeparableConv2D', 'SimpleRNN', 'GRU', 'LSTM'],
      ...['ConvLSTM2D', 'RNN', 'Bidirectional', 'TimeDistributed'],
    ];
    expect(weighted.filter((name) => !found.has(name))).toEqual([]);
  });

  test.each(titled(MODELS))('%s: every make has the same weights, and trains', async (_, one) => {
    const ends = [];
    for (let i = 0; i < 2; i++) {
      const kernels = one.accelerated ? accelerateTraining(tf) : null;
      const [model, batch] = [one.make(), one.batch()];
      const state = () => flat(model.getWeights().map((weight) => weight.dataSync()));
      const start = state();
      await model.trainOnBatch(batch.xs, batch.ys);
      const end = state();
      expect(end).not.toEqual(start);
      expect(end.every(Number.isFinite)).toBe(true);
      ends.push(end);
      model.dispose();
      tf.dispose([...batch.xs, ...batch.ys]);
      kernels?.restore();
    }
    expect(ends[1]).toEqual(ends[0]);
  });
});

describe('fixtures, split by batch position', () => {
  interface Expected {
    readonly norms: number[];
    readonly gram: number[][];
    readonly cosines: number[][];
    readonly class_gradients: number[][];
  }
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8')).cases[0];
  /** The fixtures list weights as [out, in] and [out, in, height, width]. */
  const inFixtureOrder = (shape: number[], gradient: Float32Array) => {
    const order = shape.length === 4 ? [3, 2, 0, 1] : shape.map((_, i) => shape.length - 1 - i);
    return tf.tidy(() => [...tf.transpose(tf.tensor(gradient, shape), order).dataSync()]);
  };

  function compare(model: tf.LayersModel, xs: tf.Tensor, labels: number[], expected: Expected): void {
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), 3).toFloat();
    const { gram, weights } = classGramByCopies(model, { xs: [xs], ys: [ys], labels }, 3);
    const norms = gram.map((row, c) => Math.sqrt(row[c]!));
    const cosines = gram.map((row, a) => row.map((entry, b) => entry / (norms[a]! * norms[b]!)));
    const gradients = norms.map((_, c) =>
      weights.flatMap(({ gradients }, i) =>
        inFixtureOrder(model.trainableWeights[i]!.shape as number[], gradients[c]!),
      ),
    );
    const pairs: [number[], number[]][] = [
      [gram.flat(), expected.gram.flat()],
      [norms, expected.norms],
      [cosines.flat(), expected.cosines.flat()],
      [gradients.flat(), expected.class_gradients.flat()],
    ];
    for (const [got, want] of pairs) expect(distance(got, want)).toBeLessThan(1e-5);
  }

  test('a network of two dense layers', () => {
    const { X, labels, W1, b1, W2, b2, expected } = read('grads-mlp');
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, activation: 'relu', inputShape: [4] }),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    model.setWeights([tf.transpose(tf.tensor2d(W1)), tf.tensor1d(b1), tf.transpose(tf.tensor2d(W2)), tf.tensor1d(b2)]);
    compare(model, tf.tensor2d(X), labels, expected);
  });

  test('a convolution with BatchNormalization', () => {
    const { X, labels, params, expected } = read('grads-cnn-bn');
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [4, 4, 1] }),
        tf.layers.batchNormalization({ epsilon: 1e-5 }),
        tf.layers.reLU(),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.permute({ dims: [3, 1, 2] }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    model.setWeights([
      tf.transpose(tf.tensor4d(params['conv.weight']), [2, 3, 1, 0]),
      ...['conv.bias', 'bn.weight', 'bn.bias'].map((name) => tf.tensor1d(params[name])),
      tf.transpose(tf.tensor2d(params['fc.weight'])),
      tf.tensor1d(params['fc.bias']),
      tf.zeros([2]),
      tf.ones([2]),
    ]);
    compare(model, tf.transpose(tf.tensor4d(X), [0, 2, 3, 1]), labels, expected.B_sample_split);
  });
});
