import type { ModelLike } from '../../tf.ts';
import { chiSquareQuantile } from '../../theory/chi-square.ts';
import { normalQuantile } from '../../theory/normal.ts';
import { frozenLayersOf, initialWeightsOf, updatesOf } from '../engine/weights.ts';
import { drawsOf, type InitializerLike, TRUNCATED_VARIANCE } from '../stack/initializer.ts';

/** What an initialiser draws, as far as a sample can contradict it. */
interface WeightLaw {
  readonly mean: number;
  readonly variance: number;
  /** Farthest that a value can be from the mean. */
  readonly reach: number;
  /** Fourth central moment over the square of the variance. */
  readonly kurtosis: number;
}

/**
 * Chance that a fresh weight is taken for another by its mean, and by either end of its variance. A model of a hundred weights is then
 * taken for a trained one in 3 of 100,000 cases; limits that no draw exceeds cost nothing.
 */
const MISTAKE = 1e-7;
/** Of fewer values mean and variance say too little. */
const LEAST_VALUES = 20;
/** Rounding of float32, with room. */
const ROUNDING = 1e-5;
/** Fourth over squared second moment of a normal variable without what lies beyond two deviations. */
const TRUNCATED_KURTOSIS = 2.3656;

/**
 * Why a model's first guesses are not those of an untrained network, as the end of a sentence; null where nothing says so. A model has been
 * trained, loaded or frozen where a layer is not trained, where its optimizer has made updates, or where a weight is not as its initialiser
 * makes it: a constant is another one (biases, scales, moving statistics), a draw lies beyond what can be drawn (uniform and truncated
 * normal, the defaults of tfjs), or mean or variance are off. Weights whose initialiser is not known say nothing.
 *
 * The weights are only read; nothing throws that reading them does not.
 */
export async function inheritanceOf(model: ModelLike): Promise<string | null> {
  const [frozen] = frozenLayersOf(model);
  if (frozen !== undefined) return `layer ${frozen} is frozen (trainable is false)`;
  const updates = updatesOf(model);
  if (updates > 0) return `its optimizer has made ${updates} updates already`;
  for (const { layer, kind, variable, initializer } of initialWeightsOf(model)) {
    if (initializer === null || variable.isDisposed) continue;
    const values = await variable.data();
    if (!isDrawnBy(initializer, values, variable.shape)) {
      return `the ${kind.replaceAll('_', ' ')} of layer ${layer} is not as its initialiser makes it`;
    }
  }
  return null;
}

/** Whether the values may be what the initialiser gives for this shape; true where nothing is known of it. */
export function isDrawnBy(initializer: InitializerLike, values: ArrayLike<number>, shape: readonly number[]): boolean {
  const draws = drawsOf(initializer, shape);
  if (draws === null) return true;
  if (initializer.className === 'Orthogonal') return isOrthogonal(values, shape, draws.variance);
  const law = { ...draws, ...limitsOf(initializer, draws.variance) };
  return isWithin(values, law) && (law.variance === 0 || values.length < LEAST_VALUES || hasMoments(values, law));
}

function limitsOf({ className, config = {} }: InitializerLike, variance: number): Omit<WeightLaw, 'mean' | 'variance'> {
  if (variance === 0) return { reach: 0, kurtosis: 3 };
  if (className === 'RandomNormal') return { reach: Infinity, kurtosis: 3 };
  const isTruncated = className === 'TruncatedNormal' || config.distribution === 'normal';
  return isTruncated
    ? { reach: 2 * Math.sqrt(variance / TRUNCATED_VARIANCE), kurtosis: TRUNCATED_KURTOSIS }
    : { reach: Math.sqrt(3 * variance), kurtosis: 1.8 };
}

function isWithin(values: ArrayLike<number>, { mean, reach }: WeightLaw): boolean {
  const most = reach + ROUNDING * (reach + Math.abs(mean));
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]! - mean) <= most)) return false;
  return true;
}

function hasMoments(values: ArrayLike<number>, { mean, variance, kurtosis }: WeightLaw): boolean {
  const n = values.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const away = values[i]! - mean;
    sum += away;
    squares += away * away;
  }
  if (Math.abs(sum) > -normalQuantile(MISTAKE) * Math.sqrt(n * variance)) return false;
  // A mean of squares has the relative variance (kurtosis - 1) / n; a chi-square variable over its freedom 2 / freedom.
  const freedom = (2 * n) / (kurtosis - 1);
  const ratio = (squares / n / variance) * freedom;
  return ratio >= chiSquareQuantile(MISTAKE, freedom) && ratio <= chiSquareQuantile(1 - MISTAKE, freedom);
}

/** Rows or columns of one length, whichever are fewer: the sum of squares is no matter of chance. */
function isOrthogonal(values: ArrayLike<number>, shape: readonly number[], variance: number): boolean {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  const expected = variance * shape.reduce((size, length) => size * length, 1);
  return Math.abs(squares - expected) <= 1e-3 * expected;
}
