import type { FeatureCollapse } from '../geometry/neural-collapse.ts';

/** How features of examples lie to each other and to the classifier: null is unknown or undefined. */
export interface FeatureGeometry extends FeatureCollapse {
  /** NC4: share of the examples whose guess is another class than that of the nearest mean of training examples. */
  readonly nearestMeanMismatch: number | null;
  /** E_H, centred. */
  readonly featureEnergy: number | null;
}
