/**
 * What a measurement costs where the backend is synchronous: the time that it takes on this thread, in units of a step
 * without it. Such a step is the median of those around, so that a pause (validation, a callback) does not make it cheap.
 */
import { RecentValues } from './recent-values.ts';
import type { StepTime } from './step-time.ts';

const SAMPLES = 15;

export class OwnCost {
  readonly samples = new RecentValues(SAMPLES);
  private readonly plain = new RecentValues(SAMPLES);
  private isWarm = false;

  /** Says whether there is a new sample. The first measured step compiles and allocates: it tells nothing of those to come. */
  add({ took, own, measured }: StepTime): boolean {
    const without = took - own;
    if (!this.isWarm) {
      this.isWarm = measured;
      return false;
    }
    if (!(without > 0 && own >= 0)) return false;
    this.plain.push(without);
    if (measured) this.samples.push(own / this.plain.median());
    return measured;
  }

  /** Steps from one measurement to the next. */
  gap(interval: number): number {
    return interval;
  }
}
