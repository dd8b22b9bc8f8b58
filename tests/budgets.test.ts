import { describe, expect, test } from 'vitest';
import { budgetsOf } from '../src/budgets.ts';
import { every } from '../src/schedule.ts';

const ALL = [{ part: 'gradients' }, { part: 'features' }, {}] as const;

describe('the budget', () => {
  test('is shared by class gradients, features and evaluations, which add up to it', () => {
    const { gradients, features, evaluations } = budgetsOf(ALL, {});
    expect(gradients! + features! + evaluations).toBeCloseTo(0.05, 12);
    expect(budgetsOf(ALL, { budget: 0.2 }).gradients! / gradients!).toBeCloseTo(4, 12);
  });

  test('is no smaller where something is not measured: the others get its part', () => {
    const { gradients, features, evaluations } = budgetsOf([{ part: 'gradients' }], {});
    expect(features).toBeNull();
    expect(gradients! + evaluations).toBeCloseTo(0.05, 12);
    expect(budgetsOf([{}], { budget: 0.1 })).toEqual({
      whole: 0.1,
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
    expect(budgetsOf(ALL, { budget: 1 })).toEqual({ whole: 1, gradients: 1, features: 1, evaluations: 1 });
  });
});
