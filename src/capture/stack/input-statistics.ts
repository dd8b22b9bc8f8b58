import { gramOf } from '../../geometry/products.ts';
import { requireList } from '../../theory/requirement.ts';

/** What a network's input has to say about its initial guesses. */
export interface InputStatistics {
  /** Mean square of an input's features, |x|^2 / d, over the examples; above 0. */
  readonly q: number;
  /** Mean product <x, x'> / d over pairs of different examples, divided by q; from 0 (centred) to 1 (all equal). */
  readonly c: number;
  /**
   * In how many directions inputs vary: (sum l)^2 / sum l^2 over the eigenvalues l of their covariance. Null where they don't; where it is not known,
   * nothing is said of what finite width adds.
   */
  readonly directions?: number | null;
}

/** Examples whose products with each other tell in how many directions they vary. */
const FEW = 128;

/**
 * q and c of examples, for `describeStack` and `meanField`. `inputs`: N examples one after the other, `features` values each (what an
 * input of the network holds, channels and places together), such as `xs.dataSync()`; N from 2. It takes one pass: the products of all
 * pairs are |sum x|^2 - sum |x|^2; `directions` comes from the products of at most 128 of them. Exactly centred examples have a mean product of -q / (N - 1), which counts as 0. Source: IGB (Francazi,
 * Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024).
 *
 * RangeErrors in sentences: a length that is no whole number of examples, fewer than two, values that are not finite, examples all 0.
 */
export function inputStatistics(inputs: ArrayLike<number>, features: number): InputStatistics {
  requireList('inputs', inputs, 'numbers, one example after the other');
  const examples = examplesIn(inputs, features);
  const sums = new Float64Array(features);
  let squares = 0;
  for (let i = 0; i < inputs.length; i++) {
    const value = inputs[i]!;
    sums[i % features]! += value;
    squares += value * value;
  }
  if (!Number.isFinite(squares)) throw new RangeError(unusable(inputs));
  if (squares === 0) throw new RangeError('inputs are all 0: expected examples with features other than 0.');
  const products = sums.reduce((sum, value) => sum + value * value, 0) - squares;
  const c = products / (examples - 1) / squares;
  const directions = directionsIn(inputs, features, examples);
  return { q: squares / inputs.length, c: Math.min(1, Math.max(0, c)), directions };
}

/** Mean square of what two of some examples have in common beyond their mean, against the mean square of one: unbiased but for that mean. */
function directionsIn(inputs: ArrayLike<number>, features: number, examples: number): number | null {
  const count = Math.min(FEW, examples);
  const rows = new Float64Array(count * features);
  const mean = new Float64Array(features);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * examples) / count) * features;
    for (let j = 0; j < features; j++) {
      rows[i * features + j] = inputs[from + j]!;
      mean[j]! += inputs[from + j]! / count;
    }
  }
  for (let i = 0; i < rows.length; i++) rows[i]! -= mean[i % features]!;
  const products = gramOf(rows, count, features);
  let [own, others] = [0, 0];
  for (let a = 0; a < count; a++) {
    own += products[a * count + a]! / count;
    for (let b = 0; b < a; b++) others += products[a * count + b]! ** 2 / ((count * (count - 1)) / 2);
  }
  return own > 0 && others > 0 ? own ** 2 / others : null;
}

function examplesIn(inputs: ArrayLike<number>, features: number): number {
  if (!(Number.isInteger(features) && features >= 1)) {
    throw new RangeError(`features is ${features}: expected a whole number of at least 1.`);
  }
  const examples = inputs.length / features;
  if (Number.isInteger(examples) && examples >= 2) return examples;
  throw new RangeError(
    `inputs has length ${inputs.length}: expected a whole number of examples of ${features} features, at least two.`,
  );
}

function unusable(inputs: ArrayLike<number>): string {
  const at = Array.prototype.findIndex.call(inputs, (value: number) => !Number.isFinite(value));
  return at < 0
    ? 'inputs are too large to be squared: expected finite sums of squares.'
    : `inputs[${at}] is ${inputs[at]}: expected a finite number.`;
}
