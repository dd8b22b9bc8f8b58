/**
 * Sliding window by examples: what a class metric of small batches is shown over. A rare class is missing from most batches, so each
 * point looks back until every class has enough examples, but not for ever. Counts and sums are added; means are never averaged.
 */
import type { Bucket, MetricHistory } from '../history.ts';
import { RangeSum } from './range-sum.ts';

export interface WindowLimits {
  /** A window is long enough when every class seen so far has this many examples in it. */
  readonly examples: number;
  /** It holds less than this many epochs, where the epoch is known ... */
  readonly epochs: number;
  /** ... and elsewhere at most this many examples of all classes together. It always holds at least one bucket. */
  readonly total: number;
}

export const WINDOW_LIMITS: WindowLimits = { examples: 30, epochs: 2, total: 20_000 };

/** One metric over its windows: one row per bucket, row-major. */
export interface WindowedSeries {
  /** Bucket of the metric that the first row belongs to. */
  readonly from: number;
  readonly rows: number;
  /** Elements per row. */
  readonly size: number;
  /** Weighted mean or sum over the window; 0 where `present` is 0. NaN and Infinity inside the window show in it. */
  readonly values: Float64Array;
  readonly present: Uint8Array;
  /** First bucket of the metric in each row's window. */
  readonly starts: Int32Array;
  /** Examples per class in each row's window, `classes` per row. */
  readonly support: Float64Array;
  readonly classes: number;
}

/**
 * First bucket of the window that ends with each bucket of `support`: the latest that gives every class seen so far enough examples,
 * or the earliest allowed. A class that was never seen waits for nothing. O(buckets x classes).
 */
export function windowStarts(support: MetricHistory, limits: WindowLimits = WINDOW_LIMITS): Int32Array {
  const { buckets } = support;
  const base = firstOfSameSize(buckets);
  const starts = earliestStarts(buckets, base, limits);
  const classes = sizeOfLast(buckets);
  // Per class the latest start that leaves it enough examples, and how many it has from there on.
  const latest = new Int32Array(classes).fill(base);
  const counts = new Float64Array(classes);
  for (let end = base; end < buckets.length; end++) {
    let start = end;
    for (let c = 0; c < classes; c++) {
      counts[c]! += examplesOf(buckets[end]!, c);
      while (latest[c]! < end && counts[c]! - examplesOf(buckets[latest[c]!]!, c) >= limits.examples) {
        counts[c]! -= examplesOf(buckets[latest[c]!++]!, c);
      }
      if (counts[c]! > 0) start = Math.min(start, latest[c]!);
    }
    starts[end] = Math.max(start, starts[end]!);
  }
  return starts;
}

/**
 * The same for a metric without classes: the latest that gives as many examples in total as enough for every class would be. It waits
 * for no rare class, so that a loss does not lag behind by epochs.
 */
export function scalarWindowStarts(support: MetricHistory, limits: WindowLimits = WINDOW_LIMITS): Int32Array {
  const { buckets } = support;
  const base = firstOfSameSize(buckets);
  const enough = limits.examples * sizeOfLast(buckets);
  let start = base;
  let total = 0;
  return earliestStarts(buckets, base, limits).map((earliest, end) => {
    if (end < base) return earliest;
    total += totalOf(buckets[end]!);
    while (start < end && total - totalOf(buckets[start]!) >= enough) total -= totalOf(buckets[start++]!);
    return Math.max(start, earliest);
  });
}

/** Start of the longest window that the limits allow at each bucket. */
function earliestStarts(buckets: readonly Bucket[], base: number, limits: WindowLimits): Int32Array {
  const epochs = knownEpochs(buckets);
  const firstKnown = epochs.findIndex((epoch) => epoch !== null);
  const known = Math.max(base, firstKnown);
  const byTotal = startsByTotal(buckets, base, limits.total);
  let byEpoch = known;
  return byTotal.map((start, end) => {
    const epoch = epochs[end] ?? null;
    if (epoch === null || end < known) return start;
    while (epoch - epochs[byEpoch]! >= limits.epochs) byEpoch++;
    // Buckets from before the first known epoch are limited by examples, those since by epochs.
    return byEpoch > known ? byEpoch : Math.min(start, known);
  });
}

function startsByTotal(buckets: readonly Bucket[], base: number, most: number): Int32Array {
  const starts = Int32Array.from(buckets, (_, i) => i);
  let start = base;
  let total = 0;
  for (let end = base; end < buckets.length; end++) {
    total += totalOf(buckets[end]!);
    while (start < end && total > most) total -= totalOf(buckets[start++]!);
    starts[end] = start;
  }
  return starts;
}

