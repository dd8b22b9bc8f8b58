import { gramOf, type Products, plainProducts } from '../geometry/products.ts';
import { eigenvaluesOf } from '../stats/symmetric-eigen.ts';
import {
  requireCounts,
  requireLength,
  requireNonNegative,
  requireObject,
  requirePositive,
  requireRows,
} from './requirement.ts';
import { orthogonalize } from './singular-values.ts';

export interface CollapseRatioInput {
  /** Training examples of each class, C. */
  readonly counts: ArrayLike<number>;
  /** Weight decay lambda_W of the last layer, where the loss has lambda_W/2 |W|^2: tfjs `l2(lambda)` means lambda_W = 2 lambda. */
  readonly weightDecay: number;
  /** Rows w_c of the last dense layer, C x D. */
  readonly classifier: ArrayLike<ArrayLike<number>>;
  /** Mean of the features that enter it for each class, over training examples, C x D. */
  readonly classMeans: ArrayLike<ArrayLike<number>>;
  /** How often the rarest class is shown, or its class weight. Default 1. */
  readonly oversampling?: number;
  /** Weight of each class in the loss, C, which is the mean over all examples of weight times cross-entropy. Default: 1 for all. */
  readonly classWeights?: ArrayLike<number>;
  /** Faster arithmetic for the products of classifier and means, such as `simdProducts` of `classwatch/wasm`. Default: plain code in float64. */
  readonly products?: Products;
}

export type CollapseVerdict = 'collapses' | 'undecided' | 'stays apart' | 'no weight decay';

export interface CollapseRatio {
  /** null without weight decay, and where classifier and class means have nothing in common (M = 0). */
  readonly rho: number | null;
  readonly verdict: CollapseVerdict;
}

/** Seen at 10 % of training: every run from here on ended with its minority classifiers at cosine 0.83 or more (9 of 9). */
export const COLLAPSES_FROM = 2;
/** Every run up to here ended at 0.22 or less (10 of 10). */
export const STAYS_APART_TO = 1.1;

/**
 * Where training is heading: rho = (N / n_min) lambda_W |W|_F^2 / |M|_*, with M = W (mu - mu_G)^T, column means removed, its nuclear norm
 * |M|_*, and mu_G the mean of the class means. lambda_W |W|_F^2 / |M|_* is the multiplier of the penalised layer-peeled model (after Fang, He, Long, Su,
 * PNAS 2021), and at stationarity collapse of the rarest classes is stable iff rho >= 1. In the midst of training the bounds are
 * `COLLAPSES_FROM` and `STAYS_APART_TO`. An oversampling of at least rho prevents it. With class weights n_min is the smallest n_c times its weight.
 *
 * Classes without training examples do not count as the rarest. Without weight decay no imbalance is large enough for collapse:
 * rho is null and the verdict says so.
 *
 * @throws RangeError for counts that are no counts, for rows that are not finite or not C x D, for a negative weight decay, for an
 * oversampling or class weights that are not above 0.
 */
export function collapseRatio(input: CollapseRatioInput): CollapseRatio {
  requireObject('The argument of collapseRatio', input, '{ counts, weightDecay: 0.01, classifier, classMeans }');
  const { counts, weightDecay, classifier, classMeans, oversampling = 1, classWeights } = input;
  const { products = plainProducts } = input;
  requireCounts('counts', counts);
  requireNonNegative('weightDecay', weightDecay);
  requirePositive('oversampling', oversampling);
  if (classWeights !== undefined) {
    requireLength('classWeights', classWeights, counts.length, 'class');
    for (let c = 0; c < counts.length; c++) requirePositive(`classWeights[${c}]`, classWeights[c]!);
  }
  requireRows('classifier', classifier);
  requireLength('classifier', classifier, counts.length, 'class');
  requireRows('classMeans', classMeans);
  requireLength('classMeans', classMeans, counts.length, 'class');
  requireLength('classMeans[0]', classMeans[0]!, classifier[0]!.length, 'feature of the classifier');
  if (weightDecay === 0) return { rho: null, verdict: 'no weight decay' };
  const norm = nuclearNorm(centredLogits(classifier, classMeans, products), counts.length);
  if (norm === 0) return { rho: null, verdict: 'undecided' };
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const weighted = Array.from(counts, (count, c) => count * (classWeights?.[c] ?? 1));
  const rarest = Math.min(...weighted.filter((count) => count > 0)) * oversampling;
  const rho = ((total / rarest) * weightDecay * squareOf(classifier)) / norm;
  return { rho, verdict: verdictOf(rho) };
}

function verdictOf(rho: number): CollapseVerdict {
  if (rho >= COLLAPSES_FROM) return 'collapses';
  return rho <= STAYS_APART_TO ? 'stays apart' : 'undecided';
}

/** M^T, C x C: the logits of each class mean, as far as they differ from the mean logit and from other classes'. */
function centredLogits(rows: ArrayLike<ArrayLike<number>>, means: ArrayLike<ArrayLike<number>>, products: Products) {
  return products.rowProducts(centred(means), means.length, centred(rows), rows.length, rows[0]!.length);
}

/** Rows without their mean, flat. Removing the mean of each column of M is the same as removing the mean row of W. */
function centred(rows: ArrayLike<ArrayLike<number>>): Float64Array {
  const width = rows[0]!.length;
  const out = new Float64Array(rows.length * width);
  for (let j = 0; j < width; j++) {
    let mean = 0;
    for (let c = 0; c < rows.length; c++) mean += rows[c]![j]! / rows.length;
    for (let c = 0; c < rows.length; c++) out[c * width + j] = rows[c]![j]! - mean;
  }
  return out;
}

/** Up to here singular values are made one by one, exact to the last digits; that takes some 100 C^3. */
const FEW_CLASSES = 32;

/** Sum of the singular values. Of many classes by the eigenvalues of M M^T, each good to 1e-8 of the largest: 1.2 C^3 multiply-adds. */
function nuclearNorm(matrix: Float64Array, size: number): number {
  if (size <= FEW_CLASSES) return orthogonalize(matrix, null, size).reduce((sum, length) => sum + length, 0);
  return eigenvaluesOf(gramOf(matrix, size, size), size).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

function squareOf(rows: ArrayLike<ArrayLike<number>>): number {
  let square = 0;
  for (let c = 0; c < rows.length; c++) {
    for (let j = 0; j < rows[c]!.length; j++) square += rows[c]![j]! * rows[c]![j]!;
  }
  return square;
}
