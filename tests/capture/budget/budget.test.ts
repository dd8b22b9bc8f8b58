import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget, MAX_INTERVAL } from '../../../src/capture/budget/budget.ts';
import { generator } from '../../support/generator.ts';

interface Training {
  readonly share?: number;
  readonly exact: boolean;
  readonly steps: number;
  /** True cost of a measurement at a step, in units of the step without it. */
  readonly cost: (step: number) => number;
  /** Time of a step without measurement. */
  readonly base?: (step: number) => number;
  /** Relative spread of the times. */
  readonly noise?: number;
  /** Share of a measurement's cost that shows only in the step after it. */
  readonly late?: number;
  /** Pause between a step and the one before, in ms. */
  readonly pause?: (step: number) => number;
  readonly seed?: number;
}

interface Course {
  readonly budget: Budget;
  readonly measured: number[];
  readonly intervals: number[];
  /** Time spent on measurements between two steps, over the time of the steps without them. */
  spent(from: number, to?: number): number;
}

function train({ share = 0.05, steps, cost, exact, base = () => 10, noise = 0.02, ...more }: Training): Course {
  const { late = 0, pause = () => 0, seed = 1 } = more;
  const random = generator(seed);
  const factor = () => 1 + noise * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const budget = new Budget(share, exact);
  const times: { plain: number; extra: number }[] = [];
  const measured: number[] = [];
  const intervals: number[] = [];
  let owed = 0;
  for (let step = 0; step < steps; step++) {
    const isMeasured = budget.due(step);
    // The first steps compile.
    const warmUp = step === 0 ? 30 : step < 4 ? 2 : 1;
    const plain = base(step) * warmUp * Math.max(0.2, factor());
    const extra = isMeasured ? cost(step) * base(step) * Math.max(0.2, factor()) * (step === 0 ? 40 : 1) : 0;
    const took = plain + extra * (1 - late) + owed + pause(step);
    owed = extra * late;
    budget.add(step, took, exact ? extra : extra * 0.1, isMeasured);
    if (isMeasured) measured.push(step);
    intervals.push(budget.interval);
    times.push({ plain, extra });
  }
  const spent = (from: number, to = steps) => {
    const part = times.slice(from, to);
    return part.reduce((sum, { extra }) => sum + extra, 0) / part.reduce((sum, { plain }) => sum + plain, 0);
  };
  return { budget, measured, intervals, spent };
}

const costs = fc.double({ min: Math.log(0.001), max: Math.log(3), noNaN: true }).map(Math.exp);
const seeds = fc.integer({ min: 1, max: 1e6 });
const kinds = [
  { name: 'own time', exact: true, noise: 0.1 },
  { name: 'neighbouring steps', exact: false, noise: 0.02 },
] as const;

