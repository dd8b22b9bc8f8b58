import type { Metric } from '../metric.ts';
import absentRate from './absent-rate.ts';
import accuracy from './accuracy.ts';
import batchInterval from './batch-interval.ts';
import biasCauses from './bias-causes.ts';
import cdnv from './cdnv.ts';
import classAlignment from './class-alignment.ts';
import classGradCosine from './class-grad-cosine.ts';
import classGradNorm from './class-grad-norm.ts';
import classGradientDot from './class-gradient-dot.ts';
import classLoss from './class-loss.ts';
import classPlane from './class-plane.ts';
import classPrecision from './class-precision.ts';
import classRecall from './class-recall.ts';
import classUpdateAlignment from './class-update-alignment.ts';
import classWeight from './class-weight.ts';
import classifierCosine from './classifier-cosine.ts';
import classifierNorm from './classifier-norm.ts';
import collapseRatio from './collapse-ratio.ts';
import confusion from './confusion.ts';
import coverage from './coverage.ts';
import dominantJump from './dominant-jump.ts';
import dropped from './dropped.ts';
import effectiveClasses from './effective-classes.ts';
import featureEnergy from './feature-energy.ts';
import gamma from './gamma.ts';
import gradientNoise from './gradient-noise.ts';
import gradientNorm from './gradient-norm.ts';
import gradientShare from './gradient-share.ts';
import gradientSignal from './gradient-signal.ts';
import gradientSupport from './gradient-support.ts';
import groupCosine from './group-cosine.ts';
import groupLoss from './group-loss.ts';
import groupNormVariation from './group-norm-variation.ts';
import groupRecall from './group-recall.ts';
import groupSupport from './group-support.ts';
import interval from './interval.ts';
import layerGamma from './layer-gamma.ts';
import layerGradNorm from './layer-grad-norm.ts';
import loss from './loss.ts';
import macroRecall from './macro-recall.ts';
import meanCosine from './mean-cosine.ts';
import meanProbability from './mean-probability.ts';
import minorityCosine from './minority-cosine.ts';
import nc1 from './nc1.ts';
import nc2EquiangularityClassifier from './nc2-equiangularity-classifier.ts';
import nc2EquiangularityMeans from './nc2-equiangularity-means.ts';
import nc2EquinormClassifier from './nc2-equinorm-classifier.ts';
import nc2EquinormMeans from './nc2-equinorm-means.ts';
import nc3 from './nc3.ts';
import nc4 from './nc4.ts';
import nodeMean from './node-mean.ts';
import nodeSpread from './node-spread.ts';
import normVariation from './norm-variation.ts';
import overhead from './overhead.ts';
import planeShare from './plane-share.ts';
import predictedFraction from './predicted-fraction.ts';
import predictedGamma from './predicted-gamma.ts';
import predictedGammaTraining from './predicted-gamma-training.ts';
import predictedWidthGamma from './predicted-width-gamma.ts';
import rankedFractions from './ranked-fractions.ts';
import skippedEvaluations from './skipped-evaluations.ts';
import support from './support.ts';
import surveyFractions from './survey-fractions.ts';
import surveyGamma from './survey-gamma.ts';
import surveyGammaTraining from './survey-gamma-training.ts';
import surveyInits from './survey-inits.ts';
import topShare from './top-share.ts';
import trainingModeEffectiveClasses from './training-mode-effective-classes.ts';
import trainingModeGamma from './training-mode-gamma.ts';
import trainingModeLayerGamma from './training-mode-layer-gamma.ts';
import trainingModeMeanProbability from './training-mode-mean-probability.ts';
import trainingModeNodeMean from './training-mode-node-mean.ts';
import trainingModeNodeSpread from './training-mode-node-spread.ts';
import trainingModePredictedFraction from './training-mode-predicted-fraction.ts';
import trainingModeRankedFractions from './training-mode-ranked-fractions.ts';
import trainingModeTopShare from './training-mode-top-share.ts';
import updateNorm from './update-norm.ts';
import updateRatio from './update-ratio.ts';
import weightEnergy from './weight-energy.ts';

/** Every metric, in the order of the page. One that weighs others comes before them. */
export const metrics: readonly Metric[] = [
  support,
  groupSupport,
  classRecall,
  groupRecall,
  classLoss,
  groupLoss,
  classPrecision,
  loss,
  accuracy,
  macroRecall,
  predictedFraction,
  meanProbability,
  topShare,
  effectiveClasses,
  gamma,
  rankedFractions,
  nodeMean,
  nodeSpread,
  trainingModePredictedFraction,
  trainingModeMeanProbability,
  trainingModeRankedFractions,
  trainingModeTopShare,
  trainingModeEffectiveClasses,
  trainingModeGamma,
  trainingModeNodeMean,
  trainingModeNodeSpread,
  layerGamma,
  trainingModeLayerGamma,
  surveyInits,
  surveyFractions,
  surveyGamma,
  // Before what is derived of both.
  predictedWidthGamma,
  predictedGamma,
  surveyGammaTraining,
  predictedGammaTraining,
  biasCauses,
  confusion,
  classifierNorm,
  classifierCosine,
  classPlane,
  planeShare,
  minorityCosine,
  normVariation,
  groupCosine,
  groupNormVariation,
  nc2EquinormClassifier,
  nc2EquiangularityClassifier,
  weightEnergy,
  nc1,
  cdnv,
  nc2EquinormMeans,
  nc2EquiangularityMeans,
  nc3,
  nc4,
  meanCosine,
  featureEnergy,
  collapseRatio,
  classWeight,
  gradientSupport,
  classGradNorm,
  classAlignment,
  classGradCosine,
  classUpdateAlignment,
  gradientShare,
  gradientSignal,
  gradientNoise,
  layerGradNorm,
  dominantJump,
  classGradientDot,
  gradientNorm,
  updateNorm,
  updateRatio,
  absentRate,
  overhead,
  interval,
  batchInterval,
  skippedEvaluations,
  coverage,
  dropped,
];
