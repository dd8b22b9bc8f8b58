import { Budget } from './budget.ts';

/** So much of the whole budget may go into looking at batches; the rest is left for what costs more. */
const MOST = 0.8;
/** Steps at the start of a run whose batches are all looked at, whatever that costs: there most happens, and code is not compiled yet. */
const FIRST = 200;

/**
 * At which steps the batch that trains is looked at (its labels and predictions read, its metrics recorded): at every step, unless that
 * alone takes most of the budget, as where a step takes a millisecond. And what that leaves of the budget.
 */
export class BatchBudget {
  private readonly whole: number;
  private readonly now: () => number;
  private readonly budget: Budget;
  /** Milliseconds of the step at hand. */
  private own = 0;
  private endedAt: number | null = null;
  private part = 1;

  /** `whole`: share of training time for everything that is measured, in (0, 1]; 1: every batch. */
  constructor(whole: number, now: () => number = () => performance.now()) {
    this.whole = whole;
    this.now = now;
    this.budget = new Budget(whole === 1 ? 1 : MOST * whole, true);
  }

  due(step: number): boolean {
    return step < FIRST || this.budget.due(step);
  }

  /** Batches are looked at once in so many steps. */
  get interval(): number {
    return this.budget.interval;
  }

  /** Part of the whole budget that is left for the rest. */
  get left(): number {
    return this.part;
  }

  /** Looks at the batch, or at what was read of it. */
  timed(work: () => void): void {
    const start = this.now();
    try {
      work();
    } finally {
      this.own += this.now() - start;
    }
  }

  /** The step is over; `measured`: whether its batch was looked at. */
  end(step: number, measured: boolean): void {
    const now = this.now();
    if (this.endedAt !== null && step >= FIRST) {
      this.budget.add(step, now - this.endedAt, this.own, measured);
      if (measured) this.part = this.leftBy(this.budget.cost ?? 0, this.budget.interval);
    }
    this.endedAt = now;
    this.own = 0;
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.endedAt = null;
    this.own = 0;
  }

  private leftBy(cost: number, interval: number): number {
    return Math.max(1 - MOST, 1 - cost / interval / this.whole);
  }
}