describe.each(kinds)('by $name', ({ exact, noise }) => {
  test('what is spent over the last 80 % of a training is at most 1.1 times the budget, whatever a measurement costs', () => {
    fc.assert(
      fc.property(costs, seeds, fc.constantFrom(0.01, 0.05, 0.2), (cost, seed, share) => {
        const { spent } = train({ exact, noise, seed, share, steps: 6000, cost: () => cost });
        expect(spent(1200)).toBeLessThanOrEqual(share * 1.1);
      }),
      { numRuns: 60 },
    );
  });

  test('a measurement that costs clearly less than the budget is made at every step', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.025, noNaN: true }), seeds, (cost, seed) => {
        const { budget, measured } = train({ exact, noise: noise / 2, seed, steps: 4000, cost: () => cost });
        expect(budget.interval).toBe(1);
        expect(measured.length).toBeGreaterThan(3400);
      }),
      { numRuns: 30 },
    );
  });

  test('most of the budget is used: the interval is not longer than it need be', () => {
    for (const cost of [0.12, 0.6, 3]) {
      const { budget } = train({ exact, noise, steps: 8000, cost: () => cost });
      expect(budget.interval).toBeGreaterThanOrEqual(Math.ceil(cost / 0.05) * 0.95);
      expect(budget.interval).toBeLessThanOrEqual(Math.ceil(cost / 0.05) * 1.3);
    }
  });

  test('a cost that rises tenfold over the run stays within the budget', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.3, noNaN: true }), seeds, (cost, seed) => {
        const steps = 20_000;
        const { spent } = train({ exact, noise, seed, steps, cost: (step) => cost * 10 ** (step / steps) });
        expect(spent(0.2 * steps)).toBeLessThanOrEqual(0.055);
      }),
      { numRuns: 20 },
    );
  });

  test('recovers when a busy machine calms down', () => {
    const { intervals } = train({ exact, noise, steps: 6000, cost: (step) => (step < 2000 ? 2 : 0.02) });
    expect(intervals[1999]).toBeGreaterThanOrEqual(40);
    expect(intervals.at(-1)).toBe(1);
  });

  test('recovers within 3,000 steps also from an interval of hundreds', () => {
    const { intervals } = train({ exact, noise, steps: 11_000, cost: (step) => (step < 8000 ? 20 : 0.02) });
    expect(intervals[7999]).toBeGreaterThanOrEqual(380);
    expect(intervals.at(-1)).toBe(1);
  });

  test('a cost that jumps is noticed within 500 steps', () => {
    const { spent } = train({ exact, noise, steps: 6000, cost: (step) => (step < 3000 ? 0.02 : 2) });
    expect(spent(3500)).toBeLessThanOrEqual(0.055);
  });

  test('steps that become slower or faster do not change it', () => {
    const base = (step: number) => (step < 2000 ? 10 : step < 4000 ? 30 : 4);
    const { spent, budget } = train({ exact, noise, steps: 6000, cost: () => 0.6, base });
    expect(budget.interval).toBeLessThanOrEqual(16);
    expect(spent(1200)).toBeLessThanOrEqual(0.055);
  });

  test('pauses between steps do not move it, also where every epoch is as short as the interval', () => {
    for (const epoch of [10, 12, 24, 400]) {
      const { budget } = train({
        exact,
        noise,
        steps: 8000,
        cost: () => 0.6,
        pause: (step) => (step % epoch === 0 ? 800 : 0),
      });
      expect(budget.interval).toBeGreaterThanOrEqual(11);
      expect(budget.interval).toBeLessThanOrEqual(18);
    }
  });

  test('does not flicker: in a steady training it settles', () => {
    for (const cost of [0.06, 0.33, 1]) {
      const { intervals } = train({ exact, noise: noise / 2, steps: 12_000, cost: () => cost });
      const changes = intervals.slice(4000).filter((interval, i, rest) => i > 0 && interval !== rest[i - 1]).length;
      expect(changes).toBeLessThanOrEqual(8);
    }
  });

  test('is a function of what it was told, and asking changes nothing', () => {
    const run = () => {
      const budget = new Budget(0.05, exact);
      const random = generator(7);
      return Array.from({ length: 500 }, (_, step) => {
        const isDue = budget.due(step);
        expect(budget.due(step)).toBe(isDue);
        budget.add(step, 10 + random() + (isDue ? 5 : 0), isDue ? 5 : 0, isDue);
        return isDue;
      });
    };
    expect(run()).toEqual(run());
    expect(run()[0]).toBe(true);
  });

  test('times that are no positive number tell nothing', () => {
    const budget = new Budget(0.05, exact);
    for (let step = 0; step < 50; step++) budget.add(step, [Number.NaN, -1, 0, Infinity][step % 4]!, 1, true);
    expect(budget.cost).toBeNull();
    expect(budget.interval).toBe(1);
  });

  test('a measurement that costs more than any interval can pay for is still made now and then', () => {
    const { measured, budget } = train({ exact, noise, steps: 12_000, cost: () => 500 });
    expect(budget.interval).toBe(MAX_INTERVAL);
    expect(measured.at(-1)).toBeGreaterThan(9000);
  });
});

test('a cost that the device pays for in the step after is counted', () => {
  for (const late of [0.5, 1]) {
    const { budget, spent } = train({ exact: false, steps: 8000, cost: () => 0.8, late });
    expect(budget.cost).toBeGreaterThan(0.7);
    expect(spent(1600)).toBeLessThanOrEqual(0.055);
  }
});

test('the cost is unknown at first, then close to the truth', () => {
  for (const { exact } of kinds) {
    expect(new Budget(0.05, exact).cost).toBeNull();
    const { budget } = train({ exact, steps: 3000, cost: () => 0.6 });
    expect(budget.cost).toBeGreaterThan(0.5);
    expect(budget.cost).toBeLessThan(0.7);
  }
});

test('step 0 is measured also when nothing was due', () => {
  const budget = new Budget(0.05, true);
  for (let step = 0; step < 10; step++) budget.add(step, 10, 5, budget.due(step));
  expect(budget.due(0)).toBe(true);
});

test('a budget outside (0, 1] is refused in a sentence', () => {
  for (const share of [0, -1, 1.5, Number.NaN])
    expect(() => new Budget(share, true)).toThrow(/Expected a budget above 0/);
});

test.each([true, false])('a share of 1 asks for every step, whatever it costs (exact: %s)', (exact) => {
  const budget = new Budget(1, exact);
  for (let step = 0; step < 100; step++) {
    expect(budget.due(step)).toBe(true);
    budget.add(step, 10, 9.9, true);
  }
  expect(budget.interval).toBe(1);
});
