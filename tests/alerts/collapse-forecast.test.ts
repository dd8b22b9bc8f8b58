import { describe, expect, test } from 'vitest';
import { RuleFrame } from '../../src/alerts/frame.ts';
import { rules } from '../../src/alerts/index.ts';
import { RunHistory } from '../../src/history.ts';
import type { AlertBody, RunBody } from '../../src/record.ts';
import { parseRecord } from '../../src/server/record-schema.ts';
import { RunWriter } from '../support/run.ts';

const NAMES = Array.from({ length: 10 }, (_, c) => `digit ${c}`);
const COUNTS = NAMES.map((_, c) => (c < 5 ? 5000 : 50));
const MINORITY = [5, 6, 7, 8, 9];
/** Ten measurements from step 100 on, and more, as the schedule spaces them. */
const STEPS = [100, 113, 126, 142, 159, 178, 200, 224, 252, 282, 317, 355, 399, 447, 502];

/** Alerts of this rule, the records evaluated one by one as they come. */
function alertsOf({ records }: RunWriter): AlertBody[] {
  const history = new RunHistory();
  const frame = new RuleFrame(rules, (rule, error) => {
    throw new Error(`${rule.id} failed`, { cause: error });
  });
  const { body } = records[0] as { body: RunBody };
  const all = records.flatMap((record) => {
    history.add(record);
    return frame.evaluate([record], body, history);
  });
  return all.filter(({ rule }) => rule === 'minority-collapse');
}

interface Course {
  /** Ratio at each of the steps; null: measured and missing, undefined: not measured. */
  readonly ratios: readonly (number | null | undefined)[];
  readonly steps?: readonly number[];
  readonly cosines?: readonly number[];
  readonly known?: Partial<RunBody>;
}

function run({ ratios, steps = STEPS, cosines = [], known = { classCounts: COUNTS } }: Course): RunWriter {
  const writer = new RunWriter(NAMES, 'made-up-run', known);
  steps.forEach((step, i) => {
    const [ratio, cosine] = [ratios[i], cosines[i] ?? 0.1];
    writer.measure(
      'model/classifier-norm',
      step,
      NAMES.map(() => 1),
    );
    writer.measure('model/minority-cosine', step, [cosine]);
    if (ratio !== undefined) writer.measure('model/collapse-ratio', step, [ratio]);
  });
  return writer;
}

const times = (count: number, ratio: number | null) => Array.from({ length: count }, () => ratio);

describe('a coming collapse', () => {
  test('is told at the tenth measurement of 2 or more running, and its advice is the oversampling that prevents it, not that of the fact', () => {
    expect(alertsOf(run({ ratios: times(9, 3.41) }))).toEqual([]);
    const [alert, ...more] = alertsOf(run({ ratios: times(10, 3.41) }));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      id: 'minority-collapse/5,6,7,8,9@100',
      level: 'warn',
      state: 'opened',
      classes: MINORITY,
      steps: [100, 282],
      threshold: 2,
      numbers: { measurements: 10 },
    });
    expect(alert!.numbers.collapseRatio).toBeCloseTo(3.41, 6);
    expect(alert!.numbers.oversampling).toBe(alert!.numbers.collapseRatio);
    expect(alert!.message).toBe(
      'The rows of "digit 5", "digit 6", "digit 7", "digit 8" and "digit 9" in the last dense layer are heading for one direction: ' +
        'collapse ratio 3.4 at step 282, 2 or more at 10 measurements since step 100.',
    );
    expect(alert!.remedy).toMatch(/^Show the rarest classes 3\.5 times as often \(oversampling\): that prevents it\./);
    expect(alert!.remedy).not.toMatch(/ratio of the counts/);
  });

  test('is told at 2 exactly, of classes that were counted in the batches too', () => {
    expect(alertsOf(run({ ratios: times(10, 2) }))).toHaveLength(1);
    const counted = new RunWriter(NAMES);
    for (let step = 0; step < 2; step++) counted.measure('train/support', step, COUNTS);
    for (const step of STEPS) counted.measure('model/collapse-ratio', step, [2.5]);
    expect(alertsOf(counted)[0]).toMatchObject({ level: 'warn', classes: MINORITY });
  });

  test('becomes the error when it has come: one alert, told at once, and the forecast again when rows were apart for three steps', () => {
    const steps = [...STEPS, 562, 631, 708, 794, 891, 1000, 1122];
    const cosines = steps.map((step) => (step >= 317 && step <= 502 ? 0.95 : 0.3));
    const told = alertsOf(run({ ratios: times(20, 3), steps, cosines }));
    expect(told.map(({ id, state, level, steps: [, last] }) => [id, state, level, last])).toEqual([
      ['minority-collapse/5,6,7,8,9@100', 'opened', 'warn', 282],
      ['minority-collapse/5,6,7,8,9@100', 'updated', 'error', 399],
      ['minority-collapse/5,6,7,8,9@100', 'updated', 'warn', 631],
    ]);
    expect(told[1]!.message).toMatch(/have become one direction/);
  });

  test('is resolved three steps after the ratio has fallen', () => {
    const told = alertsOf(run({ ratios: [...times(10, 3), 1.9, 1.5, 1.2, 1, 1] }));
    expect(told.map(({ state, steps: [, last] }) => [state, last])).toEqual([
      ['opened', 282],
      ['resolved', 399],
    ]);
  });
});

