/** Counts epochs over several fit calls and places a step within them. */
export class Epochs {
  private completed = 0;
  private start = 0;
  private length: number | null = null;
  private inside = false;

  /** `stepsPerEpoch`: where fit tells; null until the first epoch has shown it. */
  begin(step: number, stepsPerEpoch: number | null): void {
    this.start = step;
    this.inside = true;
    this.length = stepsPerEpoch ?? this.length;
  }

  end(step: number): void {
    this.length = step - this.start;
    this.completed++;
    this.inside = false;
  }

  /** Epochs at a step, as a fraction; null where no callback ever spoke. */
  at(step: number): number | null {
    if (!this.inside) return this.completed === 0 ? null : this.completed;
    if (!this.length) return this.completed;
    return this.completed + Math.min(1, (step - this.start) / this.length);
  }
}
