import { expect, test } from 'vitest';
import { Pace } from '../../../src/capture/budget/pace.ts';

/** What is done takes `cost` ms; asked every 10 ms for a second. */
function doneAt(share: number, cost: number, grace = 0): number[] {
  let now = 0;
  const pace = new Pace(share, grace, () => now);
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

test('with a grace it is done as often as asked until that is spent, and then keeps to its share', () => {
  const done = doneAt(0.1, 10, 100);
  expect(done.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, i) => 20 * i));
  const later = done.slice(14);
  expect(later.every((at, i) => at - done[i + 13]! >= 100)).toBe(true);
  expect(done.at(-1)).toBeGreaterThan(800);
});

test('what was not spent in a long pause is no more than the grace', () => {
  let now = 0;
  const pace = new Pace(0.5, 20, () => now);
  const spend = () => {
    expect(pace.due()).toBe(true);
    pace.timed(() => {
      now += 30;
    });
  };
  spend();
  now += 10_000;
  spend();
  expect(pace.due()).toBe(true);
  spend();
  expect(pace.due()).toBe(false);
});

test('several pieces add up, also one that throws', () => {
  let now = 0;
  const pace = new Pace(0.5, 0, () => now);
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
