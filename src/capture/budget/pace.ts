/** Spaces out something that takes long, so that it takes no more than a share of the time that goes by. */
export class Pace {
  private readonly share: number;
  private readonly grace: number;
  private readonly now: () => number;
  /** Milliseconds that may be spent; below 0 those that were spent too much. */
  private credit: number;
  private countedAt: number | null = null;

  /** `share` in (0, 1]; 1: always. `grace`: milliseconds that may be spent at once, at the beginning and after long pauses. */
  constructor(share: number, grace = 0, now: () => number = () => performance.now()) {
    this.share = share;
    this.grace = grace;
    this.now = now;
    this.credit = grace;
  }

  /** Whether it may be done now; the first time it always may. */
  due(): boolean {
    if (this.share === 1) return true;
    const now = this.now();
    this.credit = Math.min(this.grace, this.credit + (now - (this.countedAt ?? now)) * this.share);
    this.countedAt = now;
    return this.credit >= 0;
  }

  /** Counts as spent. */
  charge(milliseconds: number): void {
    this.credit -= milliseconds;
  }

  /** Runs some of it. */
  timed<T>(work: () => T): T {
    const start = this.now();
    try {
      return work();
    } finally {
      this.charge(this.now() - start);
    }
  }
}
