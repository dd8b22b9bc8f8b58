import { gramCosines, gramNorms } from '../stats/gram.ts';
import { mean } from '../stats/mean.ts';
import { gramOf } from './products.ts';

/*
 * How far vectors are from a simplex equiangular tight frame: equal lengths, and the angle between every two as wide as it can be
 * for all (NC2 and NC3 of Papyan, Han, Donoho, PNAS 2020). That frame is where cross-entropy leads on balanced classes; other
 * losses lead elsewhere.
 */

/** Standard deviation over mean of lengths, >= 0: 0 in the frame. Null below two of them and where all are 0. */
export function equinorm(norms: ArrayLike<number>): number | null {
  const average = mean(norms);
  if (norms.length < 2 || average === 0) return null;
  let square = 0;
  for (let i = 0; i < norms.length; i++) square += (norms[i]! / average - 1) ** 2;
  return Math.sqrt(square / norms.length);
}

/**
 * Mean over pairs of |cosine + 1 / (R - 1)|, >= 0: 0 in the frame. `cosines`: R x R, null where a vector is 0; such pairs are left
 * out. Null where none is left.
 */
export function equiangularity(cosines: readonly (number | null)[], size: number): number | null {
  const widest = -1 / (size - 1);
  return meanOfPairs(cosines, size, (cosine) => Math.abs(cosine - widest));
}

/** Mean cosine over pairs, [-1, 1]; pairs with a vector of 0 are left out. Null where none is left. */
export function meanCosine(cosines: readonly (number | null)[], size: number): number | null {
  return meanOfPairs(cosines, size, (cosine) => cosine);
}

function meanOfPairs(cosines: readonly (number | null)[], size: number, of: (cosine: number) => number): number | null {
  let sum = 0;
  let present = 0;
  for (let a = 0; a < size; a++) {
    for (let b = a + 1; b < size; b++) {
      const cosine = cosines[a * size + b]!;
      if (cosine === null) continue;
      sum += of(cosine);
      present++;
    }
  }
  return present === 0 ? null : sum / present;
}

/**
 * Self-duality || W / |W| - M / |M| ||, Frobenius norms, 0 to 2: 0 where the rows of the classifier are class means up to one
 * common factor. Null where either is all 0.
 */
export function selfDuality(classifier: ArrayLike<number>, means: ArrayLike<number>): number | null {
  const [w, m] = [frobenius(classifier), frobenius(means)];
  if (w === 0 || m === 0) return null;
  let square = 0;
  for (let i = 0; i < classifier.length; i++) square += (classifier[i]! / w - means[i]! / m) ** 2;
  return Math.sqrt(square);
}

function frobenius(values: ArrayLike<number>): number {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! * values[i]!;
  return Math.sqrt(square);
}

/** Lengths of R rows, and the cosine between every two: null where a row is 0. */
export function frameOf(rows: Float64Array, count: number, columns: number, gram = gramOf(rows, count, columns)) {
  const norms = gramNorms(gram, count);
  return { norms, cosines: gramCosines(gram, norms) };
}
