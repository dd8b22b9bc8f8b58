export {
  COLLAPSES_FROM,
  type CollapseRatio,
  type CollapseRatioInput,
  type CollapseVerdict,
  collapseRatio,
  STAYS_APART_TO,
} from './collapse-ratio.ts';
export {
  type MinorityCollapseThresholds,
  minorityCollapseThresholds,
  type ThresholdInput,
} from './collapse-threshold.ts';
export {
  type LayerPeeledInput,
  type LayerPeeledModel,
  layerPeeledModel,
  type PeeledPhase,
} from './layer-peeled-model.ts';
export {
  type BatchLoss,
  batchLoss,
  blurry,
  crossEntropy,
  focal,
  fullBlurry,
  type ProbabilityLoss,
  piecewiseZero,
} from './losses.ts';
export { minorityClasses } from './minority.ts';
export { type OversamplingInput, oversampling } from './oversampling.ts';
