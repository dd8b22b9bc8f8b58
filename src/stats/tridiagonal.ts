/** A symmetric matrix A as Q T Q^T: T has three diagonals. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Beside the diagonal: value i links i and i + 1; the last is 0. */
  readonly beside: Float64Array;
  /** Q^T, row-major; null where it was not asked for. */
  readonly rows: Float64Array | null;
}

/** Overwrites `matrix`, of which the lower triangle is read, with the reflections. 2 size^3 / 3 multiply-adds, with Q^T twice as many. */
export function tridiagonalOf(matrix: Float64Array, size: number, asksForRows: boolean): Tridiagonal {
  const beside = new Float64Array(size);
  const factors = new Float64Array(size);
  const mirror = new Float64Array(size);
  const product = new Float64Array(size);
  for (let k = 0; k < size - 2; k++) {
    const factor = reflect(matrix, size, k, mirror, beside);
    factors[k] = factor;
    if (factor !== 0) update(matrix, size, k + 1, factor, mirror, product);
  }
  if (size > 1) beside[size - 2] = matrix[(size - 1) * size + size - 2]!;
  const diagonal = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!);
  return { diagonal, beside, rows: asksForRows ? accumulated(matrix, size, factors, mirror) : null };
}

/**
 * The reflection I - factor v v^T that leaves only the first value of column k below the diagonal. v goes into `mirror`, and into
 * the column, which has no other use from here on. 0: nothing to reflect.
 */
function reflect(matrix: Float64Array, size: number, k: number, mirror: Float64Array, beside: Float64Array): number {
  let largest = 0;
  for (let i = k + 2; i < size; i++) largest = Math.max(largest, Math.abs(matrix[i * size + k]!));
  const head = matrix[(k + 1) * size + k]!;
  beside[k] = head;
  if (largest === 0) return 0;
  largest = Math.max(largest, Math.abs(head));
  let square = 0;
  for (let i = k + 1; i < size; i++) square += (matrix[i * size + k]! / largest) ** 2;
  const length = Math.sqrt(square) * (head < 0 ? -1 : 1);
  beside[k] = -length * largest;
  for (let i = k + 1; i < size; i++) {
    mirror[i] = matrix[i * size + k]! / largest + (i === k + 1 ? length : 0);
    matrix[i * size + k] = mirror[i]!;
  }
  return 1 / (length * mirror[k + 1]!);
}

/** Reflects the block from `from` on, on both sides: A - v w^T - w v^T, lower triangle. */
function update(
  matrix: Float64Array,
  size: number,
  from: number,
  factor: number,
  v: Float64Array,
  w: Float64Array,
): void {
  w.fill(0, from);
  for (let i = from; i < size; i++) {
    const row = i * size;
    const vi = v[i]!;
    let sum = matrix[row + i]! * vi;
    for (let j = from; j < i; j++) {
      const value = matrix[row + j]!;
      sum += value * v[j]!;
      w[j]! += value * vi;
    }
    w[i]! += sum;
  }
  let along = 0;
  for (let i = from; i < size; i++) along += w[i]! * v[i]!;
  const half = (factor * along) / 2;
  for (let i = from; i < size; i++) w[i] = factor * (w[i]! - half * v[i]!);
  for (let i = from; i < size; i++) {
    const row = i * size;
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = from; j <= i; j++) matrix[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** All reflections one after the other, the last ones first: each then touches only the block that is no longer the identity. */
function accumulated(matrix: Float64Array, size: number, factors: Float64Array, mirror: Float64Array): Float64Array {
  const rows = new Float64Array(size * size);
  for (let i = 0; i < size; i++) rows[i * size + i] = 1;
  for (let k = size - 3; k >= 0; k--) {
    if (factors[k] === 0) continue;
    for (let i = k + 1; i < size; i++) mirror[i] = matrix[i * size + k]!;
    for (let i = k + 1; i < size; i++) {
      const row = i * size;
      let along = 0;
      for (let j = k + 1; j < size; j++) along += rows[row + j]! * mirror[j]!;
      along *= factors[k]!;
      for (let j = k + 1; j < size; j++) rows[row + j]! -= along * mirror[j]!;
    }
  }
  return rows;
}
