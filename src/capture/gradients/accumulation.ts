/** Steps of one pass after which it is thought to be over: the last group of an epoch may be one batch. */
const PATIENCE = 16;

/** What becomes of several backward passes before one update, as far as the steps so far tell. */
export class Accumulation {
  private patience = 0;
  private separate = false;

  /** The update is made of all of them: they are added up. */
  get isExpected(): boolean {
    return this.patience > 0 && !this.separate;
  }

  /** The update is made of the last one alone: the others were looked at, or told where to compute it (sharpness-aware minimisation). */
  get isSeparate(): boolean {
    return this.patience > 0 && this.separate;
  }

  /** After a step: how many backward passes it had, and whether its update was made of the last one alone. */
  saw(passes: number, lastAlone: boolean): void {
    if (passes > 1) [this.patience, this.separate] = [PATIENCE, lastAlone];
    else this.patience = Math.max(0, this.patience - 1);
  }
}
