import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchBudget } from '../../../src/capture/budget/batch-budget.ts';

const FIRST = 200;

interface Training {
  readonly whole?: number;
  readonly steps?: number;
  /** Time of a step that nothing is measured of (ms), and what a look at its batch adds. */
  readonly base?: (step: number) => number;
  readonly cost: number;
  readonly isRead?: boolean;
  /** Steps that something else is measured of. */
  readonly asked?: (step: number) => boolean;
}

function train({ whole = 0.05, steps = 2000, base = () => 1, cost, isRead = true, asked = () => false }: Training) {
  let now = 0;
  const budget = new BatchBudget({ whole, isRead }, () => now);
  const due: number[] = [];
  const intervals: (number | null)[] = [];
  for (let step = 0; step < steps; step++) {
    const isDue = budget.due(step);
    const isMeasured = isDue || asked(step);
    if (isDue) due.push(step);
    now += base(step);
    if (isMeasured) {
      budget.timed(() => {
        now += cost;
      });
    }
    budget.end(step, isMeasured);
    intervals.push(budget.interval);
  }
  const late = due.filter((step) => step >= steps / 2);
  return { budget, due, late, intervals, share: (late.length * cost) / (steps / 2) };
}

const shares = fc.double({ min: 0.01, max: 0.5, noNaN: true });
const costs = fc.double({ min: 0.001, max: 3, noNaN: true });

describe('batches that train', () => {
  test('are all looked at in the first 200 steps, whatever that costs', () => {
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        expect(train({ whole, cost, steps: FIRST }).due).toHaveLength(FIRST);
      }),
    );
  });

  test('take no more than four fifths of the budget after that, and no less than half of them where they would take more', () => {
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        const { share, late } = train({ whole, cost, steps: 20_000 });
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
      const { late, budget } = train({ cost, steps: 40_000 });
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
    expect(train({ whole: 1, cost: 3 }).due).toHaveLength(2000);
  });

  test('are looked at more often again when steps get longer', () => {
    const { intervals } = train({ steps: 3000, base: (step) => (step < 1000 ? 1 : 20), cost: 0.2 });
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
  const { due, budget } = train({ cost: 1, steps: 1000, isRead: false, asked: (step) => step % 10 === 0 });
  expect(due).toEqual(Array.from({ length: FIRST }, (_, step) => step));
  expect([budget.left, budget.interval]).toEqual([1, null]);
});

describe('what is left of the budget for the rest', () => {
  test('is all of it in the first steps, and then what batches do not take, but never less than a fifth', () => {
    expect(train({ cost: 3, steps: FIRST }).budget.left).toBe(1);
    fc.assert(
      fc.property(shares, costs, (whole, cost) => {
        const { left, interval } = train({ whole, cost }).budget;
        expect(left).toBeCloseTo(Math.max(0.2, 1 - cost / interval! / whole), 9);
      }),
    );
  });

  test('is all of it where the budget is 1', () => {
    expect(train({ whole: 1, cost: 3 }).budget.left).toBe(1);
  });
});