describe('is silent', () => {
  test.each([
    ['while it is undecided, between 1.1 and 2', times(15, 1.99)],
    ['where one measurement in ten is lower: the count begins anew', [...times(9, 5), 1.9, ...times(5, 5)]],
    ['where the layer has no weight decay', times(15, null)],
    ['where weight decay was taken off', [...times(9, 5), null, ...times(5, 5)]],
    ['where it diverged', [...times(5, 5), Number.NaN, ...times(9, 5)]],
  ])('%s', (_, ratios) => {
    expect(alertsOf(run({ ratios }))).toEqual([]);
  });

  test('in the first 100 steps, when features tell nothing apart yet', () => {
    const early = Array.from({ length: 100 }, (_, step) => step);
    expect(alertsOf(run({ steps: early, ratios: early.map(() => 50) }))).toEqual([]);
  });

  test('of a low measurement that shares a bucket with high ones all the same', () => {
    // Buckets at 10,000 are 39 steps wide. Were the low one not seen, 12,000 would be the tenth.
    const steps = [...Array.from({ length: 7 }, (_, i) => 5000 + 500 * i), 10_000, 10_001, 10_002, 11_000, 12_000];
    const course = (lowest: number) => run({ steps, ratios: steps.map((step) => (step === 10_001 ? lowest : 4)) });
    expect(alertsOf(course(1))).toEqual([]);
    expect(alertsOf(course(4))).toHaveLength(1);
  });

  test('where no class is minority, however strong the weight decay: that would be a collapse of all classes', () => {
    expect(alertsOf(run({ ratios: times(15, 9), known: { classCounts: NAMES.map(() => 500) } }))).toEqual([]);
    const named = { classCounts: NAMES.map(() => 500), groups: { minority: [3, 4] } };
    expect(alertsOf(run({ ratios: times(15, 9), known: named }))).toEqual([]);
  });

  test('where the minority that was named is not the rarest, of which the ratio tells', () => {
    expect(
      alertsOf(run({ ratios: times(15, 9), known: { classCounts: COUNTS, groups: { minority: [0, 1] } } })),
    ).toEqual([]);
  });

  test('of a single minority class: one row has no other to become equal to', () => {
    const known = { classCounts: NAMES.map((_, c) => (c === 0 ? 5 : 500)) };
    expect(alertsOf(run({ ratios: times(15, 9), known }))).toEqual([]);
  });

  test('of a ratio that was last measured in the first half of the run', () => {
    const steps = [...STEPS.slice(0, 9), 1000, 2100];
    const course = (ratios: Course['ratios']) => alertsOf(run({ steps, ratios }));
    expect(course([...times(9, 3), undefined, undefined])).toEqual([]);
    expect(course([...times(9, 3), 3, undefined]).map(({ state }) => state)).toEqual(['opened']);
  });
});

test('a ratio counts until the run is twice as old as it was then, and no longer', () => {
  const until = (last: number) => {
    // Three evaluations of the rule resolve an alert.
    const steps = [...STEPS.slice(0, 9), 1000, last - 2, last - 1, last];
    return alertsOf(run({ steps, ratios: times(10, 3) })).map(({ state }) => state);
  };
  expect(until(2000)).toEqual(['opened']);
  expect(until(2003)).toEqual(['opened', 'resolved']);
});

test('a measurement between that was not made does not end the stretch', () => {
  expect(alertsOf(run({ ratios: [...times(6, 3), undefined, ...times(4, 3)] }))).toHaveLength(1);
});

test('what it says fits into a record, also with the longest names and many classes', () => {
  const names = Array.from({ length: 1000 }, (_, c) => `${c}`.padEnd(256, 'x'));
  const writer = new RunWriter(names, 'made-up-run', { classCounts: names.map((_, c) => (c < 5 ? 500 : 5)) });
  for (const step of STEPS) writer.measure('model/collapse-ratio', step, [12]);
  const [body] = alertsOf(writer);
  const record = { ...writer.records[0]!, kind: 'alert', body };
  expect(parseRecord(record)).toEqual(record);
});
