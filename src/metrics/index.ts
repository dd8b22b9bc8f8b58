import type { Metric } from '../metric.ts';
import absentRate from './absent-rate.ts';
import accuracy from './accuracy.ts';
import classLoss from './class-loss.ts';
import classPrecision from './class-precision.ts';
import classRecall from './class-recall.ts';
import classifierCosine from './classifier-cosine.ts';
import classifierNorm from './classifier-norm.ts';
import confusion from './confusion.ts';
import dropped from './dropped.ts';
import loss from './loss.ts';
import macroRecall from './macro-recall.ts';
import meanProbability from './mean-probability.ts';
import overhead from './overhead.ts';
import predictedFraction from './predicted-fraction.ts';
import support from './support.ts';

/** Every metric, in the order of the page. One that weighs others comes before them. */
export const metrics: readonly Metric[] = [
  support,
  classRecall,
  classLoss,
  classPrecision,
  loss,
  accuracy,
  macroRecall,
  predictedFraction,
  meanProbability,
  confusion,
  classifierNorm,
  classifierCosine,
  absentRate,
  overhead,
  dropped,
];
