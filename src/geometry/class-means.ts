import { type Basis, squareOf } from './basis.ts';
import type { ClassMoments } from './class-moments.ts';
import { gramOf, type Products, rowProducts } from './products.ts';
import { areFinite } from './rows.ts';

/** Differences below so many units of rounding are none. */
const ROUNDING = 64 * Number.EPSILON;

/** Means of the classes that have examples, less their own mean. */
export interface CentredMeans {
  /** Classes with examples: R of them, ascending. */
  readonly present: readonly number[];
  /** mu_G: mean of the class means; every class counts the same, however many examples it has. */
  readonly centre: Float64Array;
  /** M = mu_c - mu_G: R x columns. Zero where nothing but rounding is left, and where squares are beyond float64. */
  readonly rows: Float64Array;
  /** Mean of |h - mu_c|^2 of each class: R. */
  readonly variances: Float64Array;
  /** |difference of two means|^2 up to here is rounding. Infinity: squares are beyond float64, and nothing is known of any difference. */
  readonly floor: number;
}

export interface ClassMeans extends CentredMeans {
  /** M M^T: R x R. */
  readonly gram: Float64Array;
}

export function classMeansOf(moments: ClassMoments, products?: Products): ClassMeans {
  const means = centredMeansOf(moments);
  const gram = gramOf(means.rows, means.present.length, moments.columns, products);
  // Squares in float32, where `products` are, end at 1e38: what is not known is 0, which has no angle and no length to be compared with.
  if (areFinite(gram)) return { ...means, gram };
  return { ...means, gram: gram.fill(0), rows: means.rows.fill(0), floor: Infinity };
}

/** Without the products, which take R^2 columns / 2 multiply-adds. */
export function centredMeansOf(moments: ClassMoments): CentredMeans {
  const { columns } = moments;
  const present = [...moments.counts.keys()].filter((c) => moments.counts[c]! > 0);
  const means = present.map((c) => moments.mean(c)!);
  const variances = Float64Array.from(present, (c) => moments.variance(c)!);
  const centre = new Float64Array(columns);
  // Relative to the first mean: the mean of equal vectors is that vector, to the last digit.
  for (const mean of means) for (let j = 0; j < columns; j++) centre[j]! += mean[j]! - means[0]![j]!;
  for (let j = 0; j < columns; j++) centre[j] = centre[j]! / means.length + (means[0]?.[j] ?? 0);
  let largest = 0;
  means.forEach((mean, r) => {
    largest = Math.max(largest, squareOf(mean, 0, columns) + variances[r]!);
  });
  // Enormous features: their squares are no numbers, and neither is any figure that is made of them.
  const floor = Number.isFinite(largest) ? ROUNDING ** 2 * largest : Infinity;
  const rows = new Float64Array(means.length * columns);
  means.forEach((mean, r) => {
    const row = rows.subarray(r * columns, (r + 1) * columns);
    for (let j = 0; j < columns; j++) row[j] = mean[j]! - centre[j]!;
    if (floor === Infinity || squareOf(row, 0, columns) <= floor) row.fill(0);
  });
  return { present, centre, rows, variances, floor };
}

/** The means as they are seen in a basis: coordinates for columns. */
export function seenIn({ rows: directions, size, columns }: Basis, means: ClassMeans): ClassMeans {
  const count = means.present.length;
  const rows = rowProducts(means.rows, count, directions, size, columns);
  const centre = rowProducts(means.centre, 1, directions, size, columns);
  return { ...means, rows, centre, gram: gramOf(rows, count, size) };
}

/** Sum of |mu_c - mu_G|^2: C times the trace of Sigma_B. */
export function squaresBetween({ present, gram }: ClassMeans): number {
  return present.reduce((sum, _, r) => sum + gram[r * present.length + r]!, 0);
}

/** Below this share of what was subtracted, a distance is computed directly. */
const NEAR = 1e-4;

/** |mu_a - mu_b|^2 of present classes number a and b; 0 where nothing but rounding is left. */
export function squaredDistance(
  { present, rows, gram, floor }: ClassMeans,
  columns: number,
  a: number,
  b: number,
): number {
  const count = present.length;
  const ends = gram[a * count + a]! + gram[b * count + b]!;
  let square = ends - 2 * gram[a * count + b]!;
  // Means that lie close to each other and far from the rest: the products have lost the digits.
  if (square < NEAR * ends) square = directly(rows, columns, a, b);
  return square <= floor ? 0 : square;
}

function directly(rows: Float64Array, columns: number, a: number, b: number): number {
  let square = 0;
  for (let j = 0; j < columns; j++) square += (rows[a * columns + j]! - rows[b * columns + j]!) ** 2;
  return square;
}
