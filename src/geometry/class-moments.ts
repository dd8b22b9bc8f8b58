import { type Basis, squareOf } from './basis.ts';
import { addExamples, type ClassSums, type Products, plainProducts } from './products.ts';
import { expectCount, expectFinite, expectLabels } from './rows.ts';
import { Scatter } from './scatter.ts';

export interface MomentsOptions {
  readonly classes: number;
  /** Values per feature vector. */
  readonly columns: number;
  /**
   * What is kept of the scatter within classes, which NC1 alone needs:
   * - `full`: of all columns; NC1 is exact. columns^2 float64 values, columns^2 / 2 multiply-adds per example.
   * - a basis of k directions: of the features as seen in it. k^2 values, (columns + k / 2) k multiply-adds per example. NC1 is
   *   that of the seen features: exact where the class means lie in the basis; `nc1Coverage` says how far they do.
   * - `none`: NC1 is null.
   *
   * Not given: `full` up to 1,024 columns (8 MB), `none` above.
   */
  readonly scatter?: 'full' | 'none' | Basis;
  /** Faster arithmetic for the scatter, such as `simdProducts` of `classwatch/wasm`. Default: plain code in float64. */
  readonly products?: Products;
}

/** Up to here the scatter of all columns is kept unasked: 8 MB. */
const MAX_FULL_COLUMNS = 1024;
/** Examples whose centred features are held at a time. */
const BLOCK = 128;

/**
 * Counts, means and scatter of feature vectors by class, out of batches: nothing else of the examples is kept. 16 bytes for each
 * class and column, and the scatter. Each class is summed relative to its first example, in float64: a common offset costs no
 * digits, whatever lies between the classes costs none of what lies within.
 */
export class ClassMoments implements ClassSums {
  readonly classes: number;
  readonly columns: number;
  /** Examples of each class. */
  readonly counts: Float64Array;
  /** sum x x^T of the features less their class' reference; null where it is not kept. */
  readonly scatter: Scatter | null;
  /** Features less their references on the way to the scatter; null where none is kept. */
  private readonly block: Float64Array | null;
  /** First example of each class. */
  readonly references: Float64Array;
  /** sum x of each class. */
  readonly sums: Float64Array;
  /** sum |x|^2 of each class. */
  readonly squares: Float64Array;
  private readonly products: Products;

  /** Throws a RangeError where classes or columns are no positive integers, or the basis is of other columns. */
  constructor({ classes, columns, scatter, products = plainProducts }: MomentsOptions) {
    expectCount('classes', classes);
    expectCount('columns', columns);
    this.classes = classes;
    this.columns = columns;
    this.counts = new Float64Array(classes);
    this.references = new Float64Array(classes * columns);
    this.sums = new Float64Array(classes * columns);
    this.squares = new Float64Array(classes);
    this.products = products;
    this.scatter = newScatter(scatter ?? (columns <= MAX_FULL_COLUMNS ? 'full' : 'none'), columns, products);
    this.block = this.scatter === null ? null : new Float64Array(BLOCK * columns);
  }

