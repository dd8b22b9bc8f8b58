/** When the bias of the guesses on the probe has cleared, from what is stored of them. */
import type { Bucket, RunHistory } from '../history.ts';
import type { Axis, Packable } from '../record.ts';
import type { Evidence } from '../rule.ts';
import { shareNoise, sharesNoise } from '../theory/share-noise.ts';
import { type DeviationAt, guessDeviation, type TimeToUnbias, timeToUnbias } from '../theory/time-to-unbias.ts';

export const EVALUATION = 'probe/predicted-fraction';
export const TRAINING = 'probe/training-mode-predicted-fraction';

/** The two ends of an interval. */
export const BOUNDS: Axis = { name: 'bound', labels: ['last biased', 'unbiased by'] };

/** What it means that there is no second end. */
export const NOT_YET = 'not yet (still biased at step {})';

interface GuessCourse {
  /** Number of examples N. */
  readonly examples: number;
  /** True shares. */
  readonly shares: readonly number[];
  /** The measurements that the history keeps, oldest first. */
  readonly buckets: readonly Bucket[];
}

/** Last biased and first unbiased step over all classes. Null while nothing is known, and where that is what was said last. */
export function overall({ history }: Evidence, name: string, last: Packable | null): Packable | null {
  const course = guessCourse(history, name);
  if (course === null) return null;
  const { examples, shares } = course;
  const { lastBiased, firstUnbiased } = timeToUnbias(
    deviations(course, (fraction) =>
      guessDeviation(
        shares.map((_, c) => fraction(c)),
        shares,
      ),
    ),
    sharesNoise(shares, examples),
  );
  return news([lastBiased, firstUnbiased], last);
}

/** One end of the interval of each class. Null as above. */
export function byClass(
  { history }: Evidence,
  name: string,
  end: keyof TimeToUnbias,
  last: Packable | null,
): Packable | null {
  const course = guessCourse(history, name);
  if (course === null) return null;
  const times = course.shares.map((share, c) =>
    timeToUnbias(
      deviations(course, (fraction) => Math.abs(fraction(c) - share)),
      shareNoise(share, course.examples),
    ),
  );
  return news(
    times.map((time) => time[end]),
    last,
  );
}

function guessCourse(history: RunHistory, name: string): GuessCourse | null {
  const buckets = history.metrics.get(name)?.buckets;
  const support = history.metrics.get('probe/support')?.buckets.at(-1)?.last;
  const examples = support?.reduce((sum, count) => sum + count, 0) ?? 0;
  if (buckets === undefined || support === undefined || examples === 0) return null;
  return { examples, shares: Array.from(support, (count) => count / examples), buckets };
}

/** One after the other: nobody looks at those after the bias has cleared. */
function* deviations(
  { buckets, examples }: GuessCourse,
  deviationOf: (fraction: (c: number) => number) => number,
): Generator<DeviationAt, void> {
  for (const { step, last, seen } of buckets) {
    // Stored as float32: back to what was counted, so that a count on the bound is on it.
    const fraction = (c: number) => Math.round(last[c]! * examples) / examples;
    yield { step, deviation: seen[0] ? deviationOf(fraction) : null };
  }
}

function news(values: readonly (number | null)[], last: Packable | null): readonly (number | null)[] | null {
  const isSame = last !== null && values.every((value, i) => value === (last as ArrayLike<number | null>)[i]);
  return isSame ? null : values;
}
