/** The range of a value axis. Pure. */
import type { Line } from './line-marks.ts';

export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

type Bounds = readonly [number | null, number | null];

/** About this many intervals between the ticks of an axis. */
const INTERVALS = 5;
/** Narrowest axis, as a share of its larger end, and in itself. */
const NARROWEST = 1e-6;
const TINIEST = 1e-30;
/** A lowest value nearer to 0 than this share of the highest brings 0 onto the axis. */
const NEAR_ZERO = 0.4;

/** Range of an axis that shows these lines and reaches the `marks`; a panel's own bounds win. A log axis holds positive values only. */
export function valueRange(
  lines: readonly Pick<Line, 'trace' | 'band'>[],
  scale: 'linear' | 'log',
  bounds: Bounds = [null, null],
  marks: readonly number[] = [],
): ValueRange {
  const { low, high } = extent(lines, scale, marks);
  if (scale === 'linear') return niceRange(low, high, bounds);
  const isEmpty = !(low <= high);
  return { low: bounds[0] ?? (isEmpty ? 0.1 : low / 1.2), high: bounds[1] ?? (isEmpty ? 1 : high * 1.2) };
}

/** Lowest and highest value as round numbers. `low` > `high`: there are no values. */
export function niceRange(low: number, high: number, bounds: Bounds = [null, null]): ValueRange {
  if (!(low <= high)) return { low: bounds[0] ?? 0, high: bounds[1] ?? (bounds[0] ?? 0) + 1 };
  if (low > 0 && low < NEAR_ZERO * high) low = 0;
  const from = bounds[0] ?? low;
  const to = bounds[1] ?? high;
  const size = Math.max(Math.abs(from), Math.abs(to));
  // An axis narrower than what its labels can tell apart would have the same label at both ends.
  const span = to - from > NARROWEST * size ? to - from : size;
  const width = niceStep((span < TINIEST ? 1 : span) / INTERVALS);
  const nice = {
    low: bounds[0] ?? Math.floor(low / width + 1e-9) * width,
    high: bounds[1] ?? Math.ceil(high / width - 1e-9) * width,
  };
  return nice.low < nice.high ? nice : { low: nice.low, high: nice.low + width };
}

/** The next of 1, 2, 5, 10, 20, 50 ... times a power of ten. */
function niceStep(width: number): number {
  const decade = 10 ** Math.floor(Math.log10(width));
  return ([1, 2, 5].find((factor) => factor * decade >= width * (1 - 1e-9)) ?? 10) * decade;
}

function extent(
  lines: readonly Pick<Line, 'trace' | 'band'>[],
  scale: 'linear' | 'log',
  marks: readonly number[],
): ValueRange {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  marks.forEach(take);
  for (const { trace, band } of lines) {
    trace.ys.forEach(take);
    if (!band) continue;
    trace.lows.forEach(take);
    trace.highs.forEach(take);
  }
  return { low, high };
}
