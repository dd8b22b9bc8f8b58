import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RuleFrame } from '../../src/alerts/frame.ts';
import { rules } from '../../src/alerts/index.ts';
import { strongShare } from '../../src/alerts/initial-guessing-bias.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { RunHistory } from '../../src/history.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { AlertBody, RunBody } from '../../src/record.ts';
import { RunWriter } from '../support/run.ts';

/** Replays records one by one through the real frame, as the relay does. */
function alertsOf(writer: RunWriter): AlertBody[] {
  const history = new RunHistory();
  const frame = new RuleFrame(rules, (rule, error) => {
    throw new Error(`${rule.id} failed`, { cause: error });
  });
  const body = writer.records[0]!.kind === 'run' ? (writer.records[0]!.body as RunBody) : null;
  return writer.records.flatMap((record) => {
    history.add(record);
    return frame.evaluate([record], body!, history);
  });
}

const TEN = Array.from({ length: 10 }, (_, c) => `digit ${c}`);
const even = Array<number>(10).fill(100);
/** Nine tenths on one class, the rest spread. */
const on = (top: number, share: number, classes = 10) =>
  Array.from({ length: classes }, (_, c) => (c === top ? share : (1 - share) / (classes - 1)));

test('the list holds every rule of the folder under its own id, each reads metrics that exist', () => {
  const others = ['index.ts', 'frame.ts', 'percent.ts', 'class-names.ts', 'stretch.ts', 'collapse-forecast.ts'];
  const files = readdirSync(new URL('../../src/alerts', import.meta.url)).filter((name) => !others.includes(name));
  expect(rules.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
  const known = new Set([...metrics, ...derivedMetrics].map(({ id }) => id));
  for (const { reads } of rules) for (const name of reads) expect(known).toContain(name.split('/')[1]);
});

describe('initial-guessing-bias', () => {
  const start = (share: number, counts = even) =>
    new RunWriter(TEN).measure('probe/support', 0, counts).measure('probe/predicted-fraction', 0, on(7, share));

  test('tells at step 0, with the numbers, that most guesses go to one class', () => {
    const [alert, ...more] = alertsOf(start(0.92));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      id: 'initial-guessing-bias/7@0',
      level: 'info',
      state: 'opened',
      classes: [7],
      steps: [0, 0],
      threshold: 0.55,
    });
    expect(alert!.message).toBe(
      'The untrained network sends 92 % of 1000 guesses to class "digit 7", whose true share is 10 %; even shares would be 10 %.',
    );
    expect(alert!.numbers.topShare).toBeCloseTo(0.92, 6);
  });

  test('is silent below half way from an even share to all guesses', () => {
    expect(strongShare(2)).toBe(0.75);
    expect(strongShare(10)).toBe(0.55);
    expect(alertsOf(start(0.54))).toEqual([]);
    expect(alertsOf(start(0.56))).toHaveLength(1);
  });

  test('is silent where chance explains it: six of ten guesses prove nothing', () => {
    const writer = new RunWriter(['a', 'b'])
      .measure('probe/support', 0, [5, 5])
      .measure('probe/predicted-fraction', 0, [0.8, 0.2]);
    expect(alertsOf(writer)).toEqual([]);
  });

  test('is silent for a run that begins with a trained network (a later first step)', () => {
    const writer = new RunWriter(TEN).measure('probe/support', 5, even);
    expect(alertsOf(writer.measure('probe/predicted-fraction', 5, on(7, 0.92)))).toEqual([]);
  });

  /** What is known of the architecture, and the place of the run in it. */
  const placed = (share: number, place: readonly [number, number, number]) => {
    const causes = { labels: ['as it is', 'tanh in place of relu', 'centred inputs'] };
    return start(share)
      .measure('probe/survey-inits', 0, [8])
      .measure('probe/bias-causes', 0, [2.44, 0.471, 1.5], null, causes)
      .measure('probe/initial-place', 0, place);
  };

  test('says where the run stands among the initialisations of its architecture, and what theory would change', () => {
    const alerts = alertsOf(placed(0.92, [0.7, 0.5625, 0.8125]));
    // The rule is asked again as the place comes; in the relay both come together.
    expect(alerts.map(({ level, state }) => [level, state])).toEqual([['info', 'opened']]);
    const history = new RunHistory();
    const { records } = placed(0.92, [0.7, 0.5625, 0.8125]);
    for (const record of records) history.add(record);
    const [found] = rules[0]!.evaluate({ run: (records[0] as { body: RunBody }).body, history });
    expect(found!.message).toBe(
      'The untrained network sends 92 % of 1000 guesses to class "digit 7", whose true share is 10 %; even shares would be 10 %. Of all initialisations of this architecture 69.9 % are less biased (from 56.2 % to 81.2 % by the 8 that were surveyed). By theory its gamma is 2.4; with tanh in place of relu it would be 0.47.',
    );
    expect(found!.numbers).toMatchObject({ placeAtLeast: 0.5625, placeAtMost: 0.8125 });
    expect(found).not.toHaveProperty('level');
  });

  test('warns only where the lower end of the place is beyond 99 %, and says nothing of a small share, however uncommon', () => {
    const levels = (share: number, place: readonly [number, number, number]) =>
      alertsOf(placed(share, place).measure('probe/predicted-fraction', 1, on(7, share))).map(({ level }) => level);
    const first = (share: number, low: number) => {
      const history = new RunHistory();
      const { records } = placed(share, [0.999, low, 1]);
      for (const record of records) history.add(record);
      return rules[0]!.evaluate({ run: (records[0] as { body: RunBody }).body, history })[0];
    };
    expect(first(0.92, 0.9899)).not.toHaveProperty('level');
    expect(first(0.92, 0.9901)).toMatchObject({ level: 'warn', threshold: 0.99 });
    expect(first(0.3, 0.9901)).toBeUndefined();
    expect(levels(0.9, [0.9999, 0.995, 1]).at(-1)).toBe('warn');
    expect(levels(0.3, [0.9999, 0.995, 1])).toEqual([]);
  });

  test('waits for the place where a survey was done, and does without one where it does not come', () => {
    const survey = () =>
      new RunWriter(TEN).measure('probe/survey-gamma', 0, [1, 0.5, 2, 0]).measure('probe/support', 0, even);
    expect(alertsOf(survey().measure('probe/predicted-fraction', 0, on(7, 0.92)))).toEqual([]);
    const later = survey()
      .measure('probe/predicted-fraction', 0, on(7, 0.92))
      .measure('probe/predicted-fraction', 1, on(7, 0.92));
    expect(alertsOf(later).map(({ level, steps }) => [level, ...steps])).toEqual([['info', 0, 0]]);
  });

  test('is silent for an inherited bias, whatever it is', () => {
    const writer = new RunWriter(TEN, 'made-up-run', { inherited: 'its optimizer has made 5 updates already' })
      .measure('probe/support', 0, even)
      .measure('probe/predicted-fraction', 0, on(7, 0.99));
    expect(alertsOf(writer)).toEqual([]);
  });

  test('is not resolved by three good measurements with bad ones between them', () => {
    const writer = start(0.92);
    const shares = [0.3, 0.9, 0.3, 0.9, 0.3, 0.9];
    shares.forEach((share, i) => {
      writer.measure('probe/predicted-fraction', i + 1, on(7, share));
    });
    expect(alertsOf(writer).map(({ state }) => state)).toEqual(['opened']);
  });

  test('is resolved after three measurements without it, not before', () => {
    const writer = start(0.92);
    for (const step of [1, 2]) writer.measure('probe/predicted-fraction', step, on(7, 0.3));
    expect(alertsOf(writer).map(({ state }) => state)).toEqual(['opened']);
    writer.measure('probe/predicted-fraction', 3, on(7, 0.3));
    expect(alertsOf(writer).map(({ state, steps }) => [state, ...steps])).toEqual([
      ['opened', 0, 0],
      ['resolved', 0, 3],
    ]);
  });
});

