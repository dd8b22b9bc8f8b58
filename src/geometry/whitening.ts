import { choleskyOf, inverseOfLower } from '../stats/cholesky.ts';
import { rankCut, squareOf, transposed } from './basis.ts';
import { gramOf, rowProducts } from './products.ts';
import { areFinite } from './rows.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Vectors w_i with sum w_i w_i^T = (sum x_a x_a^T)^+: `size` rows. */
export interface Whitening {
  readonly rows: Float64Array;
  readonly size: number;
}

/** Of a matrix whose smallest pivot is this share of its largest entry, Cholesky's decomposition keeps seven digits. */
const LEAST_PIVOT = 1e-9;

/** Which part of the space counts. */
export interface Limits {
  /** At most so many directions: what is known of the rank. */
  readonly most: number;
  /** Squares of the rows along a direction up to here are rounding. */
  readonly floor: number;
}

/**
 * The whitening of `count` rows of `columns` values. Where they span all columns, by Cholesky's decomposition of their second moments, in
 * (count + columns) columns^2 / 2 multiply-adds. Else, and where they nearly don't, by eigenvectors: of the pseudo-inverse, which leaves out what
 * lies below the rank cut (4 epsilon max(count, columns) times the largest eigenvalue).
 */
export function whiteningOf(rows: Float64Array, count: number, columns: number, limits: Limits): Whitening {
  const inverse = limits.most < columns ? null : inverseRoot(rows, count, columns, limits.floor);
  return inverse === null ? byEigenvectors(rows, count, columns, limits) : { rows: inverse, size: columns };
}

/** L^-1 of sum x x^T = L L^T, whose rows are a whitening; null where a pivot is next to nothing. */
function inverseRoot(rows: Float64Array, count: number, columns: number, floor: number): Float64Array | null {
  const moments = gramOf(transposed(rows, count, columns), columns, count);
  const lower = choleskyOf(moments, columns, LEAST_PIVOT, floor);
  return lower === null ? null : inverseOfLower(lower, columns);
}

/** y / |y|^2 of the principal directions y = sum_a u_a x_a: |y|^2 is the eigenvalue. */
function byEigenvectors(rows: Float64Array, count: number, columns: number, { most, floor }: Limits): Whitening {
  const gram = gramOf(rows, count, columns);
  // Squares beyond float64 tell of no direction.
  if (!areFinite(gram)) return { rows: new Float64Array(0), size: 0 };
  const { values, vectors } = symmetricEigen(gram, count);
  const cut = Math.max(floor, values[0]! * rankCut(count, columns));
  const above = values.findIndex((value) => !(value > cut));
  const size = Math.max(0, Math.min(most, above < 0 ? count : above));
  const images = rowProducts(vectors.subarray(0, size * count), size, transposed(rows, count, columns), columns, count);
  for (let i = 0; i < size; i++) {
    // Measured anew: an eigenvalue is good to rounding of the largest, a length to rounding of itself.
    const square = squareOf(images, i * columns, columns);
    for (let j = i * columns; j < (i + 1) * columns; j++) images[j]! /= square;
  }
  return { rows: images, size };
}
