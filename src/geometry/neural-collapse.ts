import { minorityClasses } from '../theory/minority.ts';
import { requireObject } from '../theory/requirement.ts';
import { type Basis, pickRows, spanOf } from './basis.ts';
import { type ClassMeans, centredMeansOf, classMeansOf } from './class-means.ts';
import { ClassMoments } from './class-moments.ts';
import { classifierCollapse } from './classifier-collapse.ts';
import { type Classifier, classifierOf, nearestMeanMismatches } from './nearest-mean.ts';
import type { Products } from './products.ts';
import { expectLabels, finiteOrNull, flatRows, type Rows, tamed } from './rows.ts';
import { equiangularity, equinorm, frameOf, selfDuality } from './simplex.ts';
import { coverage, distanceVariance, relativeVariability } from './variability.ts';

/**
 * Neural collapse (NC: Papyan, Han, Donoho, PNAS 2020) in numbers. What concerns features is taken over the classes that have
 * examples. Everywhere: null is undefined (too few classes, 0 / 0, or features whose squares are beyond what a
 * number holds), never NaN.
 */
export interface CollapseMeasures {
  /** NC1: Tr(Sigma_W Sigma_B^+) / C, >= 0; 0 is collapse. */
  readonly nc1: number | null;
  /** Class-distance normalised variance (Galanti, Gyorgy, Hutter, ICLR 2022), >= 0; 0 is collapse. */
  readonly cdnv: number | null;
  /** NC2: standard deviation over mean of |mu_c - mu_G|, >= 0. */
  readonly equinormMeans: number | null;
  /** The same of |w_c|, raw rows of all classes. */
  readonly equinormClassifier: number | null;
  /** NC2: mean over pairs of |cosine + 1 / (C - 1)| of mu_c - mu_G, >= 0. */
  readonly equiangularityMeans: number | null;
  /** The same of w_c, raw rows of all classes. */
  readonly equiangularityClassifier: number | null;
  /** NC3: || W / |W| - M / |M| ||, 0 to 2, rows of classes with examples. */
  readonly selfDuality: number | null;
  /** Mean cosine between rows of the classifier over pairs of minority classes: 1 is Minority Collapse. */
  readonly minorityCosine: number | null;
  /** Standard deviation over mean of |w_c| over minority classes, >= 0. */
  readonly normVariation: number | null;
}

export interface NeuralCollapse extends CollapseMeasures {
  /** NC4: share of examples whose largest logit names another class than the nearest class mean. */
  readonly nearestMeanMismatch: number | null;
}

export interface ClassifierOfGroups extends Classifier {
  /** Minority classes. If not given, by `minorityClasses` of the counts; empty: none. */
  readonly minority?: readonly number[];
}

export interface CollapseInput extends ClassifierOfGroups {
  /** One row per example. */
  readonly features: Rows;
  /** Class of each example; examples whose label is not in 0..C - 1 are left out. */
  readonly labels: ArrayLike<number>;
  /** Values per row, where features and weights are flat. */
  readonly columns?: number;
  /** Class means for NC4 from elsewhere, null for classes without: those of the training examples. If not given, those of `features`. */
  readonly means?: readonly (ArrayLike<number> | null)[];
  /** Faster arithmetic, such as `simdProducts` of `classwatch/wasm` (float32). Default: plain code in float64. */
  readonly products?: Products;
}

/**
 * All measures of features that lie in memory. There is one class for each row of `weights`. NC1 is exact for any number of columns:
 * the features are gone through twice, the second time only along the class means. Throws a RangeError, one sentence, below two
 * classes, and where lengths do not match or a value is not finite.
 */
export function neuralCollapse(input: CollapseInput): NeuralCollapse {
  requireObject('The argument of neuralCollapse', input, '{ features, labels, weights }');
  const { labels } = input;
  const { values: rows, count: classes, columns } = flatRows('weights', input.weights, input.columns);
  expectClasses(classes);
  const { values: features, count } = flatRows('features', input.features, columns);
  expectLabels(labels, count);
  const first = new ClassMoments({ classes, columns, scatter: 'none', ...ofProducts(input) });
  first.add(features, labels);
  const moments = new ClassMoments({
    classes,
    columns,
    scatter: meansBasis(first, input.products),
    ...ofProducts(input),
  });
  moments.add(features, labels);
  const classifier = { ...input, weights: rows };
  const means = input.means ?? moments.means();
  expectMeans(means, classes, columns);
  const { mismatches, examples } = nearestMeanMismatches(features, classifier, means, labels, input.products);
  const nearestMeanMismatch = examples === 0 ? null : mismatches / examples;
  return { ...neuralCollapseOf(moments, classifier), nearestMeanMismatch };
}

