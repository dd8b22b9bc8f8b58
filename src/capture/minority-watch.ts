import { type KnownClasses, minorityOf } from '../theory/minority.ts';

/** From so many examples of every class on, what was counted is what trains: oversampling shows there. */
const COUNTED_FROM = 30;

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

  /** Examples of each class, C, as training shows them: counted, else as the run says; null while neither is known. */
  get counts(): ArrayLike<number> | null {
    const { counted, known } = this;
    const isCounted = (count: number, c: number) => count >= COUNTED_FROM || known.classCounts?.[c] === 0;
    return counted.every(isCounted) ? counted : known.classCounts;
  }

  get classes(): readonly number[] {
    return minorityOf(this.known, this.counted);
  }
}
