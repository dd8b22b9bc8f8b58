/**
 * What a measurement costs where the device works on while this thread goes ahead: only the wall time of steps tells, and
 * the device may pay for a measurement during the step after it. A sample is a measured step and its successor, less two
 * steps that nothing was measured in nor just before. Where almost every step is measured there are none of these, so
 * measurements are now and then left out for a while: a calibration.
 */
import { RecentValues } from './recent-values.ts';
import type { StepTime } from './step-time.ts';

const SAMPLES = 31;
const PLAIN_STEPS = 9;
/** Fewer plain steps than this are no basis for a sample. */
const MIN_PLAIN_STEPS = 3;
/** Spacing of the measurements in a calibration. */
const SPACING = 4;
/** Samples of the first calibration, and of those after it. */
const FIRST_CALIBRATION = 16;
const CALIBRATION = 5;
const STEPS_BETWEEN = 500;
/** Steps slower than expected by this factor call for a calibration at once. */
const ALARM = 1.25;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export class PairedCost {
  readonly samples = new RecentValues(SAMPLES);
  /** Wall times of steps without a measurement in them or in the step before. */
  private readonly plain = new RecentValues(PLAIN_STEPS);
  private readonly recent = new RecentValues(PLAIN_STEPS);
  private readonly warm = { measured: false, plain: false };
  private measurements = 0;
  /** Unmeasured steps since the last measured one. */
  private plainRun = 0;
  /** Wall time of the last measured step while its successor is awaited. */
  private open: number | null = null;
  /** Samples that the calibration under way still needs. */
  private wanted = FIRST_CALIBRATION;
  private calibrated = 0;

  /** Says whether there is a new sample. The first steps of each kind compile and allocate: they tell nothing of those to come. */
  add({ step, took, measured }: StepTime, interval: number): boolean {
    const kind = measured ? 'measured' : 'plain';
    const hasSample = this.warm[kind] ? this.take(took, measured) : false;
    this.warm[kind] = true;
    this.recent.push(took);
    this.plainRun = measured ? 0 : this.plainRun + 1;
    if (measured) this.measurements++;
    if (this.wanted > 0) this.wanted -= hasSample ? 1 : 0;
    else if (interval < SPACING) this.review(step);
    if (hasSample && this.wanted === 0) this.settle(step);
    return hasSample;
  }

  /** Steps from the last measurement to the next, `interval` on average. Uneven, so that what happens every so many steps is not always hit. */
  gap(interval: number): number {
    const spacing = this.wanted > 0 ? Math.max(interval, SPACING) : interval;
    const turn = (this.measurements * GOLDEN) % 1;
    return spacing + Math.round((turn - 0.5) * Math.floor(spacing / 2));
  }

  private take(took: number, measured: boolean): boolean {
    if (measured) this.open = this.plainRun >= 2 ? took : null;
    else if (this.plainRun > 0) this.plain.push(took);
    else if (this.open !== null && this.plain.count >= MIN_PLAIN_STEPS) {
      this.samples.push((this.open + took) / this.plain.median() - 2);
      return true;
    }
    return false;
  }

  private settle(step: number): void {
    this.calibrated = step;
    this.recent.clear();
  }

  /** Starts a calibration where one is called for. */
  private review(step: number): void {
    const expected = this.plain.median() * (1 + Math.max(0, this.samples.median()));
    const isSlow = this.recent.count === PLAIN_STEPS && this.recent.median() > ALARM * expected;
    if (!isSlow && step - this.calibrated < STEPS_BETWEEN) return;
    // Slower steps mean that what is known is no longer true; time alone does not.
    if (isSlow) this.samples.clear();
    this.wanted = isSlow ? FIRST_CALIBRATION : CALIBRATION;
    this.plain.clear();
  }
}