describe('prediction-collapse', () => {
  const run = (shares: readonly (readonly [step: number, share: number])[], counts = even) => {
    const writer = new RunWriter(TEN).measure('probe/support', 0, counts);
    for (const [step, share] of shares) writer.measure('probe/predicted-fraction', step, on(3, share));
    return writer;
  };
  const collapses = (writer: RunWriter) => alertsOf(writer).filter(({ rule }) => rule === 'prediction-collapse');

  test('tells when nearly all predictions are one class three times running after the start', () => {
    const [alert, ...more] = collapses(
      run([
        [0, 0.2],
        [100, 0.3],
        [110, 0.97],
        [120, 1],
        [130, 0.99],
      ]),
    );
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ level: 'warn', state: 'opened', classes: [3], steps: [110, 130], threshold: 0.95 });
    expect(alert!.message).toBe('99 % of 1000 predictions are class "digit 3" since step 110; its true share is 10 %.');
  });

  test('is silent in the first 100 steps, where a biased start and the majority class are normal', () => {
    expect(
      collapses(
        run([
          [0, 1],
          [1, 1],
          [2, 1],
          [50, 1],
          [99, 1],
        ]),
      ),
    ).toEqual([]);
    expect(
      collapses(
        run([
          [0, 1],
          [1, 1],
          [2, 1],
          [50, 1],
          [100, 1],
        ]),
      ),
    ).toHaveLength(1);
  });

  test('is silent when the set nearly consists of that class', () => {
    const counts = even.map((_, c) => (c === 3 ? 4000 : 100));
    expect(
      collapses(
        run(
          [
            [100, 1],
            [110, 1],
            [120, 1],
          ],
          counts,
        ),
      ),
    ).toEqual([]);
  });

  test('is silent when one measurement in between is healthy', () => {
    expect(
      collapses(
        run([
          [100, 1],
          [110, 1],
          [120, 0.5],
          [130, 1],
          [140, 1],
        ]),
      ),
    ).toEqual([]);
  });

  test('says a lasting collapse once, its end once, and a second collapse anew', () => {
    const healthy = [200, 210, 220].map((step) => [step, 0.3] as const);
    const again = [300, 310, 320].map((step) => [step, 1] as const);
    const states = collapses(run([[100, 1], [110, 1], [120, 1], [130, 1], [140, 1], ...healthy, ...again]));
    expect(states.map(({ state, id }) => [state, id])).toEqual([
      ['opened', 'prediction-collapse/3@100'],
      ['resolved', 'prediction-collapse/3@100'],
      ['opened', 'prediction-collapse/3@300'],
    ]);
  });

  test('tells a lasting collapse again each time its last step has doubled, under the same id', () => {
    const steps = [100, 110, 120, 150, 230, 260, 400, 500];
    const states = collapses(run(steps.map((step) => [step, 1] as const)));
    expect(states.map(({ state, id, steps: [, last] }) => [state, id, last])).toEqual([
      ['opened', 'prediction-collapse/3@100', 120],
      ['updated', 'prediction-collapse/3@100', 260],
    ]);
  });

  test('does not call a network that predicts nothing (NaN) collapsed', () => {
    const writer = new RunWriter(TEN).measure('probe/support', 0, even);
    for (const step of [100, 110, 120]) writer.measure('probe/predicted-fraction', step, Array(10).fill(0));
    expect(alertsOf(writer)).toEqual([]);
  });
});

test('a rule that throws is reported and the others are evaluated', () => {
  const failed: string[] = [];
  const broken = {
    ...rules[0]!,
    id: 'broken',
    evaluate: () => {
      throw new Error('no');
    },
  };
  const frame = new RuleFrame([broken, rules[0]!], ({ id }) => failed.push(id));
  const writer = new RunWriter(TEN)
    .measure('probe/support', 0, even)
    .measure('probe/predicted-fraction', 0, on(7, 0.92));
  const history = new RunHistory();
  for (const record of writer.records) history.add(record);
  const found = frame.evaluate(writer.records, (writer.records[0] as { body: RunBody }).body, history);
  expect([failed, found.map(({ rule }) => rule)]).toEqual([['broken'], ['initial-guessing-bias']]);
});
