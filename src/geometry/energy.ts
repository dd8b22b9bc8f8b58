import { requireList } from '../theory/requirement.ts';
import { squareOf } from './basis.ts';
import { centredMeansOf } from './class-means.ts';
import type { ClassMoments } from './class-moments.ts';
import { finiteOrNull, flatRows, type Rows } from './rows.ts';

/**
 * E_H: mean over classes of the mean of |h - mu_G|^2 over their examples, mu_G the mean of the class means; the budget of features
 * in the layer-peeled model (Fang, He, Long, Su, PNAS 2021), centred. Over classes with examples; null where there is none, and where
 * it is beyond what float64 holds.
 */
export function featureEnergy(moments: ClassMoments): number | null {
  const { present, rows, variances, floor } = centredMeansOf(moments);
  if (present.length === 0) return null;
  if (floor === Infinity) return null;
  return finiteOrNull(
    (squareOf(rows, 0, rows.length) + variances.reduce((sum, value) => sum + value, 0)) / present.length,
  );
}

/**
 * E_W: mean over classes of |w_c - w|^2, w the mean row; the budget of the classifier in the layer-peeled model, centred.
 * `weights`: one row per class; `columns` is needed where they are flat. Null without rows, and beyond what float64 holds. Throws a RangeError where rows differ in
 * length or a value is not finite.
 */
export function weightEnergy(weights: Rows, columns?: number): number | null {
  requireList('weights', weights, 'rows of numbers, or of numbers with columns beside it');
  if (weights.length === 0) return null;
  const rows = flatRows('weights', weights, columns);
  const { values, columns: width, count } = rows;
  // Relative to the first row, so that equal rows have none at all.
  const mean = new Float64Array(width);
  for (let r = 1; r < count; r++) {
    for (let j = 0, at = r * width; j < width; j++, at++) mean[j]! += (values[at]! - values[j]!) / count;
  }
  let sum = 0;
  for (let r = 0; r < count; r++) {
    for (let j = 0, at = r * width; j < width; j++, at++) sum += (values[at]! - values[j]! - mean[j]!) ** 2;
  }
  return finiteOrNull(sum / count);
}
