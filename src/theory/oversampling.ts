import { minorityCollapseThresholds } from './collapse-threshold.ts';
import { requireCounts, requireObject, requirePositive } from './requirement.ts';

export interface OversamplingInput {
  /** Examples of each class, C: at most two different counts, none of them 0. */
  readonly counts: ArrayLike<number>;
  /** Bound on (1/C) sum |w_k|^2. */
  readonly weightEnergy: number;
  /** Bound on (1/C) sum |h_k|^2. */
  readonly featureEnergy: number;
}

/**
 * How often the minority has to be shown to keep its classifiers apart: above this w they differ, at and below it they are the same. Showing
 * the minority w times (or weighting its loss so) is the same problem with n_B replaced by w n_B, so w = R / R0; 1 where
 * they differ anyway. Layer-peeled model of Fang, He, Long, Su (PNAS 2021).
 *
 * @throws RangeError for counts that are no counts, are 0, or have more than two different values, and for energies that are not above 0.
 */
export function oversampling(input: OversamplingInput): number {
  requireObject('The argument of oversampling', input, '{ counts: [5000, 50, 50], weightEnergy: 1, featureEnergy: 5 }');
  const { counts, weightEnergy, featureEnergy } = input;
  requireCounts('counts', counts);
  const all = Array.from(counts);
  for (const [c, count] of all.entries()) requirePositive(`counts[${c}]`, count);
  const values = [...new Set(all)];
  if (values.length > 2) throw new RangeError(`counts has ${values.length} different values: expected at most two.`);
  const many = Math.max(...values);
  const few = Math.min(...values);
  const majority = all.filter((count) => count === many).length;
  const { collapse } = minorityCollapseThresholds({
    majority,
    minority: Math.max(1, all.length - majority),
    weightEnergy,
    featureEnergy,
  });
  return collapse === null || majority === all.length ? 1 : Math.max(1, many / few / collapse);
}
