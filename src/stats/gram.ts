import type { SparseValues } from '../record.ts';

/**
 * What follows from the class Gram, R x R row-major: products <g_a, g_b> of the gradients of the R classes that a step holds.
 * Everywhere: null is missing (a direction that does not exist, too few examples), NaN is a gradient that is not finite.
 */

/** Norm of each class gradient, R: the root of the diagonal, where rounding below 0 counts as 0. */
export function gramNorms(gram: ArrayLike<number>, size: number): Float64Array {
  const norms = new Float64Array(size);
  for (let a = 0; a < size; a++) norms[a] = Math.sqrt(Math.max(0, gram[a * size + a]!));
  return norms;
}

/** Cosine between every two class gradients, R x R, within [-1, 1]; null where one of them is 0. `norms`: as `gramNorms` gives them. */
export function gramCosines(gram: ArrayLike<number>, norms: ArrayLike<number>): (number | null)[] {
  const size = norms.length;
  const cosines: (number | null)[] = [];
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      // The diagonal too is divided, not set to 1: a gradient of NaN has no direction.
      cosines.push(cosine(gram[a * size + b]!, norms[a]!, norms[b]!));
    }
  }
  return cosines;
}

/** Cosine of each class gradient with one other vector: `dots` are their products, `norm` its length. Null where either is 0. */
export function cosinesWith(dots: ArrayLike<number>, norms: ArrayLike<number>, norm: number): (number | null)[] {
  const cosines: (number | null)[] = [];
  for (let c = 0; c < norms.length; c++) cosines.push(cosine(dots[c]!, norms[c]!, norm));
  return cosines;
}

/** One after the other, not by the product of the norms: that would underflow where both are small. */
function cosine(dot: number, a: number, b: number): number | null {
  return a === 0 || b === 0 ? null : Math.max(-1, Math.min(1, dot / a / b));
}

/**
 * |mean gradient of one example|^2 of each class, R, from the norms of the class gradients and the examples of each. The loss is taken as
 * a mean over all these examples, so that batches of different size speak of the same thing. Null below two examples of the class.
 */
export function meanSquares(norms: ArrayLike<number>, counts: ArrayLike<number>): (number | null)[] {
  let examples = 0;
  for (let c = 0; c < counts.length; c++) examples += counts[c]!;
  const squares: (number | null)[] = [];
  for (let c = 0; c < norms.length; c++) {
    const mean = (norms[c]! / counts[c]!) * examples;
    squares.push(counts[c]! < 2 ? null : mean * mean);
  }
  return squares;
}

/**
 * Estimate, from one batch, of cos^2 between its direction and the full gradient of each class, R: 1 - S / (n |gbar|^2) with the variance
 * S = (sum |g_i|^2 - |g_c|^2 / n) / (n - 1) of its n examples around their mean gbar. At most 1; below 0 where noise is all there is.
 * `squares`: sum |g_i|^2 of each class. Null below two examples and where the class gradient is 0.
 */
export function directionalNoise(
  norms: ArrayLike<number>,
  squares: ArrayLike<number>,
  counts: ArrayLike<number>,
): (number | null)[] {
  const noise: (number | null)[] = [];
  for (let c = 0; c < norms.length; c++) {
    const n = counts[c]!;
    const square = norms[c]! * norms[c]!;
    // Examples that all agree leave a variance of rounding errors, of either sign.
    const variance = Math.max(0, squares[c]! - square / n) / (n - 1);
    noise.push(n < 2 || square === 0 ? null : 1 - variance * (n / square));
  }
  return noise;
}

/** Index of the largest norm, the first of equal ones; null where none is above 0 or one is NaN. */
export function largest(norms: ArrayLike<number>): number | null {
  let at: number | null = null;
  for (let c = 0; c < norms.length; c++) {
    if (Number.isNaN(norms[c])) return null;
    if (norms[c]! > (at === null ? 0 : norms[at]!)) at = c;
  }
  return at;
}

/** K x R values for all classes, K x C row-major: column j goes to column `present[j]`; the others are missing. */
export function spreadColumns(
  values: ArrayLike<number | null>,
  present: ArrayLike<number>,
  classes: number,
): SparseValues {
  const rows = present.length === 0 ? 0 : values.length / present.length;
  // As it is for one row: its columns are its places.
  const places = rows === 1 ? present : new Int32Array(values.length);
  for (let at = 0, k = 0; rows > 1 && k < rows; k++) {
    for (let j = 0; j < present.length; j++) (places as Int32Array)[at++] = k * classes + present[j]!;
  }
  return { length: rows * classes, places, values };
}

/** R x R values for all classes, C x C row-major: row and column j go to `present[j]`; the others are missing. */
export function spreadPairs(
  values: ArrayLike<number | null>,
  present: ArrayLike<number>,
  classes: number,
): SparseValues {
  const places = new Int32Array(values.length);
  for (let at = 0, a = 0; a < present.length; a++) {
    const row = present[a]! * classes;
    for (let b = 0; b < present.length; b++) places[at++] = row + present[b]!;
  }
  return { length: classes * classes, places, values };
}
