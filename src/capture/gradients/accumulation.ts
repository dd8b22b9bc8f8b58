/** Steps of one pass after which accumulation is thought to be over: the last group of an epoch may be one batch. */
const PATIENCE = 16;

/** Whether training adds up several backward passes before it updates the weights, as far as the steps so far tell. */
export class Accumulation {
  private patience = 0;

  get isExpected(): boolean {
    return this.patience > 0;
  }

  /** After a step: how many backward passes it had. */
  saw(passes: number): void {
    this.patience = passes > 1 ? PATIENCE : Math.max(0, this.patience - 1);
  }
}
