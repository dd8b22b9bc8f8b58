import type { RunHistory } from './history.ts';

/** Examples of each class (C) in the training batches so far; 0 where the batches are not counted in the records. */
export function countedIn(history: RunHistory, classes: number): Float64Array {
  const counted = new Float64Array(classes);
  for (const { sum } of history.metrics.get('train/support')?.buckets ?? []) {
    for (let c = 0; c < classes; c++) counted[c]! += sum[c] ?? 0;
  }
  return counted;
}
