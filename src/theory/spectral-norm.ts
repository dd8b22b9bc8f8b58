/**
 * Largest singular value of an m x m matrix, given column after column, as an upper bound that holds to rounding: a
 * duality gap rests on it, and the power method would only ever come from below.
 */
export function spectralNorm(columns: Float64Array, size: number): number {
  let scale = 0;
  for (const value of columns) scale = Math.max(scale, Math.abs(value));
  if (scale === 0) return 0;
  const { diagonal, beside } = tridiagonal(gram(columns, size, scale), size);
  return scale * Math.sqrt(Math.max(0, largestEigenvalue(diagonal, beside)));
}

/** X^T X of the matrix divided by `scale`, so that no square underflows. */
function gram(columns: Float64Array, size: number, scale: number): Float64Array {
  const scaled = columns.map((value) => value / scale);
  const products = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0, a = i * size, b = j * size; k < size; k++) sum += scaled[a + k]! * scaled[b + k]!;
      products[i * size + j] = sum;
      products[j * size + i] = sum;
    }
  }
  return products;
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Between the i-th and the next; size - 1. */
  readonly beside: Float64Array;
}

/** Householder reflections from both sides; `matrix` is symmetric and used up. */
function tridiagonal(matrix: Float64Array, size: number): Tridiagonal {
  const beside = new Float64Array(Math.max(0, size - 1));
  const mirror = new Float64Array(size);
  const image = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    beside[k] = reflector(matrix, k, size, mirror);
    if (k < size - 2) reflect(matrix, k + 1, size, mirror, image);
  }
  return { diagonal: Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!), beside };
}

/** Unit vector `mirror` (from k + 1 on) that takes what is beside the diagonal in row k to its first place; that value. */
function reflector(matrix: Float64Array, k: number, size: number, mirror: Float64Array): number {
  let square = 0;
  for (let j = k + 1; j < size; j++) {
    mirror[j] = matrix[k * size + j]!;
    square += mirror[j]! * mirror[j]!;
  }
  const first = mirror[k + 1]!;
  const length = first > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  mirror[k + 1] = first - length;
  const norm = Math.sqrt(square - first * first + mirror[k + 1]! * mirror[k + 1]!);
  for (let j = k + 1; j < size; j++) mirror[j] = norm > 0 ? mirror[j]! / norm : 0;
  return length;
}

/** (I - 2 v v^T) A (I - 2 v v^T) on the part of A from `from` on. */
function reflect(matrix: Float64Array, from: number, size: number, v: Float64Array, image: Float64Array): void {
  let along = 0;
  for (let i = from; i < size; i++) {
    let sum = 0;
    for (let j = from, row = i * size; j < size; j++) sum += matrix[row + j]! * v[j]!;
    image[i] = sum;
    along += sum * v[i]!;
  }
  for (let i = from; i < size; i++) image[i]! -= along * v[i]!;
  for (let i = from; i < size; i++) {
    const [vi, wi] = [2 * v[i]!, 2 * image[i]!];
    for (let j = from, row = i * size; j < size; j++) matrix[row + j]! -= vi * image[j]! + wi * v[j]!;
  }
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
