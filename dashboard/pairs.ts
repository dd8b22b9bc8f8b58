/** Pairs of classes of a symmetric matrix over time: which ones to show, and their values step by step. Pure. */
import type { Bucket, MetricHistory } from '../src/history.ts';
import { isFew } from './charts/scene.ts';
import { type Curve, plainCurve } from './curves.ts';
import { truncate } from './format.ts';
import type { View } from './view.ts';

/** Most pairs that get a row: all pairs of eight classes fit. */
export const MAX_PAIRS = 30;

const NAME_LENGTH = 10;

/** Two different classes, `a` < `b`. */
export interface Pair {
  readonly a: number;
  readonly b: number;
}

export interface PairSelection {
  /** Most opposed first. */
  readonly pairs: readonly Pair[];
  /** Pairs that could have been shown: both classes were measured together at least once. */
  readonly total: number;
}

/** Number of classes of a class x class metric; 0 where it is no square matrix. */
export function sideOf({ shape }: Pick<MetricHistory, 'shape'>): number {
  return shape.length === 2 && shape[0] === shape[1] ? shape[0]! : 0;
}

/** Whether a pair may be shown: of few classes those not switched off, of many those with a picked class, if any is. */
export function pairFilter(classes: number, { hidden, picked }: Pick<View, 'hidden' | 'picked'>) {
  if (isFew(classes)) return ({ a, b }: Pair) => !hidden.has(a) && !hidden.has(b);
  return ({ a, b }: Pair) => picked.length === 0 || picked.includes(a) || picked.includes(b);
}

/**
 * The pairs with the lowest sum over all kept measurements. A missing value counts as 0, so that a pair that met once does not outrank
 * those that are opposed all the time.
 */
export function selectPairs(
  metric: Pick<MetricHistory, 'shape' | 'buckets'>,
  isAllowed: (pair: Pair) => boolean,
): PairSelection {
  const classes = sideOf(metric);
  const sums = new Float64Array(classes * classes);
  const counts = new Uint32Array(classes * classes);
  for (const bucket of metric.buckets) if (bucket.last.length === sums.length) addPairs(bucket, classes, sums, counts);
  const found: (Pair & { sum: number })[] = [];
  let total = 0;
  for (let at = 0; at < sums.length; at++) {
    const pair = { a: Math.floor(at / classes), b: at % classes, sum: sums[at]! };
    if (counts[at] === 0 || !isAllowed(pair)) continue;
    total++;
    insert(found, pair);
  }
  return { pairs: found, total };
}

/** Keeps the lowest sums, in order: of half a million pairs all but a few are let go at once. */
function insert(found: (Pair & { sum: number })[], pair: Pair & { sum: number }): void {
  if (found.length === MAX_PAIRS && pair.sum >= found.at(-1)!.sum) return;
  let at = found.length;
  while (at > 0 && found[at - 1]!.sum > pair.sum) at--;
  found.splice(at, 0, pair);
  if (found.length > MAX_PAIRS) found.pop();
}

/** Adds the upper triangle of one measurement. */
function addPairs({ last, seen }: Bucket, classes: number, sums: Float64Array, counts: Uint32Array): void {
  for (let a = 0; a < classes; a++) {
    for (let at = a * classes + a + 1; at < (a + 1) * classes; at++) {
      if (seen[at] === 0) continue;
      counts[at]!++;
      if (Number.isFinite(last[at])) sums[at]! += last[at]!;
    }
  }
}

/** The values of these pairs, one element each. */
export function pairCurve(metric: MetricHistory, pairs: readonly Pair[]): Curve {
  const classes = sideOf(metric);
  const plain = plainCurve(metric);
  return {
    ...plain,
    size: pairs.length,
    value: (row, element) => {
      const { a, b } = pairs[element]!;
      return plain.bucket(row).last.length === classes ** 2 ? plain.value(row, a * classes + b) : null;
    },
  };
}

/** `cat – dog`; long names are cut. */
export function pairLabel({ a, b }: Pair, classNames: readonly string[], length = NAME_LENGTH): string {
  const name = (index: number) => truncate(classNames[index] ?? `class ${index}`, length);
  return `${name(a)} – ${name(b)}`;
}
