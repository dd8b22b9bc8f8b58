/** Adds up stretches of time. */
export class Stopwatch {
  private total = 0;
  private readonly now: () => number;

  /** `now`: a clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Runs `f` and counts its time. */
  time<T>(f: () => T): T {
    const start = this.now();
    try {
      return f();
    } finally {
      this.total += this.now() - start;
    }
  }

  /** Milliseconds since it was last read. */
  read(): number {
    const { total } = this;
    this.total = 0;
    return total;
  }
}
