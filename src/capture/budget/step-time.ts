/** What one training step took. */
export interface StepTime {
  readonly step: number;
  /** Wall time from the end of the step before to its own end, in ms. */
  readonly took: number;
  /** Time on this thread that the measurement took of it, in ms; 0 where nothing was measured. */
  readonly own: number;
  readonly measured: boolean;
}
