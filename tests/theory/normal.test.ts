import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bivariateNormalCdf } from '../../src/theory/bivariate-normal.ts';
import { normalCdf, normalDensity, normalQuantile } from '../../src/theory/normal.ts';

const reference = JSON.parse(readFileSync(new URL('../fixtures/normal.json', import.meta.url), 'utf8')) as {
  cdf: [x: number, cdf: number][];
  bivariate: [a: number, b: number, r: number, cdf: number][];
};

describe('one normal variable', () => {
  test.each(reference.cdf)('Phi(%d)', (x, cdf) => {
    // In the far tail a rounding of x by half a unit is a relative error of x^2 units of Phi.
    expect(Math.abs(normalCdf(x) / cdf - 1)).toBeLessThan(1e-15 * (4 + x * x));
  });

  test('density is the derivative of the distribution function', () => {
    for (const x of [-3, -1, 0, 0.4, 2]) {
      const slope = (normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5;
      expect(normalDensity(x)).toBeCloseTo(slope, 9);
    }
  });

  test('the quantile inverts the distribution function, tails included', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: -1e-9, noNaN: true }), (exponent) => {
        const p = 10 ** exponent;
        expect(Math.abs(normalCdf(normalQuantile(p)) / p - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  test('is symmetric, and ends at 0 and 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -20, max: 1, noNaN: true }), (u) => {
        const p = Math.round(u * 2 ** 40) / 2 ** 40;
        expect(normalQuantile(1 - p)).toBe(p === 1 ? -Infinity : 0 - normalQuantile(p));
      }),
    );
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect([normalCdf(-Infinity), normalCdf(Infinity), normalDensity(-Infinity)]).toEqual([0, 1, 0]);
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalCdf(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  });
});

describe('two normal variables', () => {
  test.each(reference.bivariate)("P(z <= %d, z' <= %d) at correlation %d", (a, b, r, cdf) => {
    expect(Math.abs(bivariateNormalCdf(a, b, r) - cdf)).toBeLessThan(1e-14);
  });

  test('ends at products and minima', () => {
    expect(bivariateNormalCdf(0.3, -0.4, 1)).toBe(normalCdf(-0.4));
    expect(bivariateNormalCdf(0.3, 0.4, -1)).toBeCloseTo(normalCdf(0.3) + normalCdf(0.4) - 1, 15);
    expect(bivariateNormalCdf(-0.3, -0.4, -1)).toBe(0);
    expect(bivariateNormalCdf(Infinity, -0.4, 0.5)).toBe(normalCdf(-0.4));
    expect(bivariateNormalCdf(-Infinity, 0.4, 0.5)).toBe(0);
  });

  test('is symmetric and grows with each argument', () => {
    const value = fc.double({ min: -5, max: 5, noNaN: true });
    const correlation = fc.double({ min: -0.9999, max: 0.9999, noNaN: true });
    fc.assert(
      fc.property(value, value, correlation, (a, b, r) => {
        const p = bivariateNormalCdf(a, b, r);
        expect(Math.abs(p - bivariateNormalCdf(b, a, r))).toBeLessThan(1e-15);
        expect(bivariateNormalCdf(a + 0.1, b, r)).toBeGreaterThanOrEqual(p - 1e-15);
        expect(bivariateNormalCdf(a, b, Math.min(1, r + 1e-3))).toBeGreaterThanOrEqual(p - 1e-15);
      }),
    );
  });
});
