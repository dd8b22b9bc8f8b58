/** So often in a row it may fail before it is no reason any more to do something for its sake, but at one step in so many. */
const VAIN = 3;
const RETRY = 100;

/** Whether something that may not be there at all is worth looking for. */
export class Attempts {
  private vain = 0;

  /** One more has ended. */
  ended(found: boolean): void {
    this.vain = found ? 0 : this.vain + 1;
  }

  isWorthAnother(step: number): boolean {
    return this.vain < VAIN || step % RETRY === 0;
  }
}
