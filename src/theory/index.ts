/** `classwatch/theory`: what theory says of guesses before training and of classifiers after it; needs neither tfjs nor a monitor. */
export { type ActivationGammaOptions, gammaOfActivation } from './activation-gamma.ts';
export type { ActivationName } from './activations.ts';
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
export { type DirectionsInput, directionsOf } from './directions.ts';
export { type CausesInput, causesOf, type GuessCause, type GuessCauseFound } from './guess-causes.ts';
export { type GuessingBiasOptions, guessingBias } from './guessing-bias.ts';
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
export { type MeanFieldInput, type MeanFieldState, meanField } from './mean-field.ts';
export { minorityClasses } from './minority.ts';
export { type OversamplingInput, oversampling } from './oversampling.ts';
export type { ShareLaw, TopLaw } from './share-law.ts';
export { formatStack, type Layer, parseStack, type Stack, type WeightLayer } from './stack.ts';
export { gammaOfWidth } from './width-gamma.ts';