  /** Examples of all classes. */
  get examples(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Adds B feature vectors (B x columns, row-major) with their labels. Examples whose label is not in 0..classes - 1 are left out.
   * Throws a RangeError, and adds nothing, where a feature is not finite, a label no integer, or lengths do not match.
   */
  add(features: ArrayLike<number>, labels: ArrayLike<number>): void {
    const { columns } = this;
    if (features.length !== labels.length * columns) {
      const expected = `${labels.length} labels times ${columns} columns`;
      throw new RangeError(`Expected the length of features to be ${expected}, got ${features.length}.`);
    }
    expectLabels(labels, labels.length);
    const { products } = this;
    const isFast = features instanceof Float32Array;
    if (!(isFast && products.areFinite?.(features))) expectFinite('features', features, columns);
    this.count(features, labels);
    if (isFast && products.addExamples !== undefined) products.addExamples(features, labels, columns, this);
    else addExamples(features, labels, columns, this);
    this.addScatter(features, labels);
  }

  /**
   * Adds all examples of another accumulator, as if they had been added here. Throws a RangeError unless both have the same
   * classes, columns and basis.
   */
  merge(other: ClassMoments): void {
    this.expectAlike(other);
    const { columns } = this;
    // The scatter of the other's examples about the references here: about their own, less n d d^T, plus n e e^T, where d and e
    // are the distances of their mean from either.
    const [away, here] = [new Float64Array(other.sums.length), new Float64Array(other.sums.length)];
    for (let c = 0; c < this.classes; c++) {
      const n = other.counts[c]!;
      const [from, to] = [c * columns, (c + 1) * columns];
      if (n === 0) continue;
      if (this.counts[c] === 0) this.references.set(other.references.subarray(from, to), from);
      for (let j = from; j < to; j++) {
        const sum = other.sums[j]!;
        const moved = sum + n * (other.references[j]! - this.references[j]!);
        away[j] = sum / Math.sqrt(n);
        here[j] = moved / Math.sqrt(n);
        this.sums[j]! += moved;
      }
      this.squares[c]! += other.squares[c]! + (squareOf(here, from, columns) - squareOf(away, from, columns));
      this.counts[c]! += n;
    }
    this.scatter?.merge(other.scatter!);
    this.scatter?.add(here, this.classes);
    this.scatter?.subtract(away, this.classes);
  }

  /** A copy without scatter in which classes that have no examples here are as they are in another accumulator of as many classes and columns. */
  filledFrom(other: ClassMoments): ClassMoments {
    const { classes, columns, products } = this;
    const filled = new ClassMoments({ classes, columns, scatter: 'none', products });
    for (let c = 0; c < classes; c++) {
      const from = this.counts[c]! > 0 ? this : other;
      const [begin, end] = [c * columns, (c + 1) * columns];
      filled.counts[c] = from.counts[c]!;
      filled.squares[c] = from.squares[c]!;
      filled.references.set(from.references.subarray(begin, end), begin);
      filled.sums.set(from.sums.subarray(begin, end), begin);
    }
    return filled;
  }

  /** Mean feature vector of a class; null without examples. */
  mean(c: number): Float64Array | null {
    if (this.counts[c] === 0) return null;
    const mean = this.deviation(c);
    for (let j = 0; j < this.columns; j++) mean[j]! += this.references[c * this.columns + j]!;
    return mean;
  }

  /** Mean feature vector of each class; null without examples. */
  means(): (Float64Array | null)[] {
    return Array.from({ length: this.classes }, (_, c) => this.mean(c));
  }

  /** Mean of |h - mean|^2 over the examples of a class; null without examples, 0 with one. */
  variance(c: number): number | null {
    const n = this.counts[c]!;
    if (n === 0) return null;
    return Math.max(0, this.squares[c]! / n - squareOf(this.deviation(c), 0, this.columns));
  }

  /** The mean of a class, which has examples, less its reference. */
  deviation(c: number): Float64Array {
    const n = this.counts[c]!;
    return this.sums.slice(c * this.columns, (c + 1) * this.columns).map((sum) => sum / n);
  }

  /** The first example of a class becomes its reference. */
  private count(features: ArrayLike<number>, labels: ArrayLike<number>): void {
    const { columns, references, counts } = this;
    for (let i = 0; i < labels.length; i++) {
      const c = labels[i]!;
      if (c < 0 || c >= this.classes) continue;
      if (counts[c]!++ > 0) continue;
      for (let j = 0; j < columns; j++) references[c * columns + j] = features[i * columns + j]!;
    }
  }

  private addScatter(features: ArrayLike<number>, labels: ArrayLike<number>): void {
    if (this.block === null) return;
    let held = 0;
    for (let i = 0; i < labels.length; i++) {
      const c = labels[i]!;
      if (c < 0 || c >= this.classes) continue;
      this.hold(features, i * this.columns, c, held++);
      if (held === BLOCK) held = this.release(held);
    }
    this.release(held);
  }

  /** Less the reference of its class, as number `held` of the block. */
  private hold(features: ArrayLike<number>, at: number, c: number, held: number): void {
    const { columns, references } = this;
    const block = this.block!;
    const [from, to] = [c * columns, held * columns];
    for (let j = 0; j < columns; j++) block[to + j] = features[at + j]! - references[from + j]!;
  }

  private release(held: number): 0 {
    if (held > 0) this.scatter?.add(this.block!, held);
    return 0;
  }

  private expectAlike(other: ClassMoments): void {
    for (const name of ['classes', 'columns'] as const) {
      if (this[name] === other[name]) continue;
      throw new RangeError(`Expected moments of ${this[name]} ${name} to merge, got ${other[name]}.`);
    }
    const [own, others] = [this.scatter, other.scatter];
    if (own === others || (own !== null && others !== null && own.matches(others))) return;
    throw new RangeError('Expected moments with the same scatter to merge, got one of another kind or basis.');
  }
}

function newScatter(kept: 'full' | 'none' | Basis, columns: number, products: Products): Scatter | null {
  if (kept === 'none') return null;
  if (kept === 'full') return new Scatter(columns, null, products);
  if (kept.columns === columns) return new Scatter(columns, kept, products);
  throw new RangeError(`Expected a basis of ${columns} columns for scatter, got ${kept.columns}.`);
}
