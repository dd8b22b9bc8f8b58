import { type ClassMeans, classMeansOf } from '../../geometry/class-means.ts';
import { ClassMoments } from '../../geometry/class-moments.ts';
import { featureEnergy } from '../../geometry/energy.ts';
import { guessMismatches, nearestMeans } from '../../geometry/nearest-mean.ts';
import { featureCollapse, meansBasis } from '../../geometry/neural-collapse.ts';
import { areFinite } from '../../geometry/rows.ts';
import { relativeVariability } from '../../geometry/variability.ts';
import { argmaxRows } from '../../stats/argmax.ts';
import { type FeatureGeometry, meanCosines } from '../geometry-figures.ts';
import type { Examples } from '../snapshot.ts';
import type { Stretch } from './feature-window.ts';
import { PRODUCTS, productsFor } from './products.ts';
import { isSpreadKept } from './spread.ts';

/** Multiply-adds for nearest means above which fewer examples are taken: some 20 to 100 ms. */
const MOST_PRODUCTS = 3e8;
/**
 * Geometry of an evaluation set: features [N, d] of its examples, the classifier's rows C x d, and what is known of training features, whose
 * means NC4 is about. `isThorough`: NC1 too, which takes a multiple of C^3. Null where they are not finite or do not belong together.
 */
export function setGeometry(
  features: ArrayLike<number>,
  { labels, probabilities }: Examples,
  rows: Float32Array,
  training: Stretch | null,
  isThorough = true,
): FeatureGeometry | null {
  const columns = features.length / labels.length;
  const classes = rows.length / columns;
  if (probabilities.length !== classes * labels.length || !areFinite(features)) return null;
  const moments = new ClassMoments({ classes, columns, scatter: 'none', products: PRODUCTS });
  moments.add(features, labels);
  const all = { features, labels, guesses: argmaxRows(probabilities, classes) };
  const few = thinned(all, columns, Math.ceil((labels.length * columns * classes) / MOST_PRODUCTS));
  const means = classMeansOf(moments, productsFor(classes, columns));
  const nc1 = isThorough && isSpreadKept(classes, columns) ? variability(all, moments, means) : null;
  return {
    ...featureCollapse(means, columns, Float64Array.from(rows), nc1),
    featureEnergy: featureEnergy(moments),
    nearestMeanMismatch: mismatch(few, training, columns),
    meanCosines: meanCosines(means, classes),
  };
}

/** NC1, along the class means. */
function variability({ features, labels }: Compared, moments: ClassMoments, means: ClassMeans): number | null {
  const { classes, columns } = moments;
  const spread = new ClassMoments({
    classes,
    columns,
    scatter: meansBasis(moments, productsFor(classes, columns)),
    products: PRODUCTS,
  });
  spread.add(features, labels);
  return relativeVariability(spread, means);
}

interface Compared {
  readonly features: ArrayLike<number>;
  readonly labels: Int32Array;
  readonly guesses: Int32Array;
}

/** Every so many of the examples. */
function thinned(all: Compared, columns: number, every: number): Compared {
  if (every <= 1) return all;
  const { features, labels, guesses } = all;
  const count = Math.ceil(labels.length / every);
  const taken = new Float32Array(count * columns);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < columns; j++) taken[i * columns + j] = features[i * every * columns + j]!;
  }
  const some = (of: Int32Array) => Int32Array.from({ length: count }, (_, i) => of[i * every]!);
  return { features: taken, labels: some(labels), guesses: some(guesses) };
}

function mismatch({ features, labels, guesses }: Compared, training: Stretch | null, columns: number): number | null {
  if (training === null || training.moments.columns !== columns) return null;
  const nearest = nearestMeans(features, training.moments.means(), columns, PRODUCTS);
  const { mismatches, examples } = guessMismatches(guesses, nearest, labels, training.moments.classes);
  return examples === 0 ? null : mismatches / examples;
}
