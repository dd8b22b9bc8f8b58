/**
 * Sums of rows over ranges whose ends move forward, in time proportional to the rows passed. Adds and never subtracts: a value of
 * 1e30 or a NaN that has left the range leaves nothing behind. Holds the sums of suffixes up to a pivot and one running sum from there.
 */
export class RangeSum {
  private readonly size: number;
  private readonly row: (index: number) => ArrayLike<number>;
  private readonly front: Float64Array;
  private suffixes = new Float64Array(0);
  private first = 0;
  /** The running sum holds the rows from the pivot to `next`, the latter not included. */
  private pivot = 0;
  private next = 0;

  /** `row(i)` gives the `size` elements of row i, the same ones at every call. */
  constructor(size: number, row: (index: number) => ArrayLike<number>) {
    this.size = size;
    this.row = row;
    this.front = new Float64Array(size);
  }

  /** Writes the sum of the rows from `start` to `end`, both included, to `out[at]` and on. Going back costs one pass over the range. */
  write(start: number, end: number, out: Float64Array, at = 0): void {
    const forward = start >= this.first && start <= this.pivot && end >= this.next - 1;
    if (forward) while (this.next <= end) this.extend(this.next++);
    else this.rebuild(start, end);
    const offset = (start - this.first) * this.size;
    const before = start < this.pivot;
    for (let i = 0; i < this.size; i++) out[at + i] = (before ? this.suffixes[offset + i]! : 0) + this.front[i]!;
  }

  private extend(index: number): void {
    const values = this.row(index);
    for (let i = 0; i < this.size; i++) this.front[i]! += values[i]!;
  }

  private rebuild(start: number, end: number): void {
    const { size } = this;
    this.suffixes = new Float64Array((end + 1 - start) * size);
    for (let index = end; index >= start; index--) {
      const values = this.row(index);
      const at = (index - start) * size;
      for (let i = 0; i < size; i++) {
        this.suffixes[at + i] = values[i]! + (index === end ? 0 : this.suffixes[at + size + i]!);
      }
    }
    this.first = start;
    this.pivot = end + 1;
    this.next = end + 1;
    this.front.fill(0);
  }
}
