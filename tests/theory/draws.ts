import { expect } from 'vitest';

/** Standard normal numbers by Box and Muller, out of uniform ones. */
export function normals(uniform: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Within `tolerance` of `expected`, relative to it; where it is 0, absolute. */
export function expectRelative(actual: number, expected: number, tolerance = 1e-6): void {
  const off = Math.abs(actual - expected) / (expected === 0 ? 1 : Math.abs(expected));
  expect(off, `${actual} instead of ${expected}`).toBeLessThanOrEqual(tolerance);
}
