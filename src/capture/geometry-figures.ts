import type { ClassMeans } from '../geometry/class-means.ts';
import type { FeatureCollapse } from '../geometry/neural-collapse.ts';
import { finiteOrNull } from '../geometry/rows.ts';
import { gramCosines, gramNorms } from '../stats/gram.ts';
import type { CollapseRatio } from '../theory/collapse-ratio.ts';

/** How features of examples lie to each other and to the classifier: null is unknown or undefined. */
export interface FeatureGeometry extends FeatureCollapse {
  /** NC4: share of the examples whose guess is another class than that of the nearest mean of training examples. */
  readonly nearestMeanMismatch: number | null;
  /** E_H, centred. */
  readonly featureEnergy: number | null;
  /** Cosine between every two class means less their mean, C x C: null where a class has no mean, or one of 0. */
  readonly meanCosines: readonly (number | null)[] | null;
}

/** Where classifier and features are heading. */
export interface CollapseFigures extends CollapseRatio {
  /** Weight of each class in the loss, C; null where all count the same. */
  readonly classWeights: Float64Array | null;
}

/** C x C, of the means of the classes that have one. */
export function meanCosines({ present, gram }: ClassMeans, classes: number): (number | null)[] {
  const cosines = gramCosines(gram, gramNorms(gram, present.length));
  const all = new Array<number | null>(classes ** 2).fill(null);
  present.forEach((a, i) => {
    present.forEach((b, j) => {
      all[a * classes + b] = finiteOrNull(cosines[i * present.length + j]!);
    });
  });
  return all;
}
