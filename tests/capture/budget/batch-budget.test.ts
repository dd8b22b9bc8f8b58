import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchBudget } from '../../../src/capture/budget/batch-budget.ts';

const FIRST = 200;

/** Steps of `base` ms, each batch that is looked at `cost` ms more. */
function train(whole: number, base: number, cost: number, steps = 2000) {
  let now = 0;
  const budget = new BatchBudget({ whole, isRead: true }, () => now);
  const measured: number[] = [];
  for (let step = 0; step < steps; step++) {
    const isMeasured = budget.due(step);
    now += base;
    if (isMeasured) {
      measured.push(step);
      budget.timed(() => {
        now += cost;
      });
    }
    budget.end(step, isMeasured);
  }
  const late = measured.filter((step) => step >= steps / 2);
  return { budget, measured, late, share: (late.length * cost) / ((steps / 2) * base) };
}

const shares = fc.double({ min: 0.01, max: 0.5, noNaN: true });
const costs = fc.double({ min: 0.001, max: 3, noNaN: true });

describe('batches that train', () => {
  test('are all looked at in the first 200 steps, whatever that costs', () => {
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        expect(train(whole, 1, cost, FIRST).measured).toHaveLength(FIRST);
      }),
    );
  });

  test('take no more than four fifths of the budget after that, and no less than half of them where they would take more', () => {
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        const { share, late } = train(whole, 1, cost, 20_000);
        // One more or less of them may fall into the steps that are counted.
        const one = share / late.length;
        expect(share).toBeLessThan(0.8 * whole * 1.06 + one);
        if (cost <= 0.8 * whole) expect(late).toHaveLength(10_000);
        else expect(share).toBeGreaterThan(0.4 * whole * 0.9 - one);
      }),
      { numRuns: 50 },
    );
  });

  test('are looked at equally often where they come in a cycle', () => {
    for (const cost of [0.07, 0.11, 0.15, 0.19, 0.3]) {
      const { late, budget } = train(0.05, 1, cost, 40_000);
      expect(budget.interval).toBeGreaterThan(1);
      for (let cycle = 2; cycle <= 12; cycle++) {
        const counts = new Array<number>(cycle).fill(0);
        for (const step of late) counts[step % cycle]!++;
        const fair = late.length / cycle;
        for (const count of counts) expect(Math.abs(count / fair - 1)).toBeLessThan(0.05);
      }
    }
  });

  test('are all looked at where the budget is 1', () => {
    expect(train(1, 1, 3).measured).toHaveLength(2000);
  });

  test('are looked at more often again when steps get longer', () => {
    let now = 0;
    const budget = new BatchBudget({ whole: 0.05, isRead: true }, () => now);
    const intervals: number[] = [];
    for (let step = 0; step < 3000; step++) {
      const measured = budget.due(step);
      now += step < 1000 ? 1 : 20;
      if (measured) budget.timed(() => (now += 0.2));
      budget.end(step, measured);
      intervals.push(budget.interval!);
    }
    expect([intervals[999], intervals[2999]]).toEqual([5, 1]);
  });

  test('a pause is no long step: the time of a step that was abandoned, and to the next end, counts for nothing', () => {
    let now = 0;
    const budget = new BatchBudget({ whole: 0.05, isRead: true }, () => now);
    for (let step = 0; step < 1000; step++) {
      now += 1;
      budget.timed(() => {
        now += 0.02;
      });
      if (step % 2 === 0) {
        budget.abandon();
        now += 10_000;
      }
      budget.end(step, true);
    }
    expect(budget.left).toBeCloseTo(1 - 0.02 / 0.05, 3);
  });
});

test('where no metric reads them, batches are looked at in the first 200 steps only, and take nothing from the rest', () => {
  let now = 0;
  const budget = new BatchBudget({ whole: 0.05, isRead: false }, () => now);
  const measured: number[] = [];
  for (let step = 0; step < 1000; step++) {
    // Something else asks for some of them.
    const due = budget.due(step);
    now += 1;
    if (due || step % 10 === 0) budget.timed(() => now++);
    if (due) measured.push(step);
    budget.end(step, due || step % 10 === 0);
  }
  expect(measured).toEqual(Array.from({ length: FIRST }, (_, step) => step));
  expect([budget.left, budget.interval]).toEqual([1, null]);
});

describe('what is left of the budget for the rest', () => {
  test('is all of it in the first steps, and then what batches do not take, but never less than a fifth', () => {
    expect(train(0.05, 1, 3, FIRST).budget.left).toBe(1);
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        const { left, interval } = train(whole, 1, cost).budget;
        expect(left).toBeCloseTo(Math.max(0.2, 1 - cost / interval! / whole), 9);
      }),
    );
  });

  test('is all of it where the budget is 1', () => {
    expect(train(1, 1, 3).budget.left).toBe(1);
  });
});
