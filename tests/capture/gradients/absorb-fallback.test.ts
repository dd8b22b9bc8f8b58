import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { ClassProducts } from '../../../src/capture/gradients/sums/class-products.ts';
import { NativeRows } from '../../../src/capture/gradients/sums/native-rows.ts';
import type { WatchOptions } from '../../../src/options.ts';
import { accelerateTraining } from '../../../src/wasm/index.ts';
import { ABSORB, CHECKED, CLASSES, COUNTS, type Make, mlp, train } from '../../support/absorb.ts';
import { watched } from '../../support/class-gradients-of.ts';
import { countedProducts } from '../../support/counted-products.ts';
import { RELAY_WORKER } from '../../support/offload.ts';
import { distance } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, weightsOf } from '../../support/toys.ts';
import { twins } from '../../support/twins.ts';

let warn: MockInstance<typeof console.warn>;
beforeAll(async () => {
  await wasm();
  const kernels = accelerateTraining(tf);
  return () => kernels.restore();
});
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

const sentences = () =>
  warn.mock.calls.map(([sentence]) => sentence as string).filter((one) => one.startsWith('class'));
const WIDTHS = [40, 24];
const PRODUCTS = 2;

describe('the training computes its own product, bit for bit as without the option,', () => {
  const layer = (units: number, options = {}) =>
    tf.layers.dense({ units, kernelInitializer: tf.initializers.heNormal({ seed: units }), ...options });
  const shared = () => {
    const x = tf.input({ shape: [20] });
    const twice = layer(20, { activation: 'tanh' });
    const y = layer(CLASSES, { activation: 'softmax' }).apply(twice.apply(twice.apply(x)));
    const model = tf.model({ inputs: x, outputs: y as tf.SymbolicTensor });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    return model;
  };
  const sequences = () => {
    const model = tf.sequential({
      layers: [
        tf.layers.reshape({ inputShape: [20], targetShape: [4, 5] }),
        layer(6),
        tf.layers.flatten(),
        layer(CLASSES, { activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    return model;
  };
  /** `own`: products that are computed, of which the first weight's is one; `all`: of how many. */
  const cases: readonly [string, Make, readonly number[], WatchOptions, { own: number; all: number }][] = [
    ['where a weight is used several times', shared, COUNTS, {}, { own: 2, all: 3 }],
    ['where products of pairs of examples cost less', mlp([20, 16]), [4, 2, 1], {}, { own: 1, all: 2 }],
    ['where an example has several rows', sequences, COUNTS, {}, { own: 1, all: 2 }],
    [
      'where class rows are kept to be compared with the update',
      mlp([20, 16]),
      COUNTS,
      { schedule: () => true },
      { own: 2, all: 2 },
    ],
    ['at steps that the budget leaves out', mlp([20, 16]), COUNTS, { budget: 1e-9 }, { own: 2, all: 2 }],
    [
      'where another thread takes the class gradients',
      mlp([420, 300]),
      [60, 40, 28],
      { offload: true, workerUrl: RELAY_WORKER },
      { own: 2, all: 2 },
    ],
  ];
  test.each(cases)('%s', async (_, make, counts, options, { own, all }) => {
    const both = await twins(make, CLASSES, { ...ABSORB, ...options });
    const batch = blobs(counts, both.model.inputs[0]!.shape[1]!);
    // By then the budget has had the samples that it needs.
    await train(both.model, batch, 20);
    both.plain.setWeights(both.model.getWeights());
    const products = countedProducts();
    await train(both.model, batch);
    expect(products()).toBe(own);
    await train(both.plain, batch);
    expect(products()).toBe(all);
    const [mine, others] = [weightsOf(both.model), weightsOf(both.plain)];
    expect(mine[0]).toEqual(others[0]);
    if (own === all) expect(mine).toEqual(others);
    await both.seen.recording.monitor.close();
  });

  test('where a step has several batches', async () => {
    const optimizer = tf.train.sgd(0.1);
    const { xs, ys } = blobs(COUNTS, 20);
    const weight = tf.variable(tf.randomNormal([20, CLASSES], 0, 0.1, 'float32', 1));
    const { recording, steps } = await watched(null, { ...ABSORB, optimizer, numClasses: CLASSES, outputs: 'logits' });
    const products = countedProducts();
    const loss = (logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(ys, logits) as tf.Scalar;
    const logitsOf = (by: tf.Tensor) => tf.matMul(xs, by as tf.Tensor2D);
    const pass = () =>
      tf.variableGrads(() => loss(recording.monitor.observe(logitsOf(weight), ys)), [weight as tf.Variable]).grads;
    for (let step = 0; step < 6; step++) {
      const gradients = [pass(), pass()];
      expect(products()).toBe(2);
      // Of a plain tensor: this is nobody's training.
      const expected = tf
        .grad((by) => loss(logitsOf(by)))(weight.clone())
        .dataSync();
      for (const one of gradients) expect(Object.values(one)[0]!.dataSync()).toEqual(expected);
      optimizer.applyGradients(gradients[0]!);
      products();
    }
    await recording.monitor.close();
    expect(steps.length).toBeGreaterThan(2);
  });

  test('where there is no room for class rows', async () => {
    const both = await twins(mlp([64, 64]), CLASSES, ABSORB);
    const batch = blobs([20, 12, 8], 64);
    for (const model of [both.model, both.plain]) await train(model, batch, CHECKED);
    vi.spyOn(NativeRows.prototype, 'fits').mockImplementation((count) => count < CLASSES * 64 * 64);
    const products = countedProducts();
    await train(both.model, batch);
    expect(products()).toBe(1);
    await train(both.plain, batch);
    expect(weightsOf(both.model)[0]).toEqual(weightsOf(both.plain)[0]);
    await both.seen.recording.monitor.close();
    expect([both.seen.recording.monitor.coverage, sentences()]).toEqual([1, []]);
  });

  test.each(['apart', 'sum'] as const)('where it fails halfway (%s): nothing reaches training', async (part) => {
    const both = await twins(mlp(WIDTHS), CLASSES, ABSORB);
    const batch = blobs(COUNTS, WIDTHS[0]!);
    await train(both.model, batch, CHECKED + 1);
    both.plain.setWeights(both.model.getWeights());
    const fails = vi.spyOn(ClassProducts.prototype, part).mockImplementation(() => {
      throw new Error('out of luck');
    });
    const products = countedProducts();
    const held = [];
    for (const model of [both.model, both.plain]) {
      const before = tf.memory().numTensors;
      await train(model, batch);
      held.push([tf.memory().numTensors - before, products()]);
    }
    expect(held).toEqual([
      [0, PRODUCTS],
      [0, PRODUCTS],
    ]);
    expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
    expect(sentences()).toEqual([expect.stringMatching(/out of luck/)]);
    fails.mockRestore();
    await train(both.model, batch);
    expect(products()).toBe(0);
    await both.seen.recording.monitor.close();
    expect([both.seen.steps.length, both.seen.recording.monitor.coverage]).toEqual([CHECKED + 3, 1]);
  });
});

test('inside of another gradient the product stays on the tape: the outer gradient is as without', async () => {
  const optimizer = tf.train.sgd(0.1);
  const { ys } = blobs(COUNTS, 20);
  const xs = blobs(COUNTS, 20).xs;
  const weight = tf.variable(tf.randomNormal([20, CLASSES], 0, 0.1, 'float32', 1));
  const { recording } = await watched(null, { ...ABSORB, optimizer, numClasses: CLASSES, outputs: 'logits' });
  const inner = (x: tf.Tensor, show: boolean) => {
    const { grads, value } = tf.variableGrads(() => {
      const logits = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D);
      return tf.mean(tf.square(show ? recording.monitor.observe(logits, ys) : logits)) as tf.Scalar;
    }, [weight]);
    value.dispose();
    return grads;
  };
  const outer = (show: boolean) =>
    tf.grad((x) => {
      const grads = inner(x, show);
      optimizer.applyGradients(grads);
      return tf.sum(tf.square(Object.values(grads)[0]!));
    })(xs);
  for (let step = 0; step < CHECKED + 1; step++) tf.tidy(() => optimizer.applyGradients(inner(xs, true)));
  const state = weight.clone();
  const seen = outer(true).dataSync();
  weight.assign(state as tf.Tensor);
  await recording.monitor.close();
  const expected = outer(false).dataSync();
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0);
  expect(distance(seen, expected)).toBe(0);
});

test('where the backend is not wasm, one sentence says so, and the weights are bit-identical', async () => {
  await tf.setBackend('cpu');
  try {
    const both = await twins(mlp([12, 8]), CLASSES, ABSORB);
    const batch = blobs([30, 20, 10], 12);
    for (const model of [both.model, both.plain]) await train(model, batch, 5);
    expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
    expect(sentences()).toEqual([
      'classwatch: The option absorb works on the wasm backend only (with SIMD, without threads): here the training computes its own products. Nothing else changes.',
    ]);
    await both.seen.recording.monitor.close();
  } finally {
    await tf.setBackend('wasm');
  }
});
