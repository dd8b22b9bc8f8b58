/** Uses values in the order in which they were asked for, at once where nothing waits: records keep the order of training. */
export class Turns {
  private queue: Promise<void> | null = null;
  private readonly failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.failed = failed;
  }

  /** Runs `use` now if the value is here and nothing waits, else in its turn. */
  take<T>(value: T | Promise<T>, use: (value: T) => void): void {
    if (this.queue === null && isHere(value)) use(value);
    else this.enqueue(async () => use(await value));
  }

  /** Resolves when everything has had its turn. */
  async settled(): Promise<void> {
    while (this.queue !== null) await this.queue;
  }

  private enqueue(task: () => Promise<void>): void {
    const turn: Promise<void> = (this.queue ?? Promise.resolve())
      .then(task)
      .catch(this.failed)
      .then(() => {
        if (this.queue === turn) this.queue = null;
      });
    this.queue = turn;
  }
}

export function isHere<T>(value: T | Promise<T>): value is T {
  return !(value instanceof Promise);
}
