/** Spaces out something that takes long, so that it takes no more than a share of the time that goes by. */
export class Pace {
  private readonly share: number;
  private readonly now: () => number;
  /** When it was done last; null before. */
  private since: number | null = null;
  /** Milliseconds that it has taken since then. */
  private spent = 0;

  /** `share` in (0, 1]; 1: always. */
  constructor(share: number, now: () => number = () => performance.now()) {
    this.share = share;
    this.now = now;
  }

  /** Whether it is done now; the first time it always is. */
  due(): boolean {
    const now = this.now();
    if (this.share < 1 && this.since !== null && now - this.since < this.spent / this.share) return false;
    this.since = now;
    this.spent = 0;
    return true;
  }

  /** Runs some of it. */
  timed<T>(work: () => T): T {
    const start = this.now();
    try {
      return work();
    } finally {
      this.spent += this.now() - start;
    }
  }
}
