import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import type { WatchOptions } from '../../../src/options.ts';
import { nativeOf } from '../../../src/wasm/access.ts';
import { accelerateTraining, registerTrainingKernels, type WasmKernels } from '../../../src/wasm/index.ts';
import { ABSORB, CHECKED, CLASSES, COUNTS, mlp, train } from '../../support/absorb.ts';
import { fullGram, watched } from '../../support/class-gradients-of.ts';
import { countedProducts } from '../../support/counted-products.ts';
import {
  distance,
  expected,
  product,
  type RawNet,
  restore,
  step,
  values,
  valuesOf,
  watchLoop,
  weight,
} from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { type Blobs, blobs, weightsOf } from '../../support/toys.ts';
import { expectedOf, expectStep, type Twins, twins } from '../../support/twins.ts';

let kernels: WasmKernels;
let warn: MockInstance<typeof console.warn>;
beforeAll(async () => {
  await wasm();
  kernels = accelerateTraining(tf);
  return () => kernels.restore();
});
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

const sentences = () =>
  warn.mock.calls.map(([sentence]) => sentence as string).filter((one) => one.startsWith('class'));

/** Length of the difference of all weights, in units of their own. */
function apart(a: readonly number[][], b: readonly number[][]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  const expected = b.flat();
  return norm(a.flat().map((value, i) => value - expected[i]!)) / norm(expected);
}

const WIDTHS = [40, 24];
const PRODUCTS = 2;

describe.each(['accelerated', 'registered'])('on %s wasm', (kind) => {
  beforeAll(() => {
    if (kind === 'accelerated') return;
    kernels.restore();
    const registered = registerTrainingKernels(tf);
    return () => {
      registered.restore();
      kernels = accelerateTraining(tf);
    };
  });

  test.each([
    ['SGD', WIDTHS, () => tf.train.sgd(0.1)],
    ['momentum', [64, 32, 16], () => tf.train.momentum(0.05, 0.9)],
    ['Adam', WIDTHS, () => tf.train.adam(0.01)],
    ['RMSProp', WIDTHS, () => tf.train.rmsprop(0.001)],
    ['SGD, odd sizes', [37, 19, 5], () => tf.train.sgd(0.1)],
    ['SGD, a single column', [33, 1, 7], () => tf.train.sgd(0.1)],
  ] as const)('after 20 steps the weights are those without it, to rounding: %s', async (_, widths, optimizer) => {
    const make = mlp(widths, optimizer);
    const both = await twins(make, CLASSES, ABSORB);
    const batch = blobs(COUNTS, widths[0]);
    const products = countedProducts();
    await train(both.model, batch, CHECKED);
    expect(products()).toBe(CHECKED * widths.length);
    await train(both.model, batch, 20 - CHECKED);
    expect(products()).toBe(0);
    await train(both.plain, batch, 20);
    expect(products()).toBe(20 * widths.length);
    const difference = apart(weightsOf(both.model), weightsOf(both.plain));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-6);
    await both.seen.recording.monitor.close();
    expect([both.seen.steps.length, both.seen.recording.monitor.coverage, sentences()]).toEqual([20, 1, []]);
  });
});

/** One step of the watched twin from where it is, its figures held against one copy of each weight per class. */
async function stepRight(both: Twins, step: number, batch: Blobs): Promise<void> {
  both.plain.setWeights(both.model.getWeights());
  const labelled = { xs: [batch.xs], ys: [batch.ys], labels: batch.labels };
  const expected = expectedOf(both, step, labelled);
  await train(both.model, batch);
  expect(expectStep(both, expected, labelled)).not.toBeNull();
}

test('class gradients are those of the reference, at steps whose products are absorbed as at others', async () => {
  const both = await twins(mlp(WIDTHS), CLASSES, ABSORB);
  const batch = blobs([80, 40, 8], WIDTHS[0]!);
  for (let step = 0; step < 5; step++) await stepRight(both, step, batch);
  const products = countedProducts();
  await train(both.model, batch);
  expect(products()).toBe(0);
  await both.seen.recording.monitor.close();
});

