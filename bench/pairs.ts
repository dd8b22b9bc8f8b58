/** What a series of paired measurements says. */
export interface Paired {
  readonly pairs: number;
  /** Median of the ratios on / off, and its 95 % interval. */
  readonly ratio: Estimate;
  /** Median of the differences on - off, in the unit of the samples. */
  readonly difference: Estimate;
  readonly off: number;
  /** All time with, over all time without: what comes at few steps is in it, too. */
  readonly total: number;
}

export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median with a distribution-free 95 % interval: the order statistics at n/2 -+ 0.98 sqrt(n) (binomial, normal approximation). */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const half = 0.98 * Math.sqrt(n);
  const at = (position: number) => sorted[Math.min(n - 1, Math.max(0, Math.round(position)))]!;
  const median = n % 2 === 1 ? at((n - 1) / 2) : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2;
  return { median, low: at(n / 2 - half), high: at(n / 2 + half - 1) };
}

/** Runs both sides in turn, the first one changing from pair to pair, so that drift and order fall out. */
export async function pairs(count: number, off: () => Promise<number>, on: () => Promise<number>): Promise<Paired> {
  const offs: number[] = [];
  const ons: number[] = [];
  for (let pair = 0; pair < count; pair++) {
    const first = pair % 2 === 0;
    if (first) offs.push(await off());
    ons.push(await on());
    if (!first) offs.push(await off());
  }
  return {
    pairs: count,
    ratio: estimate(ons.map((value, i) => value / offs[i]!)),
    difference: estimate(ons.map((value, i) => value - offs[i]!)),
    off: estimate(offs).median,
    total: sum(ons) / sum(offs),
  };
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** `0.12 [0.11, 0.14]` */
export function show({ median, low, high }: Estimate, digits = 3): string {
  return `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
