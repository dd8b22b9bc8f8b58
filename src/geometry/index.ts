/** `classwatch/geometry`: what features and classifier look like, as plain arithmetic; needs neither tfjs nor a monitor. */
export { rowCosines } from '../stats/cosine.ts';
export { type Basis, basisOf } from './basis.ts';
export { ClassMoments, type MomentsOptions } from './class-moments.ts';
export { featureEnergy, weightEnergy } from './energy.ts';
export { type Classifier, type Mismatches, nearestMeanMismatches } from './nearest-mean.ts';
export {
  type ClassifierOfGroups,
  type CollapseInput,
  type CollapseMeasures,
  meansBasis,
  type NeuralCollapse,
  nc1Coverage,
  neuralCollapse,
  neuralCollapseOf,
} from './neural-collapse.ts';
export { type PlaneInput, type PlaneView, type Point, principalAxes } from './principal-axes.ts';
export { type AddProducts, type Products, plainProducts, type RowProducts, type Vectors } from './products.ts';
export type { Rows } from './rows.ts';
export { type Eigen, symmetricEigen } from './symmetric-eigen.ts';
