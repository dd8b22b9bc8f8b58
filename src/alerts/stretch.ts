import type { Bucket, MetricHistory } from '../history.ts';

/** Before this many steps weights and features are still much as chance made them. */
export const PATIENCE_STEPS = 100;

/** Measurements in a row. */
export interface Stretch {
  readonly from: Bucket;
  readonly to: Bucket;
  /** How many, where several of one bucket count once. */
  readonly length: number;
}

/** The last measurements in a row that fit; null where there are fewer than `least`. */
export function lastStretch(
  metric: MetricHistory | undefined,
  least: number,
  fits: (bucket: Bucket) => boolean,
): Stretch | null {
  const buckets = metric?.buckets ?? [];
  let since = buckets.length;
  while (since > 0 && fits(buckets[since - 1]!)) since--;
  const [from, to, length] = [buckets[since], buckets.at(-1), buckets.length - since];
  return from === undefined || to === undefined || length < least ? null : { from, to, length };
}
