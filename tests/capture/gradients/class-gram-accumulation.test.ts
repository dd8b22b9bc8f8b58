import { beforeEach, describe, expect, test } from 'vitest';
import { fullGram, type Seen, watched } from '../../support/class-gradients-of.ts';
import { classGradientsByPasses, type PassReference } from '../../support/masked-passes.ts';
import {
  distance,
  listening,
  losses,
  pause,
  product,
  type RawNet,
  restore,
  values,
  valuesOf,
  weight,
} from '../../support/raw-loop.ts';
import { recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const CLASSES = 4;
/** No batch alone holds what the step holds. */
const BATCHES = [
  [0, 1, 0, 0, 2],
  [0, 0, 1],
  [2, 0, 2, 1],
];

/** The same two layers over one batch each. */
function batchesOf(labels: readonly (readonly number[])[]): RawNet[] {
  const [first, bias, last] = [weight('first', [5, 6], 1), weight('bias', [6], 2), weight('last', [6, CLASSES], 3)];
  return labels.map((own, i) => {
    const x = values([own.length, 5], 10 + i);
    const logits = () => product(tf.tanh(tf.add(product(x, first), bias)), last);
    return { labels: own, classes: CLASSES, weights: [first, bias, last], logits };
  });
}

/** What the sum of the mean losses of all batches should come to: as one batch of all examples. */
function joined(batches: readonly RawNet[]): PassReference {
  const labels = batches.flatMap((one) => one.labels);
  const each = () => tf.concat(batches.map((one) => tf.mul(losses(one), labels.length / one.labels.length)));
  return classGradientsByPasses({ weights: batches[0]!.weights, classes: CLASSES, labels, losses: each });
}

type Observe = (p: tf.Tensor, y: tf.Tensor) => tf.Tensor;
type Pass = (one: RawNet, observe: Observe) => tf.NamedTensorMap;

const gradientsOf: Pass = (one, observe) => {
  const labels = tf.tensor1d([...one.labels], 'int32');
  const { value, grads } = tf.variableGrads(() => {
    const z = one.logits();
    observe(z, labels);
    return tf.mean(losses(one, z)) as tf.Scalar;
  }, [...one.weights]);
  tf.dispose([value, labels]);
  return grads;
};

/** One update by the sum of the gradients of several passes. */
function update(optimizer: tf.Optimizer, passes: readonly tf.NamedTensorMap[]): void {
  const names = new Set(passes.flatMap((pass) => Object.keys(pass)));
  const sums = Object.fromEntries(
    [...names].map((name) => [name, tf.addN(passes.map((pass) => pass[name]).filter((one) => one !== undefined))]),
  );
  optimizer.applyGradients(sums);
  tf.dispose([...passes, sums]);
}

interface Course extends Seen {
  readonly references: readonly PassReference[];
  readonly sentences: readonly string[];
}

/** Takes one step per turn, once with nobody looking and once under a monitor: the weights end up the same. */
async function follow(turns: readonly (readonly RawNet[])[], pass: Pass = gradientsOf, options = {}): Promise<Course> {
  const one = turns[0]![0]!;
  const start = valuesOf(one);
  const alone = tf.train.sgd(0.1);
  const references = turns.map((turn) => {
    const reference = joined(turn);
    update(
      alone,
      turn.map((each) => pass(each, (p) => p)),
    );
    return reference;
  });
  const end = valuesOf(one);
  restore(one, start);
  const optimizer = tf.train.sgd(0.1);
  const [seen, sentences] = await listening(async () => {
    const seen = await watched(null, { optimizer, numClasses: CLASSES, outputs: 'logits', ...options });
    const { monitor } = seen.recording;
    for (const turn of turns) {
      await pause(40);
      update(
        optimizer,
        turn.map((each) => pass(each, (p, y) => monitor.observe(p, y))),
      );
    }
    await monitor.close();
    return seen;
  });
  expect(valuesOf(one)).toEqual(end);
  return { ...seen, references, sentences };
}

/** Says whether the step was measured; if so, it must be as the joined batch. */
function isRight({ steps, references }: Course, step: number, turn: readonly RawNet[]): boolean {
  const gradients = steps.find((one) => one.step === step)?.gradients;
  if (gradients === undefined) return false;
  const reference = references[step]!;
  const labels = turn.flatMap((one) => one.labels);
  const pick = (of: readonly number[]) => Array.from(gradients.present, (c) => of[c]!);
  const counts = pick([...Array(CLASSES).keys()].map((c) => labels.filter((label) => label === c).length));
  expect(Array.from(gradients.counts)).toEqual(counts);
  expect(distance(fullGram(gradients, CLASSES), reference.gram)).toBeLessThan(5e-6);
  expect(distance([...gradients.along, gradients.total], [...pick(reference.along), reference.total])).toBeLessThan(
    5e-6,
  );
  expect(distance(gradients.squares!, pick(reference.squares))).toBeLessThan(5e-6);
  return true;
}

const measured = (course: Course, turns: readonly (readonly RawNet[])[]) =>
  turns.map((turn, step) => isRight(course, step, turn));

describe.each(['wasm', 'cpu'])('gradients of several batches added up before an update, on %s', (backend) => {
  beforeEach(async () => {
    await wasm();
    await tf.setBackend(backend);
  });

  test.each([2, 3])('%i of them: not measured at the first such step, then as the joined batch', async (count) => {
    const turns = Array(5).fill(batchesOf(BATCHES.slice(0, count))) as RawNet[][];
    const course = await follow(turns);
    expect(measured(course, turns)).toEqual([false, true, true, true, true]);
    expect(course.recording.monitor.coverage).toBe(1);
    expect(course.sentences).toEqual([]);
  });

  test('their products with the update are those with the sum of what they say', async () => {
    const turns = Array(3).fill(batchesOf(BATCHES)) as RawNet[][];
    const course = await follow(turns, gradientsOf, { schedule: () => true });
    const { gradients } = course.steps.find(({ step }) => step === 2)!;
    // One step of gradient descent at rate 0.1.
    expect(
      distance(
        gradients.alongUpdate!,
        gradients.along.map((value) => 0.1 * value),
      ),
    ).toBeLessThan(1e-4);
  });

  test('a single batch in between is measured, and so are several after it', async () => {
    const batches = batchesOf(BATCHES);
    const turns = [batches, batches, batches.slice(1, 2), batches.slice(0, 1), batches, batches];
    expect(measured(await follow(turns), turns)).toEqual([false, true, true, true, true, true]);
  });

  test('a pass that shows no labels makes its step one that is not measured', async () => {
    const batches = batchesOf(BATCHES.slice(0, 2));
    const turns = [batches, batches, batches];
    let passes = 0;
    const shy: Pass = (one, observe) => gradientsOf(one, ++passes % 2 === 0 ? (p) => p : observe);
    const course = await follow(turns, shy);
    expect(measured(course, turns)).toEqual([false, false, false]);
    expect(course.sentences).toEqual([
      'classwatch: No labels seen: wrap the predictions in monitor.observe(predictions, labels) inside the loss function.',
    ]);
  });

  test('passes over different weights are not added up, and a sentence says so once', async () => {
    const batches = batchesOf(BATCHES.slice(0, 2));
    const [one, other] = batches as [RawNet, RawNet];
    const [first, bias, last] = one.weights as [tf.Variable, tf.Variable, tf.Variable];
    const parts = [
      { ...one, weights: [first, bias] },
      { ...other, weights: [last] },
    ];
    const turns = [batches, parts, parts, parts, batches, batches];
    const course = await follow(turns);
    expect(measured(course, turns)).toEqual([false, false, false, false, true, true]);
    expect(course.sentences).toHaveLength(1);
    expect(course.sentences[0]).toMatch(
      /^classwatch: Expected all backward passes of a step to use the same weights alike, got passes that differ/,
    );
  });

  test('a pass that throws half way is not counted, and what it left does not count either', async () => {
    const batches = batchesOf(BATCHES.slice(0, 2));
    const turns = Array(5).fill(batches) as RawNet[][];
    let passes = 0;
    let isBroken = false;
    const fragile = tf.customGrad((...inputs) => ({
      value: (inputs[0] as tf.Tensor).clone(),
      gradFunc: (dy: tf.Tensor | tf.Tensor[]) => {
        if (isBroken) throw new Error('mine');
        return dy as tf.Tensor;
      },
    }));
    const retried: Pass = (one, observe) => {
      // Behind the last layer's gradient, before the first one's.
      const [first, bias, last] = one.weights as [tf.Variable, tf.Variable, tf.Variable];
      const x = values([one.labels.length, 5], 10 + batches.indexOf(one));
      const logits = () => product(fragile(tf.tanh(tf.add(product(x, first), bias))), last);
      isBroken = passes++ === 6;
      if (isBroken) expect(() => gradientsOf({ ...one, logits }, observe)).toThrow('mine');
      isBroken = false;
      return gradientsOf({ ...one, logits }, observe);
    };
    // The seventh pass is the first one of step 3.
    const course = await follow(turns, (one, observe) => {
      if (passes === 10) passes = 0;
      return retried(one, observe);
    });
    expect(measured(course, turns)).toEqual([false, true, true, false, true]);
  });
});

describe.each(['wasm', 'cpu'])('the norm of the gradient, on %s', (backend) => {
  beforeEach(async () => {
    await wasm();
    await tf.setBackend(backend);
  });

  type Given = tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[];
  const forms: [string, number, (sums: tf.NamedTensorMap) => Given][] = [1, 3].flatMap((passes) => [
    ['by name', passes, (sums) => sums],
    ['as a list', passes, (sums) => Object.entries(sums).map(([name, tensor]) => ({ name, tensor }))],
  ]);
  test.each(forms)(
    'is that of what the optimizer got: %s, out of %i passes, scaled by the loop',
    async (_, count, form) => {
      const batches = batchesOf(BATCHES.slice(0, count));
      const optimizer = tf.train.sgd(0.1);
      const { monitor, of } = await recording(tf, null, {
        optimizer,
        numClasses: CLASSES,
        outputs: 'logits',
        budget: 1,
      });
      const expected: number[] = [];
      const before = tf.memory().numTensors;
      for (let step = 0; step < 3; step++) {
        const passes = batches.map((one) => gradientsOf(one, (p, y) => monitor.observe(p, y)));
        const sums = Object.fromEntries(
          Object.keys(passes[0]!).map((name) => [
            name,
            tf.tidy(() => tf.mul(0.5, tf.addN(passes.map((g) => g[name]!)))),
          ]),
        );
        const all = Object.values(sums).flatMap((sum) => [...sum.dataSync()]);
        expected.push(Math.sqrt(all.reduce((total, value) => total + value * value, 0)));
        optimizer.applyGradients(form(sums));
        tf.dispose([...passes, sums]);
      }
      await monitor.close();
      expect(tf.memory().numTensors).toBe(before);
      const norms = of('model/gradient-norm');
      expect(norms.map(({ step }) => step)).toEqual([0, 1, 2]);
      expect(
        distance(
          norms.map(({ values }) => values[0]!),
          expected,
        ),
      ).toBeLessThan(1e-5);
    },
  );
});

describe('whatever computes the gradients of a step', () => {
  beforeEach(wasm);

  const ways: [string, Pass | null][] = [
    ['tf.variableGrads', gradientsOf],
    ['optimizer.computeGradients', null],
  ];
  test.each(ways)('%s and applyGradients', async (_, way) => {
    const turns = Array(3).fill(batchesOf(BATCHES.slice(0, 1))) as RawNet[][];
    const optimizer = tf.train.sgd(0.1);
    const compute: Pass = (one, observe) => {
      const labels = tf.tensor1d([...one.labels], 'int32');
      const lossOf = () => {
        const z = one.logits();
        observe(z, labels);
        return tf.mean(losses(one, z)) as tf.Scalar;
      };
      const { value, grads } = optimizer.computeGradients(lossOf, [...one.weights]);
      tf.dispose([value, labels]);
      return grads;
    };
    expect(measured(await follow(turns, way ?? compute), turns)).toEqual([true, true, true]);
  });

  test('gradients that no update comes for leave nothing behind after close', async () => {
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const [one] = batchesOf(BATCHES);
      const optimizer = tf.train.sgd(0.1);
      const before = tf.memory().numTensors;
      const { recording } = await watched(null, { optimizer, numClasses: CLASSES, outputs: 'logits' });
      tf.dispose(gradientsOf(one!, (p, y) => recording.monitor.observe(p, y)));
      await recording.monitor.close();
      expect(tf.memory().numTensors, backend).toBe(before);
    }
  });
});
