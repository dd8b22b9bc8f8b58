/** Share of the largest diagonal entry at or below which a pivot is rounding. */
const NEGLIGIBLE = 1e-12;

/** x of A x = b, A symmetric (n x n), by Cholesky's decomposition; null where A is not positive definite. */
export function solvePositive(a: Float64Array, b: Float64Array, n: number): Float64Array | null {
  const lower = decomposed(a, n);
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

/** L of A = L L^T, lower triangle. */
function decomposed(a: Float64Array, n: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= lower[i * n + k]! * lower[j * n + k]!;
      if (i === j && !(rest > NEGLIGIBLE * largest)) return null;
      lower[i * n + j] = i === j ? Math.sqrt(rest) : rest / lower[j * n + j]!;
    }
  }
  return lower;
}
