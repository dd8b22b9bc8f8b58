/** At which steps an expensive measurement is made, so that its median cost stays under a share of the training time. */
import { OwnCost } from './own-cost.ts';
import { PairedCost } from './paired-cost.ts';
import type { RecentValues } from './recent-values.ts';
import type { StepTime } from './step-time.ts';

/** Never less often than this, whatever it costs. */
export const MAX_INTERVAL = 1000;

/** The share that asks for every step, whatever it costs. */
const EVERY_STEP = 1;
/** Fewer samples than this decide nothing. */
const MIN_SAMPLES = 3;
/** A sample is too old after about this many steps, unless there are too few newer ones. */
const SAMPLE_STEPS = 2000;
const MIN_RECENT = 5;
/** The share may be exceeded by this factor before the interval grows: else it would flicker. */
const TOLERANCE = 1.05;
/** The interval shrinks only to this part of itself or less, for the same reason. */
const SHRINK = 0.8;
/** It grows by no more than this factor per sample: the first samples may be far off. */
const GROWTH = 8;

/** How the cost of one measurement is found out. */
interface CostSource {
  /** In units of an unmeasured step. */
  readonly samples: RecentValues;
  /** Says whether there is a new sample. */
  add(time: StepTime, interval: number): boolean;
  /** Steps from the last measurement to the next. */
  gap(interval: number): number;
}

/** A pure function of what `add` was told: no clock and no randomness of its own. */
export class Budget {
  private readonly share: number;
  private readonly left: () => number;
  private readonly source: CostSource;
  private every = 1;
  private gap = 1;
  private lastMeasured: number | null = null;

  /**
   * `share`: of the time of an unmeasured step, in (0, 1]; 1: every step is measured, whatever it costs. `exact`: the backend is synchronous, so that the time spent on
   * this thread is the whole cost; else the cost is told from neighbouring steps with and without the measurement. `left`: part of the share
   * that others leave, in (0, 1].
   */
  constructor(share: number, exact: boolean, left: () => number = () => 1) {
    if (!(share > 0 && share <= 1)) {
      throw new RangeError(`Expected a budget above 0 and at most 1 (a share of the training time), got ${share}.`);
    }
    this.share = share;
    this.left = left;
    this.source = exact ? new OwnCost() : new PairedCost();
  }

  /** Whether this step is measured; step 0 always is. */
  due(step: number): boolean {
    return (
      this.share === EVERY_STEP || step === 0 || this.lastMeasured === null || step - this.lastMeasured >= this.gap
    );
  }

  /**
   * To be told after each step: its wall time from the end of the step before to its own end (ms), the time on this thread
   * that the measurement took of it (ms), and whether it was measured. Times that are no positive number tell nothing.
   */
  add(step: number, took: number, own: number, measured: boolean): void {
    if (this.share === EVERY_STEP) return;
    if (measured) this.lastMeasured = step;
    const isTime = took > 0 && Number.isFinite(took) && Number.isFinite(own);
    if (isTime && this.source.add({ step, took, own, measured }, this.every)) this.choose();
    this.gap = this.source.gap(this.every);
  }

  /** The step is measured once in so many steps; while the cost is being found out, less often. */
  get interval(): number {
    return this.every;
  }

  /** Estimated median cost of one measurement in units of an unmeasured step; null while unknown. */
  get cost(): number | null {
    const { samples } = this.source;
    return samples.count < MIN_SAMPLES ? null : Math.max(0, samples.median(this.recent));
  }

  /** How many samples are recent enough. */
  private get recent(): number {
    return Math.max(MIN_RECENT, Math.ceil(SAMPLE_STEPS / this.every));
  }

  private choose(): void {
    const { samples } = this.source;
    if (samples.count < MIN_SAMPLES) return;
    // Noise must not spend more than the budget: the cost is taken to be as high as the samples allow.
    const cost = samples.upperMedian(this.recent);
    const share = this.share * this.left();
    const wanted = Math.min(MAX_INTERVAL, Math.max(1, Math.ceil(cost / share - 1e-9)));
    if (wanted > this.every && cost > TOLERANCE * share * this.every) {
      this.every = Math.min(wanted, GROWTH * this.every);
    } else if (wanted <= SHRINK * this.every) this.every = wanted;
  }
}
