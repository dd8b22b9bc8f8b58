/** Time that the monitor takes of the training thread, in milliseconds. */
export class OwnTime {
  private spent = 0;
  private startedAt: number | null = null;
  private isTiming = false;

  /** Training has begun, if it had not. */
  start(): void {
    this.startedAt ??= performance.now();
  }

  /** Share of the time since training began. */
  get share(): number {
    const elapsed = this.startedAt === null ? 0 : performance.now() - this.startedAt;
    return elapsed === 0 ? 0 : this.spent / elapsed;
  }

  /** Runs `work`. What is timed within it is in its time already. */
  timed(work: () => void): void {
    if (this.isTiming) {
      work();
      return;
    }
    const start = performance.now();
    this.isTiming = true;
    try {
      work();
    } finally {
      this.isTiming = false;
      this.add(performance.now() - start);
    }
  }

  /** Adds what was timed elsewhere. */
  add(milliseconds: number): void {
    this.spent += milliseconds;
  }
}
