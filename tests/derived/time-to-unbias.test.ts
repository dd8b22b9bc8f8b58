import { beforeAll, describe, expect, test } from 'vitest';
import { rules } from '../../src/alerts/index.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import type { AlertRecord, AnyRecord, MeasurementRecord } from '../../src/record.ts';
import { listValues, sizeOf } from '../../src/record.ts';
import { Relay } from '../../src/relay/relay.ts';
import { recording } from '../support/recording.ts';
import { RunWriter } from '../support/run.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

/** What the relay keeps of records that come one by one. */
function relayed(records: readonly AnyRecord[]) {
  const kept: AnyRecord[] = [];
  const relay = new Relay({
    run: 'run',
    rules,
    derived: derivedMetrics,
    keep: (some) => kept.push(...some),
    publish: () => {},
    onAlert: () => {},
    trouble: (what, error) => expect.unreachable(`${what}: ${error}`),
  });
  for (const { seq: _, ...record } of records) relay.take([record]);
  const of = (id: string) =>
    kept
      .filter((record): record is MeasurementRecord => record.kind === 'measurement' && record.metric === id)
      .map(({ step, values, shape }) => [step, ...listValues(values, sizeOf(shape))]);
  const alerts = kept.filter((record): record is AlertRecord => record.kind === 'alert');
  return { of, alerts: alerts.map(({ body }) => body).filter(({ rule }) => rule === 'moving-statistics-lag') };
}

const THREE = ['a', 'b', 'c'];

/** Guesses on a probe of 300, 200, 100 at steps 0, 10, 20 ... */
function run(mode: '' | 'training-mode-', guesses: readonly (readonly (number | null)[])[]): RunWriter {
  const writer = new RunWriter(THREE).measure('probe/support', 0, [300, 200, 100]);
  guesses.forEach((counts, i) => {
    const fractions = counts.map((count) => (count === null ? null : count / 600));
    writer.measure(`probe/${mode}predicted-fraction`, 10 * i, fractions);
  });
  return writer;
}

const BIASED = [0, 0, 600];
const ODD = [200, 300, 100];
const EVEN = [300, 200, 100];

describe.each(['', 'training-mode-'] as const)('%stime-to-unbias', (mode) => {
  test('is told at each measurement until it is known, and then no more', () => {
    const { of } = relayed(run(mode, [BIASED, ODD, EVEN, EVEN, EVEN, EVEN, BIASED]).records);
    expect(of(`${mode}time-to-unbias`)).toEqual([
      [0, 0, null],
      [10, 10, null],
      [40, 10, 20],
    ]);
  });

  test('has each class by its own distance', () => {
    // a and b have their true shares' distance of 1/6 at step 10, c has its share.
    const { of } = relayed(run(mode, [BIASED, ODD, EVEN, EVEN, EVEN, EVEN]).records);
    expect(of(`${mode}class-first-unbiased-step`)).toEqual([
      [0, null, null, null],
      [30, null, null, 10],
      [40, 20, 20, 10],
    ]);
    expect(of(`${mode}class-last-biased-step`).at(-1)).toEqual([10, 10, 10, 0]);
  });

  test('is not reached by a network that guesses nothing', () => {
    const nothing = [null, null, null];
    expect(
      relayed(run(mode, [EVEN, EVEN, nothing, EVEN, EVEN]).records)
        .of(`${mode}time-to-unbias`)
        .at(-1),
    ).toEqual([20, 20, null]);
  });
});

test('counts on the very bound lie within it, though shares are stored rounded', () => {
  // 7 of 10 guesses, 5 of 10 true: the distance that 99 % of binomial counts do not exceed is 4 of 10.
  for (const [count, cleared] of [
    [9, 0],
    [10, null],
  ] as const) {
    const writer = new RunWriter(['a', 'b']).measure('probe/support', 0, [5, 5]);
    for (const step of [0, 1, 2]) writer.measure('probe/predicted-fraction', step, [count / 10, 1 - count / 10]);
    expect(relayed(writer.records).of('class-first-unbiased-step').at(-1)!.slice(1)).toEqual([cleared, cleared]);
  }
});

