import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import classAlignment from '../../../src/metrics/class-alignment.ts';
import classGradCosine from '../../../src/metrics/class-grad-cosine.ts';
import classGradNorm from '../../../src/metrics/class-grad-norm.ts';
import classGradientDot from '../../../src/metrics/class-gradient-dot.ts';
import gradientNoise from '../../../src/metrics/gradient-noise.ts';
import gradientShare from '../../../src/metrics/gradient-share.ts';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { dot, exampleSquares, type LabelledBatch } from '../../support/class-copies.ts';
import { watched } from '../../support/class-gradients-of.ts';
import { distance } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const CLASSES = 3;

interface Split {
  readonly norms: number[];
  readonly gram: number[][];
  readonly cosines: number[][];
  readonly cos_with_full: number[];
}

interface Case {
  readonly model: tf.LayersModel;
  readonly xs: tf.Tensor;
  readonly labels: number[];
  readonly expected: Split;
  readonly fullNorm: number;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8')).cases[0];
const tensor = (values: number[]) => tf.tensor(values);
const transposed = (values: number[][]) => tf.transpose(tf.tensor2d(values));

function mlp(): Case {
  const { X, labels, W1, b1, W2, b2, expected } = read('grads-mlp');
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: CLASSES, activation: 'softmax' }),
    ],
  });
  model.setWeights([transposed(W1), tensor(b1), transposed(W2), tensor(b2)]);
  return { model, xs: tf.tensor2d(X), labels, expected, fullNorm: expected.full_norm };
}

function convolution(): Case {
  const { X, labels, params, expected } = read('grads-cnn-bn');
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [4, 4, 1] }),
      tf.layers.batchNormalization({ epsilon: 1e-5 }),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.permute({ dims: [3, 1, 2] }),
      tf.layers.flatten(),
      tf.layers.dense({ units: CLASSES, activation: 'softmax' }),
    ],
  });
  model.setWeights([
    tf.transpose(tf.tensor4d(params['conv.weight']), [2, 3, 1, 0]),
    ...['conv.bias', 'bn.weight', 'bn.bias'].map((name) => tensor(params[name])),
    transposed(params['fc.weight']),
    tensor(params['fc.bias']),
    tf.zeros([2]),
    tf.ones([2]),
  ]);
  const xs = tf.transpose(tf.tensor4d(X), [0, 2, 3, 1]);
  return { model, xs, labels, expected: expected.B_sample_split, fullNorm: expected.full_norm };
}

const metrics = [classGradNorm, classGradCosine, classAlignment, classGradientDot, gradientShare, gradientNoise];

describe.each(['wasm', 'cpu'])('one step of training under the monitor, on %s', (backend) => {
  beforeAll(async () => {
    await wasm();
    registerTrainingKernels(tf);
    await tf.setBackend(backend);
  });

  test.each([
    ['two dense layers', mlp],
    ['a convolution with BatchNormalization, split by batch position', convolution],
  ])('%s: Gram, norms, cosines, alignment and shares are those of the fixture', async (_, make) => {
    const { model, xs, labels, expected, fullNorm } = make();
    const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES).toFloat();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const batch: LabelledBatch = { xs: [xs], ys: [ys], labels };
    const squares = exampleSquares(model, batch);
    const { steps, recording } = await watched(model, { metrics });
    await model.trainOnBatch(xs, ys);
    await recording.monitor.close();
    const { gradients } = steps[0]!;
    const shown = (metric: string) => recording.of(`train/${metric}`)[0]!.values as number[];
    const { norms } = expected;
    // The fixtures list |g_c| and cos(g_c, g): <g_c, g> is their product with |g|.
    const dots = expected.cos_with_full.map((cosine, c) => cosine * norms[c]! * fullNorm);
    expect(distance(gradients.gram, expected.gram.flat())).toBeLessThan(1e-5);
    expect(distance([...gradients.along, gradients.total], [...dots, fullNorm ** 2])).toBeLessThan(1e-5);
    expect(distance(shown('class-grad-norm'), norms)).toBeLessThan(1e-5);
    expect(distance(shown('class-grad-cosine'), expected.cosines.flat())).toBeLessThan(1e-4);
    expect(distance(shown('class-alignment'), expected.cos_with_full)).toBeLessThan(1e-4);
    expect(
      distance(
        shown('gradient-share'),
        dots.map((one) => one / fullNorm ** 2),
      ),
    ).toBeLessThan(1e-4);
    expect(dot(shown('gradient-share'), [1, 1, 1])).toBeCloseTo(1, 5);
    const noise = norms.map((norm, c) => {
      const own = squares.filter((_, i) => labels[i] === c);
      const n = own.length;
      const sum = own.reduce((total, square) => total + square, 0);
      return n < 2 ? null : 1 - ((sum - norm ** 2 / n) / (n - 1)) * (n / norm ** 2);
    });
    shown('gradient-noise').forEach((value, c) => {
      if (noise[c] === null) expect(value).toBeNull();
      else expect(value).toBeCloseTo(noise[c]!, 4);
    });
    expect(recording.monitor.coverage).toBe(1);
  });
});
