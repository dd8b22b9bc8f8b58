import type { PieceSums } from './pass-sums.ts';

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

/** What one piece gets: which row of the table, and which example and group, each row of values is of. */
export interface Segments {
  readonly ids: Int32Array;
  readonly exampleOf: (row: number) => number;
  readonly groupOf: Int32Array;
}

/** Adds the Gram of the groups, and the squares of single examples, of sums by id: values [ids, width]. */
export function addSegments(
  values: Float32Array,
  width: number,
  { ids, exampleOf, groupOf }: Segments,
  groups: number,
  { gram, squares }: PieceSums,
): void {
  // Of single examples first: their norms, then the sums of groups.
  const each = new SparseRows(width);
  ids.forEach((id, row) => {
    each.add(id, exampleOf(row), values, row * width);
  });
  each.forEach((_, example, data, at) => {
    for (let k = 0; k < width; k++) squares[example]! += data[at + k]! ** 2;
  });
  const table = new SparseRows(width);
  each.forEach((id, example, data, at) => {
    table.add(id, groupOf[example]!, data, at);
  });
  table.gram(gram, groups);
}
