import { gramOf } from '../geometry/products.ts';
import { tridiagonalOf } from '../stats/tridiagonal.ts';

/**
 * Largest singular value of an m x m matrix, given column after column, as an upper bound that holds to rounding: a
 * duality gap rests on it, and the power method would only ever come from below.
 */
export function spectralNorm(columns: Float64Array, size: number): number {
  let scale = 0;
  for (const value of columns) scale = Math.max(scale, Math.abs(value));
  if (scale === 0) return 0;
  // X^T X of the matrix divided by its scale, so that no square underflows.
  const products = gramOf(
    columns.map((value) => value / scale),
    size,
    size,
  );
  const { diagonal, beside } = tridiagonalOf(products, size, false);
  return scale * Math.sqrt(Math.max(0, largestEigenvalue(diagonal, beside)));
}

/** By bisection: of two bounds, the upper one. */
function largestEigenvalue(diagonal: Float64Array, beside: Float64Array): number {
  let low = -Infinity;
  let high = -Infinity;
  diagonal.forEach((value, i) => {
    low = Math.max(low, value);
    high = Math.max(high, value + Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0));
  });
  while (high - low > 2 ** -52 * Math.abs(high)) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (allBelow(diagonal, beside, middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Whether every eigenvalue is below `bound`: then all pivots of T - bound I are negative. */
function allBelow(diagonal: Float64Array, beside: Float64Array, bound: number): boolean {
  let pivot = diagonal[0]! - bound;
  for (let i = 1; i < diagonal.length && pivot < 0; i++) {
    pivot = diagonal[i]! - bound - (beside[i - 1]! * beside[i - 1]!) / pivot;
  }
  return pivot < 0;
}
