import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { watched } from '../../support/class-gradients-of.ts';
import {
  gradientOfLoss,
  losses,
  type RawNet,
  restore,
  step,
  values,
  valuesOf,
  weight,
} from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const CLASSES = 3;
const RATE = 0.1;
/** The first two passes of a plan are checked by the norm: it is read there, and told from the class gradients later. */
const STEPS = 5;

function net(labels: readonly number[] = [0, 1, 0, 2, 0, 1]): RawNet {
  const [first, last] = [weight('first', [5, 6], 1), weight('last', [6, CLASSES], 2)];
  const x = values([labels.length, 5], 3);
  const logits = () => tf.matMul(tf.tanh(tf.matMul(x, first)), last) as tf.Tensor2D;
  return { labels, classes: CLASSES, weights: [first, last], logits };
}

type Turn = (gradients: tf.NamedTensorMap) => tf.NamedTensorMap;
const asTheyCome: Turn = (gradients) => gradients;
const halved: Turn = (gradients) =>
  Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, 0.5)]));
const withoutTheLast: Turn = (gradients) => Object.fromEntries(Object.entries(gradients).slice(0, -1));

/** Norms by the monitor, and by how far plain gradient descent moved the weights. */
async function norms(one: RawNet, turn: Turn, schedule: (step: number) => boolean): Promise<[number[], number[]]> {
  const optimizer = tf.train.sgd(RATE);
  const options = { optimizer, numClasses: CLASSES, outputs: 'logits' as const, budget: 1, schedule };
  const { recording, steps } = await watched(null, options);
  const labels = tf.tensor1d([...one.labels], 'int32');
  const wanted: number[] = [];
  for (let at = 0; at < STEPS; at++) {
    const before = valuesOf(one).flat();
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const z = one.logits();
        recording.monitor.observe(z, labels);
        const loss = tf.mean(losses(one, z)) as tf.Scalar;
        return one.penalty === undefined ? loss : (tf.add(loss, one.penalty()) as tf.Scalar);
      }, [...one.weights]);
      optimizer.applyGradients(turn(grads));
    });
    const squares = valuesOf(one)
      .flat()
      .map((value, i) => ((value - before[i]!) / RATE) ** 2);
    wanted.push(Math.sqrt(squares.reduce((sum, square) => sum + square, 0)));
  }
  await recording.monitor.close();
  labels.dispose();
  return [steps.map(({ update }) => update!.gradientNorm!), wanted];
}

beforeEach(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

describe.each(['wasm', 'cpu'])(
  'the norm of the gradient is that of what the optimizer gets, at every step, on %s',
  (backend) => {
    beforeEach(() => tf.setBackend(backend));
    afterEach(wasm);

    const penalised = (): RawNet => {
      const one = net();
      return { ...one, penalty: () => tf.mul(0.3, tf.sum(tf.square(one.weights[0]!))) as tf.Scalar };
    };
    test.each<[string, () => RawNet, Turn]>([
      ['as it comes', net, asTheyCome],
      ['with examples of no class', () => net([0, 1, 9, 2, -1, 1]), asTheyCome],
      ['with a penalty on the weights', penalised, asTheyCome],
      ['scaled on the way', net, halved],
      ['of which some is left out', net, withoutTheLast],
    ])('%s', async (_, make, turn) => {
      for (const schedule of [() => true, (step: number) => step === 0]) {
        const [got, wanted] = await norms(make(), turn, schedule);
        expect(got).toHaveLength(STEPS);
        got.forEach((norm, step) => {
          expect(norm / wanted[step]!, `step ${step}`).toBeCloseTo(1, 4);
        });
      }
    });
  },
);

test('also where the gradients of the classes cancel, as training converges', async () => {
  await tf.setBackend('wasm');
  const labels = Array.from({ length: 120 }, (_, i) => (i * i) % 3);
  const last = weight('only', [4, CLASSES], 5);
  const x = values([labels.length, 4], 6);
  const one: RawNet = { labels, classes: CLASSES, weights: [last], logits: () => tf.matMul(x, last) as tf.Tensor2D };
  const optimizer = tf.train.sgd(3);
  const { recording, steps } = await watched(null, { optimizer, numClasses: CLASSES, outputs: 'logits', budget: 1 });
  const states: number[][][] = [];
  for (let at = 0; at < 150; at++) {
    states.push(valuesOf(one));
    step(one, optimizer, (p, y) => recording.monitor.observe(p, y));
  }
  await recording.monitor.close();
  const wanted = states.map((state) => {
    restore(one, state);
    return Math.hypot(...gradientOfLoss(one));
  });
  const { gradients } = steps.at(-1)!;
  // Whether they do.
  expect(Math.sqrt(gradients.gram[0]!) / wanted.at(-1)!).toBeGreaterThan(1000);
  expect(steps).toHaveLength(150);
  for (const { step: at, update } of steps) {
    // Both are float32: what cancels between the examples is rounded, too.
    expect(Math.abs(update!.gradientNorm! / wanted[at]! - 1), `step ${at}`).toBeLessThan(0.01);
  }
});
