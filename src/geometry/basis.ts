import { choleskyOf, inverseOfLower, pivotedCholesky } from '../stats/cholesky.ts';
import { gramOf, type Products, plainProducts } from './products.ts';
import { flatRows, type Rows } from './rows.ts';

/** Directions at right angles to each other, of length 1: `size` rows of `columns` values. */
export interface Basis {
  readonly rows: Float64Array;
  readonly size: number;
  readonly columns: number;
}

/** Where a direction is this share of the largest square, or less, it is made in two steps: one alone leaves angles that are off by 1e-10. */
const SHORT = 1e-6;

/**
 * Share of the largest square at or below which what is left of a row is rounding: a few units in the last place for each of the
 * terms that were summed.
 */
export function rankCut(count: number, columns: number): number {
  return 4 * Number.EPSILON * Math.max(count, columns);
}

/**
 * Orthonormal basis of what `count` rows span, out of the pivoted Cholesky decomposition of their products (Cholesky QR; a second time where rows
 * are nearly dependent: Yamamoto, Nakatsukasa, Yanagisawa, Fukaya, ETNA 2015). At most `most` directions, and none below the rank cut
 * (4 epsilon max(count, columns) times the largest square) or at or below `floor`. Takes count^2 columns / 2 + size^2 columns + size^3 / 3 multiply-adds;
 * those of the directions (size^2 columns) by `products`.
 */
export function spanOf(rows: Float64Array, count: number, columns: number, limits: SpanLimits): Basis {
  const { most, floor = 0, products = plainProducts } = limits;
  const gram = gramOf(rows, count, columns);
  const { chosen, lower } = pivotedCholesky(gram, count, most, rankCut(count, columns), floor);
  const size = chosen.length;
  const rest = size === 0 ? 1 : (lower[size * size - 1]! / lower[0]!) ** 2;
  const basis = { rows: straightened(pickRows(rows, columns, chosen), lower, size, columns, products), size, columns };
  if (rest > SHORT) return basis;
  const again = choleskyOf(gramOf(basis.rows, size, columns), size, 0);
  return again === null ? basis : { ...basis, rows: straightened(basis.rows, again, size, columns, plainProducts) };
}

export interface SpanLimits {
  readonly most: number;
  readonly floor?: number;
  readonly products?: Products;
}

/** L^-1 times the rows. */
function straightened(rows: Float64Array, lower: Float64Array, size: number, columns: number, products: Products) {
  const inverse = inverseOfLower(lower, size);
  return products.rowProducts(inverse, size, transposed(rows, size, columns), columns, size);
}

/**
 * Orthonormal basis of the space that rows span: those of the classifier, say, as `scatter` of `ClassMoments`. `columns` is needed where
 * rows are flat. Rows count as dependent below the rank cut of `spanOf`. Throws a RangeError where rows differ in length or a
 * value is not finite.
 */
export function basisOf(rows: Rows, columns?: number): Basis {
  const flat = flatRows('rows', rows, columns);
  const most = Math.min(flat.count, flat.columns);
  return spanOf(Float64Array.from(flat.values), flat.count, flat.columns, { most });
}

/** Some of the rows. */
export function pickRows(rows: Float64Array, columns: number, which: readonly number[]): Float64Array {
  const picked = new Float64Array(which.length * columns);
  which.forEach((from, to) => {
    picked.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return picked;
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
