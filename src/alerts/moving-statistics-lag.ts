import type { RunHistory } from '../history.ts';
import { defineRule } from '../rule.ts';
import { percent } from './percent.ts';

/** By how much the top share in evaluation mode must lie above that in training mode. */
const GAP = 0.1;
/** By how much for the lag to last, once it was seen. */
const LASTING_GAP = GAP / 2;

export default defineRule({
  id: 'moving-statistics-lag',
  level: 'info',
  reads: [
    'probe/predicted-fraction',
    'probe/top-share',
    'probe/time-to-unbias',
    'probe/training-mode-top-share',
    'probe/training-mode-time-to-unbias',
  ],
  help: 'As training computes them the guesses are no longer biased, as predict computes them they still are. With batch normalization that is a lag of its moving statistics, not a prejudice of the network.',
  remedy:
    'Nothing, for some hundred steps: look at the metrics in training mode meanwhile. If predict stays biased, lower the momentum of the batch normalization (0.9 instead of 0.99), or see whether it gets batches like those of the probe.',
  evaluate({ history }) {
    const since = lastOf(history, 'training-mode-time-to-unbias', 1);
    const cleared = lastOf(history, 'time-to-unbias', 1);
    const biasedAt = lastOf(history, 'time-to-unbias', 0);
    const guesses = history.metrics.get('probe/predicted-fraction')?.buckets.at(-1);
    if (since === null || cleared !== null || guesses === undefined || biasedAt !== guesses.step) return [];
    const evaluation = lastOf(history, 'top-share', 0);
    const training = lastOf(history, 'training-mode-top-share', 0);
    if (evaluation === null || training === null || evaluation - training < LASTING_GAP) return [];
    if (largestGap(history, since) < GAP) return [];
    return [
      {
        classes: [],
        steps: [since, guesses.step],
        message: `In evaluation mode ${percent(evaluation)} of the guesses on the probe go to one class, in training mode ${percent(training)}, where they are unbiased since step ${since}: with batch normalization its moving statistics lag behind the batches.`,
        numbers: { topShare: evaluation, trainingTopShare: training, unbiasedSince: since },
        threshold: GAP,
      },
    ];
  },
});

/** Between the top shares of the two modes from a step on. */
function largestGap(history: RunHistory, since: number): number {
  const training = history.metrics.get('probe/training-mode-top-share')?.buckets ?? [];
  const shares = new Map(training.map(({ step, last }) => [step, last[0]!]));
  let largest = 0;
  for (const { step, last } of history.metrics.get('probe/top-share')?.buckets ?? []) {
    const other = shares.get(step);
    if (step >= since && other !== undefined) largest = Math.max(largest, last[0]! - other);
  }
  return largest;
}

/** An element of the last measurement of the probe; null where it is missing. */
function lastOf(history: RunHistory, id: string, element: number): number | null {
  const metric = history.metrics.get(`probe/${id}`);
  const bucket = metric?.buckets.at(-1);
  return metric === undefined || bucket === undefined ? null : metric.value(bucket, element);
}
