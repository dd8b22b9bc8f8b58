import { describe, expect, test } from 'vitest';
import { RuleFrame } from '../../src/alerts/frame.ts';
import { rules } from '../../src/alerts/index.ts';
import { RunHistory } from '../../src/history.ts';
import type { AlertBody, RunBody } from '../../src/record.ts';
import { parseRecord } from '../../src/server/record-schema.ts';
import { RunWriter } from '../support/run.ts';

const NAMES = Array.from({ length: 10 }, (_, c) => `digit ${c}`);
/** Five classes of 5000, five of 50. */
const COUNTS = NAMES.map((_, c) => (c < 5 ? 5000 : 50));
const MINORITY = [5, 6, 7, 8, 9];

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

/** One measurement: the cosine (null: missing), and lengths of the rows of majority and minority. */
type Point = readonly [step: number, cosine: number | null, majority?: number, minority?: number];

/** `reference`: what healthy rows have, by the loss; null where nobody knows. */
function run(
  points: readonly Point[],
  known: Partial<RunBody> = { classCounts: COUNTS },
  reference: number | null = -1 / 9,
): RunWriter {
  const ofRun = reference === null ? {} : { marks: [{ value: reference, label: 'healthy' }] };
  const writer = new RunWriter(NAMES, 'made-up-run', known);
  for (const [step, cosine, majority = 2, minority = 1] of points) {
    const norms = NAMES.map((_, c) => (c < 5 ? majority : minority));
    writer.measure('model/classifier-norm', step, norms);
    if (cosine !== null) writer.measure('model/minority-cosine', step, [cosine], null, ofRun);
  }
  return writer;
}

const at = (cosine: number, ...steps: number[]): Point[] => steps.map((step) => [step, cosine]);

describe('is silent', () => {
  test('on a healthy balanced run, where nothing is minority', () => {
    const known = { classCounts: NAMES.map(() => 500) };
    expect(alertsOf(run(at(-0.11, 0, 100, 200, 300, 400), known))).toEqual([]);
    expect(alertsOf(run(at(0.99, 0, 100, 200, 300, 400), known))).toEqual([]);
  });

  test('on an imbalanced run whose minority stays apart, or comes near but not to 0.9', () => {
    expect(alertsOf(run([...at(-0.1, 0, 100, 200), ...at(0.15, 300, 400), ...at(0.89, 500, 600, 700, 800)]))).toEqual(
      [],
    );
  });

  test('in the first 100 steps, where rows are still what chance made them', () => {
    expect(alertsOf(run(at(0.95, 0, 1, 2, 3, 50, 99)))).toEqual([]);
    expect(alertsOf(run(at(0.95, 0, 1, 2, 3, 50, 100)))).toHaveLength(1);
  });

  test('while a healthy measurement lies between the others', () => {
    expect(alertsOf(run([...at(0.95, 100, 110), ...at(0.5, 120), ...at(0.95, 130, 140)]))).toEqual([]);
  });

  test('where a classifier diverged', () => {
    expect(alertsOf(run([100, 110, 120].map((step) => [step, NaN, NaN, NaN])))).toEqual([]);
  });

  test('where all rows are 0, as before training from zeros', () => {
    expect(alertsOf(run([100, 110, 120, 130].map((step) => [step, null, 0, 0])))).toEqual([]);
  });

  test('where which classes are minority is not known', () => {
    expect(alertsOf(run(at(0.95, 100, 110, 120), { classCounts: null }))).toEqual([]);
  });
});

