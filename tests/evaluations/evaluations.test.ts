import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { everyStep } from '../../src/schedule.ts';
import { classMetrics } from '../../src/suite.ts';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);
let told: unknown[] = [];
beforeEach(() => {
  told = [];
  vi.spyOn(console, 'warn').mockImplementation((line) => void told.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const now = performance.now.bind(performance);

/** A run of 100 steps whose clock says that each evaluation of the probe took `milliseconds`. */
async function run(milliseconds: number, options: object = {}, endsEpochAfter = Number.NaN) {
  let late = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + late);
  const { xs, ys } = blobs([10, 10, 10]);
  const model = net(3, 8);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const predict = model.predict.bind(model);
  vi.spyOn(model, 'predict').mockImplementation((...given) => {
    late += milliseconds;
    return predict(...given);
  });
  const { monitor, of } = await recording(tf, model, { probe: { xs, ys }, survey: false, ...options });
  for (let step = 0; step < 100; step++) {
    await model.trainOnBatch(xs, ys);
    if (step + 1 === endsEpochAfter) monitor.endEpoch();
  }
  await monitor.close();
  const evaluated = of('probe/loss').map(({ step }) => step);
  const classifier = of('model/classifier-norm').map(({ step }) => step);
  return { evaluated, classifier, skipped: of('monitor/skipped-evaluations').map(({ values }) => values[0]) };
}

describe('evaluations by the schedule', () => {
  test('are all made where they are short', async () => {
    const { evaluated, skipped } = await run(1);
    expect(evaluated.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(skipped)).toEqual(new Set([0]));
    expect(told).toEqual([]);
  });

  test('are left out where they would take more than two seconds and their share of the budget; that is counted', async () => {
    const { evaluated, classifier, skipped } = await run(900);
    // The third begins while something is left, and the end of the run has its own.
    expect(evaluated).toEqual([0, 1, 2, 100]);
    expect(skipped.at(-1)).toBeGreaterThan(10);
    // The classifier costs little.
    expect(classifier).toHaveLength(evaluated.length + skipped.at(-1)!);
    expect(told).toEqual([]);
  });

  test('at the end of an epoch are made whatever they cost', async () => {
    expect((await run(900, {}, 50)).evaluated).toEqual([0, 1, 2, 50, 100]);
  });

  test('of a schedule of the user, and with a budget of 1, are never left out', async () => {
    expect((await run(900, { schedule: everyStep() })).evaluated).toHaveLength(101);
    expect((await run(900, { budget: 1 })).evaluated.length).toBeGreaterThan(20);
    expect(told).toEqual([]);
  });
});

test('of 600 classes NC1 waits for the end of the run, also where an epoch ended at the same step', async () => {
  const { xs, ys } = blobs(Array<number>(600).fill(2));
  const model = net(600, 8);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const { monitor, of } = await recording(tf, model, { probe: { xs, ys }, survey: false });
  for (let step = 0; step < 3; step++) {
    await model.trainOnBatch(xs, ys);
    monitor.endEpoch();
  }
  expect(of('probe/nc1').filter(({ values }) => values[0] !== null)).toEqual([]);
  expect(of('probe/cdnv').map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  await monitor.close();
  expect(of('probe/nc1').map(({ step, values }) => [step, values[0]! > 0])).toEqual([[3, true]]);
  expect(told).toEqual([]);
});

describe('a model without a classifier', () => {
  const binary = () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [8] })] });
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    return model;
  };

  test('is told of, once', async () => {
    const { xs, ys } = blobs([20, 20]);
    const labels = tf.argMax(ys, 1).expandDims(1).toFloat();
    const model = binary();
    const { monitor, of } = await recording(tf, model, { numClasses: 2, probe: { xs, ys: labels }, survey: false });
    for (let step = 0; step < 5; step++) await model.trainOnBatch(xs, labels);
    await monitor.close();
    expect(of('probe/class-recall').length).toBeGreaterThan(0);
    expect(told).toEqual([
      'classwatch: Expected a last dense layer with one unit for each of 2 classes, got a model without: classifier, features and their collapse are not measured.',
    ]);
  });

  test('is not told of to those who want nothing of it', async () => {
    const { xs, ys } = blobs([20, 20]);
    const labels = tf.argMax(ys, 1).expandDims(1).toFloat();
    const model = binary();
    const callbacks = classMetrics(tf, { numClasses: 2, probe: { xs, ys: labels }, onRecord: () => {} });
    await model.fit(xs, labels, { epochs: 1, verbose: 0, callbacks: callbacks as never });
    expect(told).toEqual([]);
  });
});
