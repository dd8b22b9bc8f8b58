import type { Derived } from '../derived.ts';
import classFirstUnbiasedStep from './class-first-unbiased-step.ts';
import classLastBiasedStep from './class-last-biased-step.ts';
import collapseThreshold from './collapse-threshold.ts';
import imbalance from './imbalance.ts';
import initialPlace from './initial-place.ts';
import predictedFractionLaw from './predicted-fraction-law.ts';
import predictedMinorityCosine from './predicted-minority-cosine.ts';
import predictedOversampling from './predicted-oversampling.ts';
import surveyFractionLaw from './survey-fraction-law.ts';
import timeToUnbias from './time-to-unbias.ts';
import trainingModeClassFirstUnbiasedStep from './training-mode-class-first-unbiased-step.ts';
import trainingModeClassLastBiasedStep from './training-mode-class-last-biased-step.ts';
import trainingModeTimeToUnbias from './training-mode-time-to-unbias.ts';
import zeroThreshold from './zero-threshold.ts';

/** Every derived metric, in the order of the page. */
export const derivedMetrics: readonly Derived[] = [
  initialPlace,
  surveyFractionLaw,
  predictedFractionLaw,
  timeToUnbias,
  trainingModeTimeToUnbias,
  classLastBiasedStep,
  classFirstUnbiasedStep,
  trainingModeClassLastBiasedStep,
  trainingModeClassFirstUnbiasedStep,
  predictedMinorityCosine,
  imbalance,
  collapseThreshold,
  zeroThreshold,
  predictedOversampling,
];
