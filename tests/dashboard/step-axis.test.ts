import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatStep, type StepScale, stepAt, stepPosition, stepTicks } from '../../dashboard/step-axis.ts';

const scales: readonly StepScale[] = ['log', 'linear'];

describe('the log axis', () => {
  test('starts at 0, and 0, 1, 10, 100, 1,000 are at equal distances', () => {
    expect([0, 1, 10, 100, 1000].map((step) => stepPosition(step, 'log'))).toEqual([0, 1, 2, 3, 4]);
  });

  test('is linear between 0 and 1', () => {
    expect(stepPosition(0.25, 'log')).toBe(0.25);
  });

  test('labels the powers of ten', () => {
    expect(stepTicks(0, 2000, 'log', 8)).toEqual([0, 1, 10, 100, 1000]);
    expect(stepTicks(0, 1, 'log', 8)).toEqual([0, 1]);
  });

  test('labels 1, 2, 5 where a part of it holds too few powers of ten', () => {
    expect(stepTicks(80, 600, 'log', 8)).toEqual([100, 200, 500]);
  });

  test('labels round steps within one octave', () => {
    expect(stepTicks(1000, 1400, 'log', 8)).toEqual([1000, 1100, 1200, 1300, 1400]);
  });
});

test('both axes keep the order of steps and give every step back', () => {
  fc.assert(
    fc.property(fc.constantFrom(...scales), fc.nat(1e7), fc.nat(1e7), (scale, a, b) => {
      expect(Math.sign(stepPosition(a, scale) - stepPosition(b, scale))).toBe(Math.sign(a - b));
      expect(stepAt(stepPosition(a, scale), scale)).toBeCloseTo(a, 5);
    }),
  );
});

test('ticks are whole steps inside the range, rising, and about as many as there is room for', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...scales),
      fc.nat(1e6),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 3, max: 12 }),
      (scale, first, length, most) => {
        const ticks = stepTicks(first, first + length, scale, most);
        expect(ticks.every((tick) => Number.isInteger(tick) && tick >= first && tick <= first + length)).toBe(true);
        expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
        expect(ticks.length).toBeLessThanOrEqual(2 * most);
      },
    ),
  );
});

test('an axis over one step has one tick', () => {
  expect(stepTicks(7, 7, 'linear', 5)).toEqual([7]);
});

test('steps are written short', () => {
  expect([0, 999, 1000, 2500, 10_000, 1_250_000].map(formatStep)).toEqual(['0', '999', '1k', '2.5k', '10k', '1.25M']);
});