/** A layer of two weights and a bias whose gradients are computed at once; the bias comes first, and so is asked first. */
function pair(examples: number): RawNet {
  const [bias, first, second] = [
    weight('bias', [CLASSES], 1),
    weight('one', [9, CLASSES], 2),
    weight('two', [9, CLASSES], 3),
  ];
  const [x, y] = [values([examples, 9], 4), values([examples, 9], 5)];
  const layer = tf.customGrad((...given) => {
    const [offset, one, two, x, y] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor2D, tf.Tensor2D];
    const gradFunc = (dy: tf.Tensor2D) => [
      tf.sum(dy, 0),
      tf.matMul(x, dy, true),
      tf.matMul(y, dy, true),
      ...[x, y].map((input) => tf.zerosLike(input)),
    ];
    return { value: tf.add(tf.add(product(x, one), product(y, two)), offset), gradFunc: gradFunc as never };
  });
  const labels = Array.from({ length: examples }, (_, i) => [0, 1, 0, 2][i % 4]!);
  return {
    labels,
    classes: CLASSES,
    weights: [bias, first, second],
    logits: () => layer(bias, first, second, x, y) as tf.Tensor2D,
  };
}

test('where an operation has several products, one is absorbed, and the class gradients of all are right', async () => {
  const net = pair(60);
  const start = valuesOf(net);
  const alone = tf.train.sgd(0.1);
  const references = Array.from({ length: 5 }, () => {
    const reference = expected(net);
    step(net, alone, (p) => p);
    return reference;
  });
  restore(net, start);
  const products = countedProducts();
  const counts: number[] = [];
  const before = () => void counts.push(products());
  const { steps, coverage } = await watchLoop({ ...net, before }, { ...ABSORB, numSteps: 5 });
  expect([counts.slice(1), products(), coverage]).toEqual([[2, 2, 1, 1], 1, 1]);
  for (const { step: at, gradients } of steps) {
    expect(distance(fullGram(gradients, CLASSES), references[at]!.gram), `Gram of step ${at}`).toBeLessThan(5e-6);
    expect(distance(gradients.squares!, references[at]!.squares), `squares of step ${at}`).toBeLessThan(5e-6);
  }
  expect(steps.length).toBe(5);
});

test('without the option the weights are bit-identical, and every product is computed', async () => {
  for (const options of [{}, { absorb: false }]) {
    const both = await twins(mlp(WIDTHS), CLASSES, options);
    const batch = blobs(COUNTS, WIDTHS[0]!);
    const products = countedProducts();
    for (const model of [both.model, both.plain]) await train(model, batch, 6);
    expect(products()).toBe(2 * 6 * PRODUCTS);
    expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
    await both.seen.recording.monitor.close();
  }
});

test('a step that is checked is not absorbed: the first two, and every 500th', async () => {
  const { model, seen } = await twins(mlp([6, 4]), CLASSES, ABSORB);
  const batch = blobs([30, 20, 10], 6);
  const products = countedProducts();
  const own: number[] = [];
  for (let step = 0; step <= 501; step++) {
    await train(model, batch);
    if (products() > 0) own.push(step);
  }
  expect(own).toEqual([0, 1, 500]);
  await seen.recording.monitor.close();
});

/** A loop over one weight whose gradient is X^T D for a constant D. */
async function linear(x: tf.Tensor2D, d: tf.Tensor2D, labels: readonly number[], options: WatchOptions) {
  const optimizer = tf.train.sgd(1);
  const weight = tf.variable(tf.zeros([x.shape[1], d.shape[1]])) as tf.Variable;
  const { recording, steps } = await watched(null, { ...options, optimizer, numClasses: CLASSES, outputs: 'logits' });
  const ys = tf.tensor1d([...labels], 'int32');
  const logits = tf.randomNormal([labels.length, CLASSES]);
  const take = () =>
    optimizer.minimize(
      () => {
        recording.monitor.observe(logits, ys);
        return tf.sum(tf.mul(tf.matMul(x, weight as never), d)) as tf.Scalar;
      },
      false,
      [weight],
    );
  for (let step = 0; step < CHECKED; step++) take();
  weight.assign(tf.zerosLike(weight));
  const products = countedProducts();
  take();
  const moved = Array.from(weight.dataSync());
  await recording.monitor.close();
  return { moved, products: products(), steps };
}

/** Integers, whose sums are exact in float32. */
function integers(rows: number, columns: number): tf.Tensor2D {
  return tf.tensor2d(
    Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 11) - 5),
    [rows, columns],
  );
}

