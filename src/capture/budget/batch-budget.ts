import { Budget } from './budget.ts';
import { Stopwatch } from './stopwatch.ts';

/** So much of the whole budget may go into looking at batches; the rest is left for what costs more. */
const MOST = 0.8;
/** Multiples of it are spread evenly, modulo one, over any steps in a fixed distance: batches that come in a cycle are all looked at equally often. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Steps at the start of a run whose batches are all looked at, whatever that costs: there most happens, and code is not compiled yet. */
const FIRST = 200;

export interface BatchBudgetOptions {
  /** Share of training time for everything that is measured, in (0, 1]; 1: every batch. */
  readonly whole: number;
  /** Whether some metric reads every batch; else those are enough that something else is measured of. */
  readonly isRead: boolean;
}

/**
 * At which steps the batch that trains is looked at (its labels and predictions read, its metrics recorded): at every step, unless that
 * alone takes most of the budget, as where a step takes a millisecond. And what that leaves of the budget.
 */
export class BatchBudget {
  private readonly options: BatchBudgetOptions;
  private readonly now: () => number;
  private readonly budget: Budget;
  /** Of the step at hand. */
  private readonly stopwatch: Stopwatch;
  private endedAt: number | null = null;
  private part = 1;

  constructor(options: BatchBudgetOptions, now: () => number = () => performance.now()) {
    const { whole } = options;
    this.options = options;
    this.now = now;
    this.stopwatch = new Stopwatch(now);
    // Where reading is asynchronous, what it holds up is not seen: of the wall time of such steps class gradients take more.
    this.budget = new Budget(whole === 1 ? 1 : MOST * whole, true);
  }

  due(step: number): boolean {
    return step < FIRST || (this.options.isRead && (step * GOLDEN) % 1 < 1 / this.budget.interval);
  }

  /** Batches are looked at once in so many steps, on average; null where nobody asks for all of them. */
  get interval(): number | null {
    return this.options.isRead ? this.budget.interval : null;
  }

  /** Part of the whole budget that is left for the rest. */
  get left(): number {
    return this.part;
  }

  /** Looks at the batch, or at what was read of it. */
  timed<T>(work: () => T): T {
    return this.stopwatch.time(work);
  }

  /** The step is over; `measured`: whether its batch was looked at. */
  end(step: number, measured: boolean): void {
    const now = this.now();
    const own = this.stopwatch.read();
    if (this.endedAt !== null && step >= FIRST && this.options.isRead) {
      this.budget.add(step, now - this.endedAt, own, measured);
      if (measured) this.part = this.leftBy(this.budget.cost ?? 0, this.budget.interval);
    }
    this.endedAt = now;
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.endedAt = null;
    this.stopwatch.read();
  }

  private leftBy(cost: number, interval: number): number {
    return Math.max(1 - MOST, 1 - cost / interval / this.options.whole);
  }
}
