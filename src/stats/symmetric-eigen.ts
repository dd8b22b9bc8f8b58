import { type Tridiagonal, tridiagonalOf } from './tridiagonal.ts';

/** Eigenvalues in descending order with their eigenvectors. */
export interface Eigen {
  readonly values: Float64Array;
  /** Row i, of the matrix' size, belongs to value i; all of length 1 and at right angles to each other. */
  readonly vectors: Float64Array;
}

/** Steps per eigenvalue; two are usual. */
const MAX_STEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric size x size matrix of finite values, row-major, of which the lower triangle is read. Householder
 * reflections to three diagonals, then QL steps with Wilkinson's shift (Golub and Van Loan, Matrix Computations, chapter 8), in
 * float64: values are good to a few units of rounding of the largest. Takes about 4 size^3 multiply-adds.
 */
export function eigenOf(matrix: ArrayLike<number>, size: number): Eigen {
  const scale = scaleOf(matrix);
  if (scale === 0) return { values: new Float64Array(size), vectors: identity(size) };
  const form = tridiagonalOf(scaled(matrix, scale), size, true);
  diagonalise(form, size);
  return sorted(form.diagonal, form.rows!, scale);
}

/** The eigenvalues alone, descending: a sixth of the time. */
export function eigenvaluesOf(matrix: ArrayLike<number>, size: number): Float64Array {
  const scale = scaleOf(matrix);
  if (scale === 0) return new Float64Array(size);
  const form = tridiagonalOf(scaled(matrix, scale), size, false);
  diagonalise(form, size);
  return form.diagonal.sort((a, b) => b - a).map((value) => value * scale);
}

/** What brings a matrix to about 1, so that squares neither overflow nor vanish; a power of 2, which costs no digits. 0 for zeros. */
function scaleOf(matrix: ArrayLike<number>): number {
  return 2 ** Math.floor(Math.log2(largestOf(matrix)));
}

function scaled(matrix: ArrayLike<number>, scale: number): Float64Array {
  return Float64Array.from(matrix, (value) => value / scale);
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

/** Turns the diagonal into eigenvalues and the rows into their vectors. */
function diagonalise(form: Tridiagonal, size: number): void {
  const { diagonal, beside } = form;
  let norm = 0;
  for (let i = 0; i < size; i++) norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(beside[i]!));
  const negligible = (Number.EPSILON / 2) * norm;
  for (let first = 0; first < size; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last < size - 1 && Math.abs(beside[last]!) > negligible) last++;
      if (last === first) break;
      if (steps === MAX_STEPS) throw new Error(`Eigenvalue ${first} of ${size} was not found in ${MAX_STEPS} steps.`);
      step(form, first, last, size);
    }
  }
}

/** One implicit QL step on the block from `first` to `last`: rotations chase the shift from its end to its beginning. */
function step({ diagonal, beside, rows }: Tridiagonal, first: number, last: number, size: number): void {
  const shift = wilkinson(diagonal[first]!, beside[first]!, diagonal[first + 1]!);
  let x = diagonal[last]! - shift;
  let z = beside[last - 1]!;
  for (let k = last - 1; k >= first; k--) {
    const r = Math.hypot(x, z);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : z / r;
    if (k + 1 < last) beside[k + 1] = r;
    const [upper, off, lower] = [diagonal[k]!, beside[k]!, diagonal[k + 1]!];
    const turned = 2 * c * s * off;
    diagonal[k + 1] = c * c * lower + turned + s * s * upper;
    diagonal[k] = s * s * lower - turned + c * c * upper;
    beside[k] = c * s * (upper - lower) + (c * c - s * s) * off;
    x = beside[k]!;
    if (k > first) {
      z = s * beside[k - 1]!;
      beside[k - 1]! *= c;
    }
    if (rows !== null) rotate(rows, k * size, c, s, size);
  }
}

/** The eigenvalue of [[a, b], [b, c]] that is nearer to a. */
function wilkinson(a: number, b: number, c: number): number {
  const half = (c - a) / 2;
  return a - (b * b) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, b));
}

/** Row at `at` and the one after it, turned into each other. */
function rotate(rows: Float64Array, at: number, c: number, s: number, size: number): void {
  const next = at + size;
  for (let j = 0; j < size; j++) {
    const upper = rows[at + j]!;
    const lower = rows[next + j]!;
    rows[at + j] = c * upper - s * lower;
    rows[next + j] = s * upper + c * lower;
  }
}

function sorted(diagonal: Float64Array, rows: Float64Array, scale: number): Eigen {
  const size = diagonal.length;
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    vectors.set(rows.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (from) => diagonal[from]! * scale), vectors };
}