test('examples whose label belongs to no class are in the sum', async () => {
  const labels = Array.from({ length: 90 }, (_, i) => [0, 7, 1, 2, -1][i % 5]!);
  const [x, d] = [integers(90, 13), integers(90, 10)];
  const absorbed = await linear(x, d, labels, ABSORB);
  const own = await linear(x, d, labels, {});
  expect([absorbed.products, own.products]).toEqual([0, 1]);
  expect(absorbed.moved).toEqual(own.moved);
});

test('what is not a number, or infinite, goes through as it is', async () => {
  const labels = Array.from({ length: 90 }, (_, i) => i % CLASSES);
  const odd = integers(90, 13).arraySync();
  [odd[3]![0], odd[4]![2], odd[5]![4], odd[7]![4]] = [Number.NaN, Infinity, Infinity, -Infinity];
  const [x, d] = [tf.tensor2d(odd), tf.ones([90, 10]) as tf.Tensor2D];
  const absorbed = await linear(x, d, labels, ABSORB);
  const own = await linear(x, d, labels, {});
  expect([absorbed.products, own.products]).toEqual([0, 1]);
  const first = (row: number) => absorbed.moved[row * 10];
  expect([first(0), first(2), first(4)]).toEqual([Number.NaN, -Infinity, Number.NaN]);
  expect(absorbed.moved).toEqual(own.moved);
});

test('nothing is left behind: no tensor, no memory of the backend', async () => {
  const { model, seen } = await twins(
    mlp(WIDTHS, () => tf.train.adam(0.01)),
    CLASSES,
    ABSORB,
  );
  const batch = blobs(COUNTS, WIDTHS[0]!);
  await train(model, batch, 10);
  const { memory } = (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm;
  const [tensors, bytes] = [tf.memory().numTensors, memory.buffer.byteLength];
  const products = countedProducts();
  await train(model, batch, 300);
  expect([products(), tf.memory().numTensors, memory.buffer.byteLength]).toEqual([0, tensors, bytes]);
  await seen.recording.monitor.close();
});

test('an error in the backward pass goes through as it is, leaves no tensor, and the next step is absorbed again', async () => {
  const mine = new Error('mine');
  let isBroken = false;
  const fragile = tf.customGrad((x) => {
    const gradFunc = (dy: tf.Tensor) => {
      if (isBroken) throw mine;
      return dy;
    };
    return { value: (x as tf.Tensor).clone(), gradFunc: gradFunc as never };
  });
  class Fragile extends tf.layers.Layer {
    static readonly className = 'Fragile';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return fragile(Array.isArray(inputs) ? inputs[0]! : inputs);
    }
  }
  const make = () => {
    const [first, last] = mlp([20, 16])().layers as [tf.layers.Layer, tf.layers.Layer];
    const model = tf.sequential({ layers: [first, new Fragile({}), last] });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    return model;
  };
  const both = await twins(make, CLASSES, ABSORB);
  const batch = blobs(COUNTS, 20);
  for (const model of [both.model, both.plain]) await train(model, batch, CHECKED);
  isBroken = true;
  const products = countedProducts();
  const held: unknown[] = [];
  for (const model of [both.model, both.plain]) {
    const before = tf.memory().numTensors;
    await expect(train(model, batch)).rejects.toBe(mine);
    held.push([tf.memory().numTensors - before, products()]);
  }
  const [[tensors, absorbed], [others, own]] = held as [[number, number], [number, number]];
  // The last layer's product comes before the error.
  expect([absorbed, own]).toEqual([0, 1]);
  expect(tensors).toBe(others);
  isBroken = false;
  await train(both.model, batch);
  expect(products()).toBe(0);
  await both.seen.recording.monitor.close();
  expect(sentences()).toEqual([]);
});

test('what the product would take anyway does not count against the budget', async () => {
  const model = mlp(WIDTHS)();
  const batch = blobs(COUNTS, WIDTHS[0]!);
  const native = nativeOf(tf)! as unknown as { simd: { [name: string]: (...given: number[]) => void } };
  const { simd } = native;
  const { recording, steps } = await watched(model, { ...ABSORB, budget: 0.9 });
  await train(model, batch, CHECKED);
  const slow = (...given: number[]) => {
    simd.classProducts!(...given);
    const start = performance.now();
    while (performance.now() - start < 20);
  };
  native.simd = { ...simd, classProducts: slow };
  try {
    await train(model, batch, 10);
    expect(steps.length).toBe(CHECKED + 10);
    await recording.monitor.close();
  } finally {
    native.simd = simd;
  }
});
