import type { Derived } from '../derived.ts';
import collapseThreshold from './collapse-threshold.ts';
import imbalance from './imbalance.ts';
import predictedMinorityCosine from './predicted-minority-cosine.ts';
import predictedOversampling from './predicted-oversampling.ts';
import zeroThreshold from './zero-threshold.ts';

/** Every derived metric, in the order of the page. */
export const derivedMetrics: readonly Derived[] = [
  predictedMinorityCosine,
  imbalance,
  collapseThreshold,
  zeroThreshold,
  predictedOversampling,
];
