/** Rows of equal width by (id, group): of an embedding's gradient only the rows of tokens that occur exist. */
export class SparseRows {
  private readonly width: number;
  /** Slots of each id, by group. */
  private readonly slots = new Map<number, Map<number, number>>();
  private data = new Float32Array(1024);
  private used = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** Adds `width` values of `from` to the row. */
  add(id: number, group: number, from: Float32Array, at: number): void {
    let groups = this.slots.get(id);
    if (groups === undefined) {
      groups = new Map();
      this.slots.set(id, groups);
    }
    let slot = groups.get(group);
    if (slot === undefined) {
      slot = this.used++ * this.width;
      groups.set(group, slot);
      this.grow();
    }
    for (let k = 0; k < this.width; k++) this.data[slot + k]! += from[at + k]!;
  }

  forEach(visit: (id: number, group: number, data: Float32Array, at: number) => void): void {
    for (const [id, groups] of this.slots) for (const [group, slot] of groups) visit(id, group, this.data, slot);
  }

  /** Adds the inner products of groups, summed over ids, to gram, groups x groups. */
  gram(gram: Float64Array, groups: number): void {
    for (const slots of this.slots.values()) {
      const entries = [...slots];
      for (const [a, from] of entries) {
        for (const [b, to] of entries) {
          let sum = 0;
          for (let k = 0; k < this.width; k++) sum += this.data[from + k]! * this.data[to + k]!;
          gram[a * groups + b]! += sum;
        }
      }
    }
  }

  private grow(): void {
    const needed = this.used * this.width;
    if (needed <= this.data.length) return;
    const larger = new Float32Array(2 * needed);
    larger.set(this.data);
    this.data = larger;
  }
}