describe('moving-statistics-lag', () => {
  /** Top shares of the two modes at steps 0, 10, 20 ...; the rest goes to the others. */
  function lagging(evaluation: readonly number[], training: readonly number[]) {
    const writer = new RunWriter(['a', 'b']).measure('probe/support', 0, [500, 500]);
    evaluation.forEach((share, i) => {
      writer
        .measure('probe/predicted-fraction', 10 * i, [share, 1 - share])
        .measure('probe/top-share', 10 * i, [share]);
      const other = training[i];
      if (other === undefined) return;
      writer.measure('probe/training-mode-top-share', 10 * i, [other]);
      writer.measure('probe/training-mode-predicted-fraction', 10 * i, [other, 1 - other]);
    });
    return relayed(writer.records).alerts;
  }

  test('says so when training is unbiased and predict is not yet, and is resolved when predict has followed', () => {
    const alerts = lagging([1, 0.9, 0.8, 0.8, 0.7, 0.5, 0.5, 0.5, 0.5], [1, 0.52, 0.5, 0.51, 0.5, 0.5, 0.5, 0.5]);
    expect(alerts.map(({ state }) => state)).toEqual(['opened', 'resolved']);
    expect(alerts[0]).toMatchObject({ level: 'info', steps: [10, 30], numbers: { unbiasedSince: 10 } });
    expect(alerts[0]!.message).toBe(
      'In evaluation mode 80 % of the guesses on the probe go to one class, in training mode 51 %, where they are unbiased since step 10: with batch normalization its moving statistics lag behind the batches.',
    );
  });

  test('lasts until predict has cleared, though the modes come nearer to each other meanwhile, but not to nothing', () => {
    const alerts = lagging(
      [1, 0.9, 0.8, 0.7, 0.61, 0.61, 0.61, 0.61, 0.61, 0.58, 0.58, 0.58, 0.58],
      [1, 0.52, 0.5, 0.51, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55],
    );
    expect(alerts.map(({ state, steps: [, last] }) => [state, last])).toEqual([
      ['opened', 30],
      ['updated', 60],
      ['resolved', 110],
    ]);
  });

  test.each([
    ['both modes are biased', [1, 0.9, 0.8, 0.8, 0.7], [1, 0.9, 0.8, 0.8, 0.7]],
    ['both clear at once', [1, 0.52, 0.5, 0.5, 0.5], [1, 0.52, 0.5, 0.5, 0.5]],
    ['there is one mode', [1, 0.9, 0.8, 0.8, 0.7], []],
    ['they hardly differ', [1, 0.62, 0.62, 0.61, 0.61], [1, 0.55, 0.55, 0.55, 0.55]],
  ])('is silent where %s', (_, evaluation, training) => {
    expect(lagging(evaluation, training)).toEqual([]);
  });
});

describe('a network with BatchNorm in training', () => {
  beforeAll(wasm);

  test('clears in both modes, and the training thread asks no longer than the records say', async () => {
    const { xs, ys } = blobs([80, 60, 40]);
    const model = net(3, 8, { batchNorm: true });
    model.compile({ optimizer: tf.train.sgd(0.5), loss: 'categoricalCrossentropy' });
    const { monitor, records } = await recording(tf, model, { probe: { xs, ys }, schedule: () => true });
    for (let step = 0; step < 60; step++) await model.trainOnBatch(xs, ys);
    await monitor.close();
    const names = ['support', 'predicted-fraction', 'training-mode-predicted-fraction'];
    const writer = new RunWriter(THREE);
    for (const record of records) {
      if (record.kind !== 'measurement' || record.stream !== 'probe' || !names.includes(record.metric)) continue;
      writer.measure(`probe/${record.metric}`, record.step, record.values as number[]);
    }
    const { of } = relayed(writer.records);
    const [evaluation, training] = ['', 'training-mode-'].map((mode) => of(`${mode}time-to-unbias`).at(-1)!);
    expect([evaluation![2], training![2]]).toEqual([expect.any(Number), expect.any(Number)]);
    const asked = records.flatMap((record) =>
      record.kind === 'measurement' && record.metric === 'training-mode-top-share' ? [record.step] : [],
    );
    // At the step at which evaluation mode clears, training mode is not asked any more.
    expect(asked.at(-1)).toBe(Math.max(Number(training![0]), Number(evaluation![0]) - 1));
  });
});
