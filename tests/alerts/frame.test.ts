import { expect, test } from 'vitest';
import { RuleFrame } from '../../src/alerts/frame.ts';
import { RunHistory } from '../../src/history.ts';
import type { Level, RunBody } from '../../src/record.ts';
import { defineRule } from '../../src/rule.ts';
import { RunWriter } from '../support/run.ts';

/** One finding at each step whose loss names a level: 1 info, 2 warn, 3 error; 4: that of the rule, which is warn. */
const rule = defineRule({
  id: 'by-loss',
  level: 'warn',
  reads: ['train/loss'],
  help: '',
  remedy: '',
  evaluate({ history }) {
    const { last, step } = history.metrics.get('train/loss')!.buckets.at(-1)!;
    const level = ([undefined, 'info', 'warn', 'error'] as const)[last[0]!];
    if (last[0] === 0) return [];
    return [
      {
        classes: [1],
        steps: [0, step],
        message: `loss ${last[0]}`,
        numbers: {},
        threshold: 0,
        ...(level && { level }),
      },
    ];
  },
});

/** What is told at each of steps 100, 101 ... with these losses. */
function told(losses: readonly number[]): [step: number, state: string, level: Level, id: string][] {
  const writer = new RunWriter(['a', 'b']);
  losses.forEach((loss, i) => {
    writer.measure('train/loss', 100 + i, [loss]);
  });
  const history = new RunHistory();
  const frame = new RuleFrame([rule], (_, error) => expect.unreachable(String(error)));
  return writer.records.flatMap((record) => {
    history.add(record);
    return frame
      .evaluate(
        [record],
        writer.records[0]!.kind === 'run' ? (writer.records[0]!.body as RunBody) : expect.unreachable(),
        history,
      )
      .map(({ state, level, id }): [number, string, Level, string] => [record.step, state, level, id]);
  });
}

const ID = 'by-loss/1@0';

test('a finding has the level of its rule where it names none', () => {
  expect(told([4])).toEqual([[100, 'opened', 'warn', ID]]);
});

test('an open alert that becomes graver is told at once, under the same id', () => {
  expect(told([2, 2, 3, 3])).toEqual([
    [100, 'opened', 'warn', ID],
    [102, 'updated', 'error', ID],
  ]);
});

test('one that becomes milder stands as it was until it was so for three steps in a row', () => {
  expect(told([3, 1, 1, 3, 1, 1, 1, 1])).toEqual([
    [100, 'opened', 'error', ID],
    [106, 'updated', 'info', ID],
  ]);
});

test('one that becomes milder and then goes away is resolved once', () => {
  expect(told([3, 2, 2, 0, 0, 0])).toEqual([
    [100, 'opened', 'error', ID],
    [103, 'resolved', 'error', ID],
  ]);
});
