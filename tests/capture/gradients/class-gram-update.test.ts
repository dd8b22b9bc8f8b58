import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { dot } from '../../support/class-copies.ts';
import { watched } from '../../support/class-gradients-of.ts';
import {
  distance,
  expected,
  pause,
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

const CLASSES = 4;
const LABELS = [0, 1, 0, 3, 0, 1, 0];
const STEPS = 4;

/** A split weight, a turned one, one that is used twice, a table, and plain ones. */
function net(labels: readonly number[] = LABELS): RawNet {
  const [first, gates, turned] = [weight('first', [5, 4], 1), weight('gates', [4, 8], 2), weight('turned', [4, 4], 3)];
  const [twice, table, last] = [
    weight('twice', [4, 4], 4),
    weight('table', [6, 4], 5),
    weight('last', [4, CLASSES], 6),
  ];
  const x = values([labels.length, 5], 7);
  const ids = tf.tidy(() => tf.cast(tf.mul(tf.abs(values([labels.length], 8)), 5.9), 'int32'));
  const logits = () => {
    const [left, right] = tf.split(gates, 2, 1);
    const hidden = tf.add(tf.tanh(product(x, first)), tf.gather(table, ids));
    const gated = tf.mul(tf.sigmoid(product(hidden, left!)), product(hidden, right!));
    const back = product(gated, tf.transpose(turned as unknown as tf.Tensor2D));
    return product(tf.tanh(product(tf.tanh(product(back, twice)), twice)), last);
  };
  return { labels, classes: CLASSES, weights: [first, gates, turned, twice, table, last], logits };
}

beforeEach(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

const optimizers: [string, () => tf.Optimizer][] = [
  ['SGD', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.05, 0.9)],
  ['Nesterov', () => tf.train.momentum(0.05, 0.9, true)],
  ['Adam', () => tf.train.adam(0.01)],
  ['RMSProp', () => tf.train.rmsprop(0.01)],
];

describe.each(['wasm', 'cpu'])('products with the move that the optimizer really made, on %s', (backend) => {
  beforeEach(() => tf.setBackend(backend));

  test.each(optimizers)('%s', async (_, make) => {
    const one = net();
    const start = valuesOf(one);
    const optimizer = make();
    const references = Array.from({ length: STEPS }, () => {
      const before = valuesOf(one).flat();
      const { gradients } = expected(one);
      step(one, optimizer, (p) => p);
      const move = valuesOf(one)
        .flat()
        .map((value, i) => value - before[i]!);
      return { along: gradients.map((gradient) => -dot(gradient, move)), norm: Math.sqrt(dot(move, move)), before };
    });
    restore(one, start);
    const { steps, coverage } = await watchLoop(one, { make, numSteps: STEPS, schedule: () => true });
    expect(coverage).toBe(1);
    expect(steps.length).toBeGreaterThan(STEPS / 2);
    for (const { step: at, gradients, update } of steps) {
      const { along, norm, before } = references[at]!;
      const wanted = Array.from(gradients.present, (c) => along[c]!);
      expect(distance(gradients.alongUpdate!, wanted), `step ${at}`).toBeLessThan(1e-4);
      expect(update!.updateNorm! / norm).toBeCloseTo(1, 4);
      expect(update!.measuredUpdateNorm! / norm).toBeCloseTo(1, 4);
      expect(update!.weightNorm! / Math.sqrt(dot(before, before))).toBeCloseTo(1, 5);
    }
  });

  test('only where the schedule says so', async () => {
    const { steps } = await watchLoop(net(), { numSteps: STEPS, schedule: (at) => at === 2 });
    const compared = steps.filter(({ gradients }) => gradients.alongUpdate !== null).map((one) => one.step);
    expect(compared.filter((at) => at !== 0 && at !== 2)).toEqual([]);
    expect(steps[0]!.update!.updateNorm).not.toBeNull();
    expect(steps[1]!.update!.updateNorm).toBeNull();
    expect(steps[1]!.update!.gradientNorm).toBeGreaterThan(0);
  });
});

describe.each(['wasm', 'cpu'])('tensors, on %s', (backend) => {
  beforeEach(() => tf.setBackend(backend));
  afterEach(wasm);

  test.each([
    ['every step kept for the update', () => true],
    ['every third', (at: number) => at % 3 === 0],
  ])('are as many after each step as before it: %s', async (_, schedule) => {
    const optimizer = tf.train.adam(0.01);
    const labels = [...LABELS, 9, -1];
    const penalty = () => tf.mul(0.1, tf.sum(tf.square(one.weights[0]!))) as tf.Scalar;
    const one: RawNet = { ...net(labels), penalty };
    step(one, optimizer, (p) => p);
    const before = tf.memory().numTensors;
    const options = { optimizer, numClasses: CLASSES, outputs: 'logits' as const, schedule };
    const { recording, steps } = await watched(null, options);
    for (let at = 0; at < 9; at++) {
      await pause();
      step(one, optimizer, (p, y) => recording.monitor.observe(p, y));
      expect(tf.memory().numTensors, `after step ${at}`).toBe(before);
    }
    expect(steps.length).toBeGreaterThan(3);
    await recording.monitor.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});