/**
 * All measures that moments know; NC4 needs the examples: `nearestMeanMismatches`. Throws a RangeError where the classifier is one of
 * other classes or columns, or not finite.
 */
export function neuralCollapseOf(moments: ClassMoments, classifier: ClassifierOfGroups): CollapseMeasures {
  const { columns, classes } = moments;
  // All that is said of weights is about their proportions.
  const weights = tamed(classifierOf(classifier, classes, columns).rows);
  const minority = minorityClasses(moments.counts, classifier.minority);
  const means = classMeansOf(moments);
  return {
    ...featureCollapse(means, columns, weights, relativeVariability(moments, means)),
    ...classifierCollapse(frameOf(weights, classes, columns), minority),
  };
}

/** What neural collapse says of features, and of the classifier beside them. */
export type FeatureCollapse = Pick<
  CollapseMeasures,
  'nc1' | 'cdnv' | 'equinormMeans' | 'equiangularityMeans' | 'selfDuality'
>;

/** The measures that need features. `weights`: rows of the classifier, classes x columns, row-major; `nc1`: NC1, which needs the scatter, too. */
export function featureCollapse(
  means: ClassMeans,
  columns: number,
  weights: Float64Array,
  nc1: number | null,
): FeatureCollapse {
  const { present } = means;
  return {
    nc1: finiteOrNull(nc1),
    cdnv: distanceVariance(means, columns),
    ...ofMeans(means, columns),
    selfDuality: present.length < 2 ? null : finiteOrNull(selfDuality(pickRows(weights, columns, present), means.rows)),
  };
}

/**
 * Orthonormal basis of what the class means span around their mean, at most classes - 1 directions: `scatter` of the next epoch's
 * `ClassMoments` where a scatter of all columns would be too much. `products`: faster arithmetic, in which directions are off by 1e-6.
 */
export function meansBasis(moments: ClassMoments, products?: Products): Basis {
  const { columns } = moments;
  const { present, rows, floor } = centredMeansOf(moments);
  const most = Math.min(present.length - 1, columns);
  if (most < 1) return { rows: new Float64Array(0), size: 0, columns };
  return spanOf(rows, present.length, columns, { most, floor, ...(products === undefined ? {} : { products }) });
}

/**
 * Share of Tr(Sigma_B) that lies in the basis in which moments keep their scatter, 0 to 1: 1 says that NC1 is exact. Null without
 * scatter and where the class means coincide.
 */
export function nc1Coverage(moments: ClassMoments): number | null {
  return coverage(moments, classMeansOf(moments));
}

const ofProducts = ({ products }: CollapseInput) => (products === undefined ? {} : { products });

/** One class has nothing that it could be apart from. */
function expectClasses(classes: number): void {
  if (classes >= 2) return;
  throw new RangeError(
    `weights has ${classes === 1 ? 'one row' : 'no rows'}: expected the rows of at least two classes.`,
  );
}

function expectMeans(means: readonly (ArrayLike<number> | null)[], classes: number, columns: number): void {
  if (means.length !== classes) {
    throw new RangeError(`Expected means of ${classes} classes, null where there is none, got ${means.length}.`);
  }
  means.forEach((mean, c) => {
    if (mean === null || mean.length === columns) return;
    throw new RangeError(`Expected ${columns} values in every row of means, got ${mean.length} in row ${c}.`);
  });
}

function ofMeans({ present, rows, gram }: ClassMeans, columns: number) {
  const { norms, cosines } = frameOf(rows, present.length, columns, gram);
  const angles = equiangularity(cosines, present.length);
  return { equinormMeans: finiteOrNull(equinorm(norms)), equiangularityMeans: finiteOrNull(angles) };
}
