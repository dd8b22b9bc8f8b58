import { ClassMoments } from '../../geometry/class-moments.ts';
import { featureEnergy } from '../../geometry/energy.ts';
import { nearestMeans } from '../../geometry/nearest-mean.ts';
import { featureCollapse, meansBasis } from '../../geometry/neural-collapse.ts';
import { argmaxRows } from '../../stats/argmax.ts';
import type { FeatureGeometry } from '../geometry-figures.ts';
import type { Examples } from '../snapshot.ts';
import type { Stretch } from './feature-window.ts';
import { PRODUCTS } from './products.ts';

/** Multiply-adds for scatter and nearest means above which fewer examples are taken: some 100 ms. */
const MOST_PRODUCTS = 3e8;
/** The same for products of class means, which no fewer examples would lessen. */
const MOST_MEAN_PRODUCTS = 5e8;

/**
 * Geometry of an evaluation set: features [N, d] of its examples, the classifier's rows C x d, and what is known of training features, whose
 * means NC4 is about. Null where they are not finite or do not belong together.
 */
export function setGeometry(
  features: ArrayLike<number>,
  { labels, probabilities }: Examples,
  rows: Float32Array,
  training: Stretch | null,
): FeatureGeometry | null {
  const columns = features.length / labels.length;
  const classes = rows.length / columns;
  if (probabilities.length !== classes * labels.length || !areFinite(features)) return null;
  if (classes ** 2 * columns > MOST_MEAN_PRODUCTS) return null;
  const moments = new ClassMoments({ classes, columns, scatter: 'none' });
  moments.add(features, labels);
  const few = thinned(features, labels, columns, Math.ceil((labels.length * columns * classes) / MOST_PRODUCTS));
  const spread = new ClassMoments({ classes, columns, scatter: meansBasis(moments), products: PRODUCTS });
  spread.add(few.features, few.labels);
  return {
    ...featureCollapse(moments, Float64Array.from(rows), spread),
    featureEnergy: featureEnergy(moments),
    nearestMeanMismatch: mismatch(few, argmaxRows(probabilities, classes), training, columns),
  };
}

interface Thinned {
  readonly features: ArrayLike<number>;
  readonly labels: Int32Array;
  /** Every so many examples. */
  readonly every: number;
}

function thinned(features: ArrayLike<number>, labels: Int32Array, columns: number, every: number): Thinned {
  if (every <= 1) return { features, labels, every: 1 };
  const count = Math.ceil(labels.length / every);
  const taken = new Float32Array(count * columns);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < columns; j++) taken[i * columns + j] = features[i * every * columns + j]!;
  }
  return { features: taken, labels: Int32Array.from({ length: count }, (_, i) => labels[i * every]!), every };
}

function mismatch(
  { features, labels, every }: Thinned,
  guesses: Int32Array,
  training: Stretch | null,
  columns: number,
): number | null {
  if (training === null || training.moments.columns !== columns) return null;
  const nearest = nearestMeans(features, training.moments.means(), columns, PRODUCTS);
  let [mismatches, compared] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0 || nearest[i]! < 0) continue;
    compared++;
    if (nearest[i] !== guesses[i * every]) mismatches++;
  }
  return compared === 0 ? null : mismatches / compared;
}

function areFinite(values: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
