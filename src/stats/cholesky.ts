import { dotOf } from './dot.ts';

/** Share of the largest diagonal entry at or below which a pivot is rounding. */
const NEGLIGIBLE = 1e-12;

/** x of A x = b, A symmetric (n x n), by Cholesky's decomposition; null where A is not positive definite. */
export function solvePositive(a: Float64Array, b: Float64Array, n: number): Float64Array | null {
  const lower = choleskyOf(a, n, NEGLIGIBLE);
  if (lower === null) return null;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}

/**
 * L of A = L L^T, lower triangle, row-major; A is symmetric (n x n). Null where a pivot is no larger than `share` of the largest diagonal entry, or than
 * `floor`.
 */
export function choleskyOf(a: Float64Array, n: number, share: number, floor = 0): Float64Array | null {
  const lower = new Float64Array(n * n);
  const least = Math.max(floor, share * largestDiagonal(a, n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      lower[i * n + j] = (a[i * n + j]! - dotOf(lower, i * n, lower, j * n, j)) / lower[j * n + j]!;
    }
    const pivot = a[i * n + i]! - dotOf(lower, i * n, lower, i * n, i);
    if (!(pivot > least)) return null;
    lower[i * n + i] = Math.sqrt(pivot);
  }
  return lower;
}

/** Rows of A that the others depend on, and what they are made of. */
export interface Pivots {
  /** Rows, in the order in which they were chosen. */
  readonly chosen: readonly number[];
  /** L of A between chosen rows = L L^T, size x size. */
  readonly lower: Float64Array;
}

/**
 * Cholesky's decomposition with pivoting (Golub and Van Loan, Matrix Computations, section 4.2.8): the row with the largest rest comes next. At most `most`
 * rows, and none whose rest is no larger than `share` of the largest diagonal entry, or than `floor`. A is symmetric, positive semidefinite (n x n).
 */
export function pivotedCholesky(a: Float64Array, n: number, most: number, share: number, floor = 0): Pivots {
  const rests = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const least = Math.max(floor, share * largestDiagonal(a, n));
  const rows = new Float64Array(n * most);
  const left = new Set(rests.keys());
  const chosen: number[] = [];
  while (chosen.length < most) {
    let next = -1;
    for (const i of left) if (rests[i]! > (rests[next] ?? least)) next = i;
    if (next < 0) break;
    const at = chosen.length;
    const pivot = Math.sqrt(rests[next]!);
    rows[next * most + at] = pivot;
    left.delete(next);
    chosen.push(next);
    for (const i of left) {
      const along = (a[i * n + next]! - dotOf(rows, i * most, rows, next * most, at)) / pivot;
      rows[i * most + at] = along;
      rests[i]! -= along * along;
    }
  }
  const lower = new Float64Array(chosen.length ** 2);
  chosen.forEach((row, i) => {
    lower.set(rows.subarray(row * most, row * most + i + 1), i * chosen.length);
  });
  return { chosen, lower };
}

/** L^-1, lower triangle, of a lower triangle L (n x n). */
export function inverseOfLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const at = i * n;
    for (let k = 0; k < i; k++) {
      const factor = lower[at + k]!;
      for (let j = 0; j <= k; j++) inverse[at + j]! -= factor * inverse[k * n + j]!;
    }
    const pivot = lower[at + i]!;
    for (let j = 0; j < i; j++) inverse[at + j]! /= pivot;
    inverse[at + i] = 1 / pivot;
  }
  return inverse;
}

function largestDiagonal(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  return largest;
}
