import { type Basis, transposed } from './basis.ts';
import type { Products } from './products.ts';

/** sum x x^T over vectors x: of all their columns, or of their coordinates in a basis. */
export class Scatter {
  /** Null: every column is a coordinate. */
  readonly basis: Basis | null;
  /** Coordinates. */
  readonly size: number;
  private readonly columns: number;
  private readonly products: Products;
  /** size x size, of which the upper triangle counts. */
  private readonly sums: Float64Array;

  constructor(columns: number, basis: Basis | null, products: Products) {
    this.basis = basis;
    this.columns = columns;
    this.size = basis === null ? columns : basis.size;
    this.products = products;
    this.sums = new Float64Array(this.size ** 2);
  }

  /** `count` vectors, row-major. */
  add(vectors: Float64Array, count: number): void {
    const { basis, columns, size } = this;
    // One row for each coordinate: products of rows are sums over neighbours in memory.
    const rows =
      basis === null
        ? transposed(vectors, count, columns)
        : this.products.rowProducts(basis.rows, size, vectors, count, columns);
    this.products.addProducts(rows, size, count, this.sums);
  }

  /** Takes vectors out again. */
  subtract(vectors: Float64Array, count: number): void {
    const others = new Scatter(this.columns, this.basis, this.products);
    others.add(vectors, count);
    for (let i = 0; i < this.sums.length; i++) this.sums[i]! -= others.sums[i]!;
  }

  merge(other: Scatter): void {
    for (let i = 0; i < this.sums.length; i++) this.sums[i]! += other.sums[i]!;
  }

  /** Whether coordinates mean the same in both. */
  matches(other: Scatter): boolean {
    const [a, b] = [this.basis, other.basis];
    if (a === b) return true;
    return a !== null && b !== null && a.size === b.size && a.rows.every((value, i) => value === b.rows[i]);
  }

  /** `count` vectors to as many rows of coordinates. */
  coordinates(vectors: Float64Array, count: number): Float64Array {
    if (this.basis === null) return vectors;
    return this.products.rowProducts(vectors, count, this.basis.rows, this.size, this.columns);
  }

  /** v . x for each of `count` rows v and `others` rows x of coordinates: count x others. */
  rowProducts(rows: Float64Array, count: number, vectors: Float64Array, others: number): Float64Array {
    return this.products.rowProducts(rows, count, vectors, others, this.size);
  }

  /** v^T S v for each of `count` rows of coordinates. */
  along(rows: Float64Array, count: number): Float64Array {
    const { size, sums } = this;
    const along = new Float64Array(count);
    for (let r = 0; r < count; r++) {
      const v = rows.subarray(r * size, (r + 1) * size);
      // Rows of a triangle end early.
      let end = size;
      while (end > 0 && v[end - 1] === 0) end--;
      for (let i = 0; i < end; i++) {
        let sum = 0;
        for (let j = i + 1; j < end; j++) sum += sums[i * size + j]! * v[j]!;
        along[r]! += v[i]! * (2 * sum + sums[i * size + i]! * v[i]!);
      }
    }
    return along;
  }
}
