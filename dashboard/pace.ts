/** Steps per second, from the times in the records: the page's own clock plays no part. */
import type { RunHistory } from '../src/history.ts';

interface Sample {
  readonly step: number;
  readonly time: number;
}

/** The first step and some recent ones, oldest first. */
export interface Pace {
  readonly first: Sample | null;
  readonly recent: readonly Sample[];
}

const WINDOW_MS = 5000;
const SPACING_MS = 200;

/** Pace with one more record. */
export function samplePace(pace: Pace, { step, time }: Sample): Pace {
  const first = pace.first ?? { step, time };
  const last = pace.recent.at(-1);
  if (last !== undefined && (step <= last.step || time - last.time < SPACING_MS))
    return first === pace.first ? pace : { ...pace, first };
  const since = time - WINDOW_MS;
  // One sample before the window stays, so that a slow training still has two.
  const from = Math.max(
    0,
    pace.recent.findLastIndex((sample) => sample.time <= since),
  );
  return { first, recent: [...pace.recent.slice(from), { step, time }] };
}

/** Pace of a history that was loaded at once. */
export function paceOf(history: RunHistory): Pace {
  let longest: readonly Sample[] = [];
  for (const { buckets } of history.metrics.values()) if (buckets.length > longest.length) longest = buckets;
  return longest.reduce<Pace>((pace, { step, time }) => samplePace(pace, { step, time }), { first: null, recent: [] });
}

/** Recent steps per second; null before there are two samples. */
export function stepsPerSecond({ recent }: Pace): number | null {
  return rate(recent[0], recent.at(-1));
}

/** Steps per second from the first step to the last. */
export function meanStepsPerSecond({ first, recent }: Pace): number | null {
  return rate(first ?? undefined, recent.at(-1));
}

function rate(from: Sample | undefined, to: Sample | undefined): number | null {
  if (from === undefined || to === undefined || to.time <= from.time) return null;
  return ((to.step - from.step) * 1000) / (to.time - from.time);
}
