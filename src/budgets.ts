import type { Metric } from './metric.ts';
import type { WatchOptions } from './options.ts';

/** Shares of training time; 1: always, whatever it costs. */
export interface Budgets {
  /** Everything below, and looking at the batches that train, which comes first. */
  readonly whole: number;
  /** Whether some metric reads every batch; else those are looked at that something else is measured of. */
  readonly batches: boolean;
  /** Class gradients; null: they are not measured. */
  readonly gradients: number | null;
  /** Features of training examples; null: they are not measured. */
  readonly features: number | null;
  /** Evaluations by the schedule. */
  readonly evaluations: number;
}

/** Share of training time for everything that is measured. */
const DEFAULT_BUDGET = 0.05;
/** Parts of what looking at the batches leaves of it, where all three are measured; else the others get theirs, in the same proportion. */
const PARTS = { gradients: 0.65, features: 0.15, evaluations: 0.2 };

/**
 * Nobody pays for what no metric reads. A schedule of the user's own is kept whatever it costs; with a budget of 1 everything is measured at
 * every step.
 */
export function budgetsOf(
  metrics: readonly Pick<Metric, 'part' | 'streams'>[],
  { budget = DEFAULT_BUDGET, schedule }: Pick<WatchOptions, 'budget' | 'schedule'>,
): Budgets {
  const isRead = (name: 'gradients' | 'features') => metrics.some(({ part }) => part === name);
  const parts = {
    gradients: isRead('gradients') ? PARTS.gradients : 0,
    features: isRead('features') ? PARTS.features : 0,
    evaluations: schedule === undefined ? PARTS.evaluations : 0,
  };
  const sum = parts.gradients + parts.features + parts.evaluations;
  const share = (part: number) => (budget === 1 ? 1 : budget * (part / sum));
  return {
    whole: budget,
    batches: metrics.some(({ part, streams }) => part === undefined && streams.includes('train')),
    gradients: parts.gradients === 0 ? null : share(parts.gradients),
    features: parts.features === 0 ? null : share(parts.features),
    evaluations: parts.evaluations === 0 ? 1 : share(parts.evaluations),
  };
}
