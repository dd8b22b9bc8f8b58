import { type KnownClasses, minorityOf, shownCounts } from '../theory/minority.ts';

/** Which classes are minority: as the run says, else by the training batches that were counted so far. */
export class MinorityWatch {
  private readonly known: KnownClasses;
  private readonly counted: Float64Array;

  constructor(classes: number, known: KnownClasses) {
    this.known = known;
    this.counted = new Float64Array(classes);
  }

  /** Labels of a batch; those outside of 0..C - 1 are left out. */
  add(labels: Int32Array): void {
    const { counted } = this;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      if (label >= 0 && label < counted.length) counted[label]!++;
    }
  }

  /** Examples of each class, C; null while they are not known. */
  get counts(): ArrayLike<number> | null {
    return shownCounts(this.known, this.counted);
  }

  get classes(): readonly number[] {
    return minorityOf(this.known, this.counted);
  }
}
