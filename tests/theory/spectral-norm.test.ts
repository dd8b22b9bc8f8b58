import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orthogonalize } from '../../src/theory/singular-values.ts';
import { spectralNorm } from '../../src/theory/spectral-norm.ts';

test('is the largest singular value, and never below it by more than rounding', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 8 })
        .chain((size) =>
          fc.tuple(
            fc.array(fc.integer({ min: -900, max: 900 }), { minLength: size * size, maxLength: size * size }),
            fc.integer({ min: -100, max: 100 }),
          ),
        ),
      ([values, exponent]) => {
        const given = Float64Array.from(values, (value) => value * 10 ** exponent);
        const size = Math.round(Math.sqrt(values.length));
        const largest = Math.max(...orthogonalize(given.slice(), null, size));
        const norm = spectralNorm(given, size);
        expect(norm).toBeGreaterThanOrEqual(largest * (1 - 1e-13));
        expect(norm).toBeLessThanOrEqual(largest * (1 + 1e-12));
      },
    ),
  );
});

test('of matrices where singular values coincide', () => {
  expect(spectralNorm(new Float64Array(9), 3)).toBe(0);
  expect(spectralNorm(Float64Array.from([0, -2, 2, 0]), 2)).toBeCloseTo(2, 14);
  const size = 6;
  const centring = Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0) - 1 / size);
  expect(spectralNorm(centring, size)).toBeCloseTo(1, 14);
});
