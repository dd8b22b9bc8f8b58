import { gramOf, rowProducts } from './products.ts';
import { flatRows, type Rows } from './rows.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Directions at right angles to each other, of length 1: `size` rows of `columns` values. */
export interface Basis {
  readonly rows: Float64Array;
  readonly size: number;
  readonly columns: number;
}

/** Principal directions of rows x_a: those of sum x_a x_a^T, largest share first. */
export interface Directions {
  /** `size` rows of `columns` values: sum_a u_ia x_a. Their squared lengths are `squares`. */
  readonly rows: Float64Array;
  /** Eigenvalues of sum x_a x_a^T other than 0, descending. */
  readonly squares: Float64Array;
  readonly size: number;
}

/**
 * Eigenvalues at or below this share of the largest are rounding, and count as 0: a few units in the last place for each of
 * the terms that were summed.
 */
function rankCut(count: number, columns: number): number {
  return 4 * Number.EPSILON * Math.max(count, columns);
}

/**
 * Principal directions of `count` rows. At most `most` of them, and only those above the rank cut (4 epsilon max(count, columns)
 * times the largest) and above `floor`. `gram`: the products of every two rows, where they are known.
 */
export function directionsOf(
  rows: Float64Array,
  count: number,
  columns: number,
  most: number,
  floor = 0,
  gram = gramOf(rows, count, columns),
): Directions {
  const { values, vectors } = symmetricEigen(gram, count);
  const cut = Math.max(floor, values[0]! * rankCut(count, columns));
  const above = values.findIndex((value) => !(value > cut));
  const size = Math.max(0, Math.min(most, above < 0 ? count : above));
  const images = rowProducts(vectors.subarray(0, size * count), size, transposed(rows, count, columns), columns, count);
  // Measured anew: an eigenvalue is good to rounding of the largest, a length to rounding of itself.
  const squares = Float64Array.from({ length: size }, (_, i) => squareOf(images, i * columns, columns));
  return { rows: images, squares, size };
}

/**
 * Orthonormal basis of the space that rows span: those of the classifier, say, as `scatter` of `ClassMoments`. `columns` is needed where
 * rows are flat. Rows count as dependent below the rank cut of `directionsOf`. Throws a RangeError where rows differ in length or a
 * value is not finite.
 */
export function basisOf(rows: Rows, columns?: number): Basis {
  const flat = flatRows('rows', rows, columns);
  const most = Math.min(flat.count, flat.columns);
  return unitBasis(directionsOf(Float64Array.from(flat.values), flat.count, flat.columns, most), flat.columns);
}

/** The directions at length 1. */
export function unitBasis({ rows, squares, size }: Directions, columns: number): Basis {
  return { rows: rows.map((value, i) => value / Math.sqrt(squares[Math.floor(i / columns)]!)), size, columns };
}

/** R x D to D x R. */
export function transposed(rows: Float64Array, count: number, columns: number): Float64Array {
  const turned = new Float64Array(count * columns);
  for (let r = 0; r < count; r++) for (let j = 0; j < columns; j++) turned[j * count + r] = rows[r * columns + j]!;
  return turned;
}

export function squareOf(values: ArrayLike<number>, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += values[i]! * values[i]!;
  return sum;
}
