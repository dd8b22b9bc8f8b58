import { describe, expect, test } from 'vitest';
import { fullGram, type Seen, watched } from '../../support/class-gradients-of.ts';
import {
  distance,
  expected,
  listening,
  losses,
  product,
  type RawNet,
  restore,
  values,
  valuesOf,
  weight,
} from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const CLASSES = 3;
const [ONE, OTHER] = [
  [0, 1, 0, 2, 2, 1],
  [1, 1, 0, 2],
];

/** One network, and two batches for it. */
function nets(): [one: RawNet, other: RawNet] {
  const weights = [weight('first', [5, 6], 1), weight('bias', [6], 2), weight('last', [6, CLASSES], 3)];
  const net = (labels: number[], i: number): RawNet => {
    const x = values([labels.length, 5], 10 + i);
    const logits = () => product(tf.tanh(tf.add(product(x, weights[0]!), weights[1]!)), weights[2]!);
    return { labels, classes: CLASSES, weights, logits };
  };
  return [net(ONE, 0), net(OTHER, 1)];
}

type Observe = (p: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** The mean loss of a batch. */
function lossOf(net: RawNet, observe: Observe): () => tf.Scalar {
  return () => {
    const z = net.logits();
    observe(z, tf.tensor1d([...net.labels], 'int32'));
    return tf.mean(losses(net, z)) as tf.Scalar;
  };
}

const gradientsOf = (net: RawNet, observe: Observe = (p) => p) =>
  tf.tidy(() => tf.variableGrads(lossOf(net, observe), [...net.weights]).grads);

/** Makes one update; says what trains right before it. */
type Step = (optimizer: tf.Optimizer, observe: Observe, ready: (net: RawNet) => void) => void;

interface Course extends Seen {
  readonly sentences: readonly string[];
  readonly references: readonly (ReturnType<typeof expected> & { readonly loss: number; readonly examples: number })[];
}

/** The steps in turn, once with nobody looking and once under a monitor: the weights end up the same. */
async function follow(net: RawNet, steps: readonly Step[]): Promise<Course> {
  const start = valuesOf(net);
  const references: Course['references'][number][] = [];
  const alone = tf.train.sgd(0.05);
  for (const step of steps) {
    step(
      alone,
      (p) => p,
      (trains) => {
        const loss = tf.tidy(() => tf.mean(losses(trains)).dataSync()[0]!);
        references.push({ ...expected(trains), loss, examples: trains.labels.length });
      },
    );
  }
  const end = valuesOf(net);
  restore(net, start);
  const optimizer = tf.train.sgd(0.05);
  const [seen, sentences] = await listening(async () => {
    const seen = await watched(null, { optimizer, numClasses: CLASSES, outputs: 'logits' });
    const { monitor } = seen.recording;
    for (const step of steps)
      step(
        optimizer,
        (p, y) => monitor.observe(p, y),
        () => {},
      );
    await monitor.close();
    return seen;
  });
  expect(valuesOf(net)).toEqual(end);
  return { ...seen, sentences, references };
}

/** Steps whose figures were measured; each of them must be right. */
function measured({ steps, references }: Course): number[] {
  return steps.map(({ step, gradients }) => {
    const { gram, total } = references[step]!;
    expect(distance(fullGram(gradients, CLASSES), gram), `Gram of step ${step}`).toBeLessThan(5e-6);
    expect(distance([gradients.total], [total])).toBeLessThan(5e-6);
    expect(gradients.counts.reduce((sum, n) => sum + n, 0)).toBe(references[step]!.examples);
    return step;
  });
}

/** What was recorded of the batches: one loss per step, that of what trains. */
function expectLosses({ recording, references }: Course): void {
  const seen = recording.of('train/loss').map(({ values: [loss] }) => loss!);
  expect(
    distance(
      seen,
      references.map(({ loss }) => loss),
    ),
  ).toBeLessThan(1e-6);
}

const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

function minimize(net: RawNet): Step {
  return (optimizer, observe, ready) => {
    ready(net);
    optimizer.minimize(lossOf(net, observe), false, [...net.weights]);
  };
}

/** A gradient that is looked at and thrown away, then a step. */
function looked(net: RawNet, other: RawNet, isLabelled = true): Step {
  return (optimizer, observe, ready) => {
    tf.dispose(gradientsOf(other, isLabelled ? observe : undefined));
    minimize(net)(optimizer, observe, ready);
  };
}

/** Sharpness-aware minimisation: the gradient a little uphill moves the weights. */
function sharp(net: RawNet): Step {
  return (optimizer, observe, ready) => {
    const first = gradientsOf(net, observe);
    for (const one of net.weights) tf.tidy(() => void one.assign(tf.add(one, tf.mul(first[one.name]!, 0.1))));
    ready(net);
    const second = gradientsOf(net, observe);
    optimizer.applyGradients(second);
    tf.dispose([first, second]);
  };
}

function accumulated(one: RawNet, other: RawNet): Step {
  const labels = [...one.labels, ...other.labels];
  const logits = () => tf.concat([one.logits(), other.logits()]) as tf.Tensor2D;
  const shares = [one, other].flatMap((net) => net.labels.map(() => labels.length / net.labels.length));
  const scaled = (each: tf.Tensor) => tf.mul(each, shares);
  return (optimizer, observe, ready) => {
    ready({ ...one, labels, logits, scaled });
    const all = [one, other].map((net) => gradientsOf(net, observe));
    const sums = Object.fromEntries(Object.keys(all[0]!).map((name) => [name, tf.addN(all.map((of) => of[name]!))]));
    optimizer.applyGradients(sums);
    tf.dispose([...all, sums]);
  };
}

describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  test.each([
    ['a gradient that is thrown away', ([one, other]: [RawNet, RawNet]) => looked(one, other)],
    ['a gradient without labels that is thrown away', ([one, other]: [RawNet, RawNet]) => looked(one, other, false)],
    ['the first of two gradients of which the second makes the update', ([one]: [RawNet, RawNet]) => sharp(one)],
  ])('%s is no part of the step', async (_, stepOf) => {
    await start(backend);
    const both = nets();
    const course = await follow(both[0], times(5, stepOf(both)));
    // At step 0 nobody knows what will become of the first.
    expect(measured(course)).toEqual([1, 2, 3, 4]);
    expectLosses(course);
    expect(course.sentences).toEqual([]);
    tf.dispose(both[0].weights as tf.Variable[]);
  });

  test('a gradient thrown away now and then costs the first such step', async () => {
    await start(backend);
    const both = nets();
    const plain = minimize(both[0]);
    const course = await follow(both[0], [
      ...times(2, plain),
      looked(...both),
      ...times(2, plain),
      looked(...both),
      plain,
    ]);
    expect(measured(course)).toEqual([0, 1, 3, 4, 5, 6]);
    tf.dispose(both[0].weights as tf.Variable[]);
  });

  test('training may change from one kind to the other: a step each time', async () => {
    await start(backend);
    const both = nets();
    const kinds = [looked(...both), accumulated(...both), sharp(both[0])];
    const course = await follow(
      both[0],
      kinds.flatMap((kind) => times(3, kind)),
    );
    expect(measured(course)).toEqual([1, 2, 4, 5, 7, 8]);
    tf.dispose(both[0].weights as tf.Variable[]);
  });
});

test('a step of another kind, whose examples can not be followed, costs nothing but itself', async () => {
  await start('wasm');
  const [one] = nets();
  const odd: Step = (optimizer, observe, ready) => {
    ready(one);
    const loss = () => {
      const z = one.logits();
      observe(tf.slice(z, [0, 0], [3, CLASSES]), tf.tensor1d(one.labels.slice(0, 3), 'int32'));
      return tf.mean(losses(one, z)) as tf.Scalar;
    };
    optimizer.minimize(loss, false, [...one.weights]);
  };
  const plain = minimize(one);
  const course = await follow(one, [plain, odd, plain, odd, plain]);
  expect(measured(course)).toEqual([0, 2, 4]);
  expect(course.sentences.length).toBeGreaterThan(0);
  expect(new Set(course.sentences).size).toBe(course.sentences.length);
  tf.dispose(one.weights as tf.Variable[]);
});

async function start(backend: 'wasm' | 'cpu'): Promise<void> {
  if (backend === 'wasm') return void (await wasm());
  await tf.setBackend('cpu');
}
