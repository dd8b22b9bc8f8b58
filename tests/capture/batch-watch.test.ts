import { beforeAll, describe, expect, test, vi } from 'vitest';
import { BatchWatch } from '../../src/capture/batch-watch.ts';
import { ClassGram } from '../../src/capture/gradients/class-gram.ts';
import type { ShownRecord } from '../../src/journal.ts';
import { defineMetric } from '../../src/metric.ts';
import { classGradients } from '../../src/suite.ts';
import type { ModelLike } from '../../src/tf.ts';
import { type Recording, recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { type Blobs, blobs, net, weightsOf } from '../support/toys.ts';

const COUNTS = [12, 8, 4];
const FIRST = 200;
const STEPS = 420;

let batches: Blobs[];
beforeAll(async () => {
  await wasm();
  batches = [1, 2, 3].map((seed) => blobs(COUNTS, 8, seed));
  return () => tf.dispose(batches.map(({ xs, ys }) => [xs, ys]));
});

function model(): tf.Sequential {
  const made = net(COUNTS.length, 8);
  made.compile({ optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy' });
  return made;
}

const watchedBy = (of: tf.LayersModel, budget: number, evaluatedAt: (step: number) => boolean) =>
  recording(tf, of as ModelLike, { budget, schedule: evaluatedAt });

async function train(models: readonly tf.LayersModel[], steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const { xs, ys } = batches[step % batches.length]!;
    for (const one of models) await one.trainOnBatch(xs, ys);
  }
}

const stepsOf = (of: Recording, name: string) => of.of(name).map(({ step }) => step);
const valuesAt = (of: Recording, name: string) => new Map(of.of(name).map(({ step, values }) => [step, values]));

describe('where a look at each batch would take more than the budget', () => {
  const due = (step: number) => step % 100 === 0;
  let [thrifty, lavish, plain]: tf.Sequential[] = [];
  let [seen, all]: Recording[] = [];
  beforeAll(async () => {
    [thrifty, lavish, plain] = [model(), model(), model()];
    [seen, all] = [await watchedBy(thrifty, 1e-4, due), await watchedBy(lavish, 1, due)];
    await train([thrifty, lavish, plain], STEPS);
    await seen.monitor.close();
    await all.monitor.close();
  });

  test('batches are left out, but none of the first 200', () => {
    const steps = stepsOf(seen!, 'train/class-loss');
    expect(steps.filter((step) => step < FIRST)).toEqual(Array.from({ length: FIRST }, (_, i) => i));
    expect(steps.length).toBeLessThan(FIRST + 60);
    expect(stepsOf(all!, 'train/class-loss')).toHaveLength(STEPS);
  });

  test('a batch is looked at whenever the schedule or the class gradients ask for it', () => {
    const steps = stepsOf(seen!, 'train/support');
    expect(steps).toEqual(expect.arrayContaining([0, 100, 200, 300, 400]));
    expect(steps).toEqual(expect.arrayContaining(stepsOf(seen!, 'train/class-grad-norm')));
  });

  test.each(['train/loss', 'train/class-loss', 'train/class-recall', 'train/support'])(
    'what is recorded of %s is what is recorded without such a bound',
    (name) => {
      const expected = valuesAt(all!, name);
      for (const { step, values } of seen!.of(name)) expect(values).toEqual(expected.get(step));
    },
  );

  test('the page is told: monitor/batch-interval', () => {
    expect(seen!.of('monitor/batch-interval')[0]!.values).toEqual([1]);
    expect(seen!.of('monitor/batch-interval').at(-1)!.values[0]).toBeGreaterThan(1);
    for (const { values } of all!.of('monitor/batch-interval')) expect(values).toEqual([1]);
  });

  test('nobody is told that labels are missing, and the weights are those without a monitor', () => {
    expect(seen!.of('monitor/dropped').at(-1)!.values).toEqual([0]);
    expect(weightsOf(thrifty!)).toEqual(weightsOf(plain!));
    expect(weightsOf(lavish!)).toEqual(weightsOf(plain!));
  });
});

test('class gradients alone have the batches read that they are measured of, and the first 200', async () => {
  const watched = model();
  const read: number[] = [];
  const count = defineMetric({
    ...{ id: 'read', help: 'Counts what was read.', axes: [], streams: ['train'], cadence: 'step', part: 'gradients' },
    panels: [],
    measure({ step, examples, gradients }) {
      if (examples !== null) read.push(step);
      return gradients === null ? null : 1;
    },
  });
  const records: ShownRecord[] = [];
  const onRecord = (record: ShownRecord) => records.push(record);
  const [callback] = classGradients(tf, { budget: 0.02, metrics: [count], onRecord });
  const xs = tf.concat(Array.from({ length: 20 }, (_, i) => batches[i % batches.length]!.xs));
  const ys = tf.concat(Array.from({ length: 20 }, (_, i) => batches[i % batches.length]!.ys));
  await watched.fit(xs, ys, { batchSize: 24, epochs: 20, shuffle: false, verbose: 0, callbacks: callback as never });
  const measured = records.filter((record) => record.kind === 'measurement' && record.metric === 'read');
  expect(read.slice(0, FIRST)).toEqual(Array.from({ length: FIRST }, (_, i) => i));
  expect(read.slice(FIRST)).toEqual(measured.map(({ step }) => step).filter((step) => step >= FIRST));
  expect(measured.length).toBeGreaterThan(2);
  expect(records.filter((record) => record.kind === 'metric').map(({ body }) => body.id)).not.toContain(
    'batch-interval',
  );
  tf.dispose([xs, ys]);
});

describe('in a hand-written loop, where features are not to be found, batches are left out just as well', () => {
  test.each([
    ['with labels', true],
    ['without labels', false],
  ])('%s', async (_, isLabelled) => {
    const watched = model();
    const optimizer = tf.train.sgd(0.05);
    const seen = await recording(tf, watched as ModelLike, { budget: 1e-4, schedule: (step) => step === 0, optimizer });
    const { xs, ys } = batches[0]!;
    for (let step = 0; step < STEPS; step++) {
      optimizer.minimize(() => {
        const guessed = watched.apply(xs, { training: true }) as tf.Tensor;
        if (isLabelled) seen.monitor.observe(guessed, ys);
        return tf.losses.softmaxCrossEntropy(ys, guessed) as tf.Scalar;
      });
    }
    await seen.monitor.close();
    const steps = stepsOf(seen, 'train/loss');
    expect(steps.slice(0, FIRST)).toEqual(Array.from({ length: FIRST }, (_, i) => i));
    expect(steps.length).toBeLessThan(FIRST + 60);
  });
});

test('a step that something throws at the end of is left out, and its batch is not taken for one of the next', async () => {
  const watched = model();
  const seen = await watchedBy(watched, 1, () => false);
  const take = vi.spyOn(ClassGram.prototype, 'take');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await train([watched], 4);
  take.mockImplementationOnce(() => {
    throw new Error('not today');
  });
  await train([watched], 3);
  await seen.monitor.close();
  expect(stepsOf(seen, 'train/support')).toEqual([0, 1, 2, 3, 5, 6]);
  for (const { values } of seen.of('train/support')) expect(values).toEqual(COUNTS);
  expect(warn).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});

test('an error when the step is over never reaches training', async () => {
  const [watched, plain] = [model(), model()];
  const seen = await watchedBy(watched, 1, () => false);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await train([watched, plain], 2);
  vi.spyOn(BatchWatch.prototype, 'end').mockImplementationOnce(() => {
    throw new Error('not today');
  });
  await train([watched, plain], 3);
  await seen.monitor.close();
  expect(weightsOf(watched)).toEqual(weightsOf(plain));
  expect(stepsOf(seen, 'train/support')).toEqual([0, 1, 2, 3, 4]);
  expect(warn).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});