/** The epoch at each bucket, carried on where nobody told it; it never goes back. */
function knownEpochs(buckets: readonly Bucket[]): (number | null)[] {
  let known: number | null = null;
  return buckets.map(({ epoch }) => {
    if (epoch !== null && Number.isFinite(epoch)) known = Math.max(known ?? epoch, epoch);
    return known;
  });
}

function examplesOf(bucket: Bucket, c: number): number {
  const count = bucket.sum[c]!;
  return count > 0 && count < Infinity ? count : 0;
}

function totalOf(bucket: Bucket): number {
  let total = 0;
  for (let c = 0; c < bucket.sum.length; c++) total += examplesOf(bucket, c);
  return total;
}

/** First bucket from which on all have as many elements as the last one: a window does not reach over a change of shape. */
function firstOfSameSize(buckets: readonly Bucket[]): number {
  const size = sizeOfLast(buckets);
  return buckets.findLastIndex((bucket) => bucket.sum.length !== size) + 1;
}

function sizeOfLast(buckets: readonly Bucket[]): number {
  return buckets.at(-1)?.sum.length ?? 0;
}

/** First bucket of `support` in the window of each of its buckets, as a metric of classes or a scalar is shown over. */
export function startsFor(
  metric: MetricHistory,
  support: MetricHistory,
  limits: WindowLimits = WINDOW_LIMITS,
): Int32Array {
  return metric.declaration.axes.length === 0 ? scalarWindowStarts(support, limits) : windowStarts(support, limits);
}

/**
 * A metric over the windows of its support (the metric that it names as weight), for its buckets from `from` on; a row depends on
 * earlier buckets only, so those of closed buckets never change. Without any support a window is one bucket.
 * O(buckets x (classes + elements)), and one pass over the window more whenever a class is seen for the first time.
 * `starts`: what `startsFor` gave; metrics that share their support can share it.
 */
export function windowed(
  metric: MetricHistory,
  support: MetricHistory,
  from = 0,
  starts: Int32Array = startsFor(metric, support),
): WindowedSeries {
  const { buckets } = metric;
  const size = sizeOfLast(buckets);
  const classes = sizeOfLast(support.buckets);
  const rows = Math.max(0, buckets.length - from);
  const series: WindowedSeries = {
    from,
    rows,
    size,
    classes,
    values: new Float64Array(rows * size),
    present: new Uint8Array(rows * size),
    starts: Int32Array.from({ length: rows }, (_, row) => from + row),
    support: new Float64Array(rows * classes),
  };
  fillRows(metric, support, series, starts);
  return series;
}

function fillRows(metric: MetricHistory, support: MetricHistory, series: WindowedSeries, starts: Int32Array): void {
  const { buckets } = metric;
  const { from, rows, size, classes } = series;
  const base = firstOfSameSize(buckets);
  const supportBase = firstOfSameSize(support.buckets);
  const sums = new RangeSum(size, (i) => buckets[i]!.sum);
  const weights = new RangeSum(size, (i) => buckets[i]!.weight);
  const examples = new RangeSum(classes, (i) => support.buckets[i]!.sum);
  const weight = new Float64Array(size);
  for (let row = Math.max(0, base - from); row < rows; row++) {
    const end = from + row;
    const last = lastUpTo(support.buckets, buckets[end]!.index);
    let start = end;
    if (last >= supportBase) {
      const first = starts[last]!;
      examples.write(first, last, series.support, row * classes);
      start = Math.min(end, Math.max(base, lastUpTo(buckets, support.buckets[first]!.index - 1) + 1));
    }
    series.starts[row] = start;
    sums.write(start, end, series.values, row * size);
    weights.write(start, end, weight);
    settle(series, row, metric.declaration.fold === 'sum', weight);
  }
}

/** Turns the sums of a row into what is shown. */
function settle({ values, present, size }: WindowedSeries, row: number, isSum: boolean, weight: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const at = row * size + i;
    // A weight of NaN shows as NaN: what has diverged must be seen.
    present[at] = weight[i]! <= 0 ? 0 : 1;
    if (!present[at]) values[at] = 0;
    else if (!isSum) values[at]! /= weight[i]!;
  }
}

/** Last bucket whose number is not above `index`; -1 if there is none. */
function lastUpTo(buckets: readonly Bucket[], index: number): number {
  let low = 0;
  let high = buckets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (buckets[middle]!.index <= index) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
