import { countedIn } from '../counted.ts';
import type { RunHistory } from '../history.ts';
import type { Evidence } from '../rule.ts';
import { minorityClasses, shownCounts } from '../theory/minority.ts';

/** What the layer-peeled model is asked with in a run. */
export interface PeeledInputs {
  /** Training examples of each class times its weight in the loss, C. */
  readonly counts: readonly number[];
  readonly weightEnergy: number;
  readonly featureEnergy: number;
}

/**
 * What says how many examples a class has is measured at every step: it is looked up, but only these, which are measured on schedule, ask
 * for a prediction.
 */
export const PEELED_READS = ['model/weight-energy', 'train/feature-energy', 'model/collapse-ratio'] as const;

/** Counts of one group differ by at most this factor. */
const ALIKE = 1.25;

/**
 * The centred energies and the counts as they stand; null while one is unknown, and where there is no collapse ratio: without weight decay nothing
 * holds the energies and no imbalance is large enough for collapse, and of another loss than plain cross-entropy the model knows nothing.
 */
export function peeledInputs({ run, history }: Evidence): PeeledInputs | null {
  const [weightEnergy, featureEnergy, ratio] = PEELED_READS.map((name) => lastScalar(history, name));
  if (typeof ratio !== 'number' || !isEnergy(weightEnergy) || !isEnergy(featureEnergy)) return null;
  const counts = shownCounts(run, countedIn(history, run.classNames.length));
  const weights = history.metrics.get('model/class-weight')?.buckets.at(-1)?.last;
  return (
    counts && { counts: Array.from(counts, (count, c) => count * (weights?.[c] ?? 1)), weightEnergy, featureEnergy }
  );
}

/** Two sizes of classes. */
export interface TwoGroups {
  /** Numbers of classes. */
  readonly majority: number;
  readonly minority: number;
  /** R: mean count of the majority over that of the minority. */
  readonly imbalance: number;
}

/**
 * The two groups into which the counts fall, at their largest gap of a factor of at least 2; null where they do not: a class without examples, no
 * such gap, or a group within which one count is more than 1.25 times another. Graded counts have no single imbalance from which on
 * classes collapse: they collapse one after the other.
 */
export function twoGroups(counts: readonly number[]): TwoGroups | null {
  const few = new Set(minorityClasses(counts));
  const [many, rare] = [false, true].map((isRare) => counts.filter((_, c) => few.has(c) === isRare)) as [
    number[],
    number[],
  ];
  if (rare.length === 0 || !isAlike(many) || !isAlike(rare)) return null;
  return { majority: many.length, minority: rare.length, imbalance: mean(many) / mean(rare) };
}

/** The last value of a scalar; null where it is missing, undefined where there is no measurement. */
export function lastScalar(history: RunHistory, name: string): number | null | undefined {
  const bucket = history.metrics.get(name)?.buckets.at(-1);
  return bucket && (bucket.seen[0] ? bucket.last[0]! : null);
}

const isEnergy = (value: number | null | undefined): value is number => Number.isFinite(value) && value! > 0;

const isAlike = (counts: readonly number[]) =>
  Math.min(...counts) > 0 && Math.max(...counts) <= ALIKE * Math.min(...counts);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
