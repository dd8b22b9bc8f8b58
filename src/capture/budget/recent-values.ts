/** How far the upper bound lies above the middle, in square roots of the number of values: about nine in ten. */
const BOUND = 0.64;

/** The newest of a series of noisy values, in order statistics: one absurd value does not move them. */
export class RecentValues {
  private readonly values: number[] = [];
  private readonly most: number;

  /** Keeps the newest `most` values. */
  constructor(most: number) {
    this.most = most;
  }

  get count(): number {
    return this.values.length;
  }

  push(value: number): void {
    this.values.push(value);
    if (this.values.length > this.most) this.values.shift();
  }

  clear(): void {
    this.values.length = 0;
  }

  /** Median of the newest `of` values; NaN where there is none. */
  median(of: number = this.most): number {
    const sorted = this.sorted(of);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }

  /** What the true median lies below in about nine of ten cases, as far as the newest `of` values tell; NaN where there is none. */
  upperMedian(of: number = this.most): number {
    const sorted = this.sorted(of);
    const last = sorted.length - 1;
    return sorted[Math.min(last, Math.floor(last / 2 + BOUND * Math.sqrt(sorted.length)))] ?? Number.NaN;
  }

  private sorted(of: number): Float64Array {
    return Float64Array.from(this.values.slice(-of)).sort();
  }
}
