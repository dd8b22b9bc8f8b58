import { describe, expect, test } from 'vitest';
import { gaussLegendre, normalRule, panelRule, sumOver } from '../../src/theory/quadrature.ts';

describe('Gauss-Legendre', () => {
  test.each([1, 2, 5, 12, 20, 64])('%d nodes integrate every power up to 2n - 1 over [-1, 1]', (n) => {
    const rule = gaussLegendre(n);
    for (let power = 0; power < 2 * n; power++) {
      const exact = power % 2 === 0 ? 2 / (power + 1) : 0;
      expect(Math.abs(sumOver(rule, (x) => x ** power) - exact)).toBeLessThan(2e-14);
    }
  });

  test('nodes are computed once', () => {
    expect(gaussLegendre(12)).toBe(gaussLegendre(12));
  });
});

describe('panels', () => {
  test('cut at a kink they lose nothing', () => {
    expect(sumOver(panelRule([-1, 0.3, 2], 8), (x) => Math.abs(x - 0.3))).toBeCloseTo((1.3 ** 2 + 1.7 ** 2) / 2, 14);
  });
});

describe('normal average', () => {
  test('moments of a standard normal variable', () => {
    const rule = normalRule([]);
    const moments = [0, 1, 2, 3, 4, 6, 8].map((power) => sumOver(rule, (x) => x ** power));
    [1, 0, 1, 0, 3, 15, 105].forEach((exact, i) => {
      expect(Math.abs(moments[i]! - exact)).toBeLessThan(1e-12 * Math.max(1, exact));
    });
  });
  test('is exact across kinks that it is told of, steep ones too', () => {
    expect(sumOver(normalRule([0.2]), (x) => Math.max(0, x - 0.2))).toBeCloseTo(0.3069, 4);
    const step = (x: number) => 1 / (1 + Math.exp(-1e6 * (x - 0.5)));
    expect(sumOver(normalRule([0.5], 1e-6), step)).toBeCloseTo(0.3085375387259869, 9);
  });
});
