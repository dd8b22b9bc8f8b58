/** Work that is cut into slices of a frame, so that the page answers while much is to be drawn. */

/** Milliseconds of work per frame; a single task may take longer. */
const SLICE = 14;

export class WorkQueue {
  private readonly tasks = new Set<() => void>();
  private running = false;

  /** Does a task soon; one that is waiting already is done once, at its old place. */
  add(task: () => void): void {
    this.tasks.add(task);
    if (this.running) return;
    this.running = true;
    this.slice();
  }

  /** Forgets what is waiting. */
  clear(): void {
    this.tasks.clear();
  }

  private readonly slice = (): void => {
    const until = performance.now() + SLICE;
    for (const task of this.tasks) {
      this.tasks.delete(task);
      task();
      if (performance.now() >= until) break;
    }
    if (this.tasks.size > 0) requestAnimationFrame(this.slice);
    else this.running = false;
  };
}
