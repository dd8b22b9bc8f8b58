/** What goes wrong while serving: told once, counted always, never thrown out of a handler. */
export class Faults {
  count = 0;
  private readonly told = new Set<string>();
  private readonly report: (sentence: string) => void;

  constructor(report: (sentence: string) => void) {
    this.report = report;
  }

  /** Counts an error and tells it, unless the same was told before. */
  note(where: string, error: unknown): void {
    this.count++;
    const sentence = `${where} failed (${error instanceof Error ? error.message : String(error)}); serving goes on.`;
    if (this.told.has(sentence) || this.told.size >= MAX_TOLD) return;
    this.told.add(sentence);
    try {
      this.report(sentence);
    } catch {
      // A terminal that is gone is no reason to stop serving.
    }
  }

  /** Runs a handler; what it throws is noted. */
  guard(where: string, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.note(where, error);
    }
  }
}

/** So many different sentences are enough for any terminal. */
const MAX_TOLD = 100;
