import { expect, test } from 'vitest';
import { Pace } from '../../../src/capture/budget/pace.ts';

/** What is done takes `cost` ms; asked every 10 ms for a second. */
function doneAt(share: number, cost: number): number[] {
  let now = 0;
  const pace = new Pace(share, () => now);
  const done: number[] = [];
  while (now < 1000) {
    if (pace.due()) {
      done.push(now);
      pace.timed(() => {
        now += cost;
      });
    }
    now += 10;
  }
  return done;
}

test('what takes long is done once in its cost over the share, the first time at once', () => {
  const done = doneAt(0.1, 20);
  expect(done[0]).toBe(0);
  expect(done.slice(1).every((at, i) => at - done[i]! >= 200)).toBe(true);
  expect(done).toHaveLength(5);
});

test('what costs nothing, and a share of 1, is always done', () => {
  expect(doneAt(0.1, 0)).toHaveLength(100);
  expect(doneAt(1, 40)).toHaveLength(20);
});

test('several pieces add up, also one that throws', () => {
  let now = 0;
  const pace = new Pace(0.5, () => now);
  const piece = () => {
    now += 10;
  };
  expect(pace.due()).toBe(true);
  pace.timed(piece);
  expect(() =>
    pace.timed(() => {
      piece();
      throw new Error('no');
    }),
  ).toThrow('no');
  now = 39;
  expect(pace.due()).toBe(false);
  now = 40;
  expect(pace.due()).toBe(true);
});
