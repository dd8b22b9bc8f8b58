/** Adds up stretches of time. */
export class Stopwatch {
  private total = 0;

  /** Runs `f` and counts its time. */
  time<T>(f: () => T): T {
    const start = performance.now();
    try {
      return f();
    } finally {
      this.total += performance.now() - start;
    }
  }

  /** Milliseconds since it was last read. */
  read(): number {
    const { total } = this;
    this.total = 0;
    return total;
  }
}
