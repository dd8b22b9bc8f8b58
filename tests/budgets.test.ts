import { describe, expect, test } from 'vitest';
import { budgetsOf } from '../src/budgets.ts';
import { every } from '../src/schedule.ts';

const GRADIENTS = { part: 'gradients', streams: ['train'] } as const;
const FEATURES = { part: 'features', streams: ['train', 'probe'] } as const;
const OF_BATCHES = { streams: ['train', 'probe'] } as const;
const OF_PROBES = { streams: ['probe'] } as const;
const ALL = [GRADIENTS, FEATURES, OF_BATCHES] as const;

describe('the budget', () => {
  test('is shared by class gradients, features and evaluations, which add up to it', () => {
    const { gradients, features, evaluations } = budgetsOf(ALL, {});
    expect(gradients! + features! + evaluations).toBeCloseTo(0.05, 12);
    expect(budgetsOf(ALL, { budget: 0.2 }).gradients! / gradients!).toBeCloseTo(4, 12);
  });

  test('is no smaller where something is not measured: the others get its part', () => {
    const { gradients, features, evaluations } = budgetsOf([GRADIENTS], {});
    expect(features).toBeNull();
    expect(gradients! + evaluations).toBeCloseTo(0.05, 12);
    expect(budgetsOf([OF_PROBES], { budget: 0.1 })).toEqual({
      whole: 0.1,
      batches: false,
      gradients: null,
      features: null,
      evaluations: 0.1,
    });
  });

  test('does not bind a schedule of the user, which has no part in it', () => {
    const { gradients, features, evaluations } = budgetsOf(ALL, { schedule: every(10) });
    expect(evaluations).toBe(1);
    expect(gradients! + features!).toBeCloseTo(0.05, 12);
  });

  test('of 1 has everything at every step', () => {
    expect(budgetsOf(ALL, { budget: 1 })).toEqual({
      whole: 1,
      batches: true,
      gradients: 1,
      features: 1,
      evaluations: 1,
    });
  });

  test('is not for batches that no metric reads but those of gradients and features', () => {
    expect(budgetsOf([GRADIENTS, FEATURES, OF_PROBES], {}).batches).toBe(false);
    expect(budgetsOf([OF_BATCHES], {}).batches).toBe(true);
  });
});