describe('a collapse', () => {
  test.each<[string, number | null, RegExp]>([
    ['right angles, with squared error', 0, /since step 120; healthy is 0\.00\.$/],
    ['nothing, with a loss that nobody knows', null, /0\.9 or more since step 120\.$/],
  ])('is compared with what the loss leads to: %s', (_, reference, told) => {
    const [alert] = alertsOf(run(at(0.95, 120, 140, 170), { classCounts: COUNTS }, reference));
    expect(alert!.message).toMatch(told);
    expect(alert!.numbers.healthyCosine).toBe(reference ?? undefined);
  });

  test('is told at the third measurement of 0.9 or more running, with numbers, names and what to do', () => {
    const [alert, ...more] = alertsOf(run([...at(-0.1, 0), ...at(0.6, 100), ...at(0.9, 120), ...at(0.95, 140, 170)]));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      id: 'minority-collapse/5,6,7,8,9@120',
      level: 'error',
      state: 'opened',
      classes: MINORITY,
      steps: [120, 170],
      threshold: 0.9,
      numbers: { measurements: 3 },
    });
    expect(alert!.message).toBe(
      'The rows of "digit 5", "digit 6", "digit 7", "digit 8" and "digit 9" in the last dense layer have become one direction: ' +
        'mean cosine 0.95 at step 170, 0.9 or more since step 120; healthy is -0.11.',
    );
    expect(alert!.numbers.minorityCosine).toBeCloseTo(0.95, 6);
    expect(alert!.numbers.healthyCosine).toBeCloseTo(-1 / 9, 12);
    expect(alert!.remedy).toMatch(/oversampl/);
    expect(alert!.remedy).toMatch(/class weights/);
    expect(alert!.remedy).toMatch(/weight decay/);
  });

  test('is told of the classes in groups, whatever the counts, and of those counted in the batches', () => {
    const collapsing = at(0.95, 100, 110, 120);
    const given = run(collapsing, { classCounts: COUNTS, groups: { minority: [1, 2] } });
    expect(alertsOf(given)[0]!.classes).toEqual([1, 2]);
    const counted = new RunWriter(NAMES).measure(
      'train/support',
      0,
      COUNTS.map((count) => count / 100),
    );
    counted.measure(
      'train/support',
      1,
      COUNTS.map((count) => count / 100),
    );
    for (const step of [100, 110, 120]) counted.measure('model/minority-cosine', step, [0.95]);
    expect(alertsOf(counted)[0]!.classes).toEqual(MINORITY);
  });

  test('of many classes names the first few', () => {
    const names = Array.from({ length: 40 }, (_, c) => `class ${c}`);
    const classCounts = names.map((_, c) => (c < 10 ? 500 : 5));
    const writer = new RunWriter(names, 'made-up-run', { classCounts });
    for (const step of [100, 110, 120]) writer.measure('model/minority-cosine', step, [0.95]);
    const [alert] = alertsOf(writer);
    expect(alert!.classes).toHaveLength(30);
    expect(alert!.message).toMatch(
      /^The rows of "class 10", "class 11", "class 12", "class 13", "class 14" and 25 more in/,
    );
  });

  test('is told also where a measurement between is missing', () => {
    expect(alertsOf(run([...at(0.95, 100, 110), [115, null], ...at(0.95, 120)]))).toHaveLength(1);
  });

  test('is told once while it lasts, resolved after three healthy measurements, and told anew', () => {
    const course = [...at(0.95, 100, 110, 120, 130, 140), ...at(0.4, 150, 160, 170, 180), ...at(0.95, 300, 310, 320)];
    expect(alertsOf(run(course)).map(({ state, id }) => [state, id.split('@')[1]])).toEqual([
      ['opened', '100'],
      ['resolved', '100'],
      ['opened', '300'],
    ]);
  });

  test('is not resolved by two healthy measurements, though two metrics are read at each', () => {
    const course = [...at(0.95, 100, 110, 120), ...at(0.4, 130, 140)];
    expect(alertsOf(run(course)).map(({ state }) => state)).toEqual(['opened']);
  });
});

describe('a collapse to zero', () => {
  const vanished = (minority: number, ...steps: number[]): Point[] => steps.map((step) => [step, null, 2, minority]);

  test('is told where all minority rows are below 1 % of the mean length of the others: there is no cosine then', () => {
    const [alert, ...more] = alertsOf(run([...at(0.3, 100), ...vanished(0.0199, 110), ...vanished(0, 120, 130)]));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ level: 'error', classes: MINORITY, steps: [110, 130], threshold: 0.01 });
    expect(alert!.numbers).toEqual({ lengthShare: 0, measurements: 3 });
    expect(alert!.message).toBe(
      'The rows of "digit 5", "digit 6", "digit 7", "digit 8" and "digit 9" in the last dense layer have collapsed to zero: ' +
        'at most 0 % of the mean length of the others at step 130, less than 1.0 % since step 110.',
    );
  });

  test('is not told at 1 %, nor where one of the rows is longer', () => {
    expect(alertsOf(run(vanished(0.0201, 100, 110, 120)))).toEqual([]);
    const writer = new RunWriter(NAMES, 'made-up-run', { classCounts: COUNTS });
    const norms = NAMES.map((_, c) => (c < 5 ? 2 : c === 7 ? 0.5 : 0));
    for (const step of [100, 110, 120]) writer.measure('model/classifier-norm', step, norms);
    expect(alertsOf(writer)).toEqual([]);
  });

  test('is told of a single minority class too, which has no cosine', () => {
    const known = { classCounts: null, groups: { minority: [7] } };
    const [alert] = alertsOf(run(vanished(0.01, 100, 110, 120), known));
    expect([alert!.classes, alert!.message.slice(0, 36)]).toEqual([[7], 'The row of "digit 7" in the last den']);
  });

  test('after a collapse goes on under the same id; cosines of before do not count for now', () => {
    const course = [...at(0.95, 100, 110, 120), ...vanished(0.001, 130, 140, 150, 160, 400)];
    expect(alertsOf(run(course)).map(({ state, id }) => [state, id])).toEqual([
      ['opened', 'minority-collapse/5,6,7,8,9@100'],
      ['updated', 'minority-collapse/5,6,7,8,9@100'],
    ]);
    const healthyAgain: Point[] = [130, 140, 150, 160, 170].map((step) => [step, null, 2, 1]);
    expect(alertsOf(run([...at(0.95, 100, 110, 120), ...healthyAgain])).map(({ state }) => state)).toEqual([
      'opened',
      'resolved',
    ]);
  });
});

test('what it says fits into a record, also with the longest names and many classes', () => {
  const names = Array.from({ length: 1000 }, (_, c) => `${c}`.padEnd(256, 'x'));
  const writer = new RunWriter(names, 'made-up-run', { classCounts: names.map((_, c) => (c < 5 ? 500 : 5)) });
  for (const step of [100, 110, 120]) writer.measure('model/minority-cosine', step, [0.95]);
  const [body] = alertsOf(writer);
  const record = { ...writer.records[0]!, kind: 'alert', body };
  expect(parseRecord(record)).toEqual(record);
});
