import type { ClassSink } from '../../../wasm/class-sink.ts';
import type { Native } from '../../../wasm/native.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import type { Operations } from '../../engine/tensors.ts';
import type { Later } from '../../reading/later.ts';
import type { Groups } from '../groups.ts';
import type { Offload } from '../offload.ts';
import type { Piece } from '../plan.ts';
import { BiasSums } from './bias-sums.ts';
import { ClassProducts, type ClassRows } from './class-products.ts';
import { DenseLayers } from './dense-layers.ts';
import { FilterSums } from './filter-sums.ts';
import { ImageSums } from './image-sums.ts';
import { FLOAT, NativeRows } from './native-rows.ts';
import { NativeTotals } from './native-totals.ts';
import { type Direction, figuresOf, type PassFigures, type PieceSums, type Spread, stepsOf } from './pass-sums.ts';
import { addSegments } from './sparse-rows.ts';

const DOUBLE = 8;

/** Class sums of one backward pass in SIMD, inside the memory of the wasm backend. Nothing is read back but the Grams. */
export class NativeSums {
  /** Gradients of dense layers by class, where they are wanted themselves. */
  readonly classProducts: ClassProducts;
  /** Their class Grams. */
  readonly dense: DenseLayers;
  private readonly native: Native;
  private readonly pieces: readonly Piece[];
  private readonly groups: Groups;
  private readonly rows: number;
  private readonly examples: number;
  private readonly totals: NativeTotals;
  private readonly rowOfAt: number;
  private readonly rooms: NativeRows;
  private readonly biases: BiasSums;
  private readonly filters: FilterSums;
  /** Pieces whose class rows are kept until the step ends, where it has several backward passes; else null. */
  private readonly kept: Set<number> | null;
  private single = true;

  /**
   * `kept`: the class rows of each piece go on from pass to pass; groups must then have a row for every class. `offload`:
   * who may take part of the work.
   */
  constructor(
    native: Native,
    ops: Operations,
    pieces: readonly Piece[],
    groups: Groups,
    kept: Set<number> | null,
    offload: Offload | null,
  ) {
    this.kept = kept;
    this.native = native;
    this.pieces = pieces;
    this.groups = groups;
    this.rows = groups.classOf.length;
    this.examples = groups.rowOf.length;
    this.totals = new NativeTotals(native, pieces.length, this.rows, this.examples);
    this.rooms = new NativeRows(native, pieces, this.rows, this.examples, kept);
    this.rowOfAt = this.rooms.put('row-of', groups.rowOf);
    this.classProducts = new ClassProducts(native, groups, this.rooms);
    this.dense = new DenseLayers(native, groups, this.totals, offload);
    this.biases = new BiasSums(ops, groups, {
      pays: (size) => this.dense.factorPays(size),
      giveFactor: (of, to) => this.dense.giveFactor(of, to),
      reserve: (piece) => this.rooms.reserve(piece),
      add: (...sum) => this.sumByClass(...sum),
      images: (of) => new ImageSums(native, this.rooms, this.rowOfAt, of),
    });
    this.filters = new FilterSums(native, groups, this.rooms, this.biases, {
      isShared: (piece) => this.isShared(piece),
      take: (...rows) => this.take(...rows),
    });
  }

  /** dW = X^T D: x [examples * per, din], d [examples * per, dout]. */
  product(piece: number, x: TapeTensor, d: TapeTensor, din: number, dout: number, spread: Spread): boolean {
    const { native, examples } = this;
    if (!native.has(x) || !native.has(d)) return false;
    const [from, by] = [native.address(x), native.address(d)];
    const size = din * dout;
    if (this.isShared(piece)) {
      this.classProducts.ofExamples(from, by, din, dout, spread, this.rooms.ofExamples(piece));
      return true;
    }
    if (spread.per > 1) {
      const each = this.rooms.cleared('example-rows', examples * size);
      this.classProducts.ofExamples(from, by, din, dout, spread, each);
      this.foldExamples(piece, each);
      return true;
    }
    if (this.kept === null) {
      const formsFactor = this.dense.add(piece, { x: from, d: by, din, dout });
      if (formsFactor) this.biases.formed(piece, d.dataId);
      return true;
    }
    const weights = this.rooms.ofClasses(piece);
    this.classProducts.add(from, by, din, dout, { weights, squares: this.totals.squaresOf(piece) });
    return true;
  }

  /** Sum over rows: x [examples * per, size of the piece]. */
  sum(piece: number, x: TapeTensor, spread: Spread): boolean {
    if (!this.native.has(x)) return false;
    const isAlone = this.kept === null && !this.isShared(piece);
    if (!isAlone || !this.biases.take(piece, x, this.pieces[piece]!.size, spread)) this.sumByClass(piece, x, spread);
    return true;
  }

  private sumByClass(piece: number, x: TapeTensor, spread: Spread): void {
    const { native, examples } = this;
    const { size } = this.pieces[piece]!;
    const shared = this.isShared(piece);
    const rowOf = shared ? this.rooms.put('own-rows', this.ownRows()) : this.rowOfAt;
    const weights = shared ? this.rooms.ofExamples(piece) : this.rooms.ofClasses(piece);
    const [step, rowStep] = stepsOf(spread, size, examples);
    const squares = shared ? this.native.room('unused-squares', examples * DOUBLE) : this.totals.squaresOf(piece);
    native.simd.classSums!(native.address(x), examples, spread.per, step, rowStep, size, rowOf, weights, squares);
    if (!shared) this.fold(piece, weights);
  }

  /** Where a kernel that computes the filter gradient of each image may leave them by class. */
  sink(piece: number): ClassSink {
    return this.filters.sink(piece);
  }

  /** Takes over what a kernel left in a sink. */
  filter(piece: number, sink: ClassSink): boolean {
    return this.filters.take(piece, sink);
  }

  /** Takes over class rows that were formed elsewhere. */
  take(piece: number, { weights, squares }: ClassRows): void {
    const total = this.totals.squaresIn(piece);
    this.native.doubles(squares, this.examples).forEach((square, i) => {
      total[i]! += square;
    });
    this.fold(piece, weights);
  }

  /** Row sums by id: values [examples * per, width], ids [examples * per] in 0..size / width - 1. Sparse: only rows that occur. */
  segments(piece: number, values: TapeTensor, ids: TapeTensor, width: number, spread: Spread): boolean {
    const { native, examples } = this;
    if (this.isShared(piece) || !native.has(values) || !native.has(ids)) return false;
    const count = examples * spread.per;
    // A table by token would have to be kept between passes.
    if (this.kept !== null) return false;
    const segments = {
      ids: native.ints(native.address(ids), count),
      exampleOf: (row: number) => (spread.blocks ? row % examples : Math.floor(row / spread.per)),
      groupOf: this.groups.rowOf,
    };
    const from = native.floats(native.address(values), count * width);
    addSegments(from, width, segments, this.rows, this.totals.of(piece));
    return true;
  }

  /** The gradient due to one row's classes, computed elsewhere: adds it; the norms of single examples stay unknown. */
  masked(piece: number, gradients: Iterable<TapeTensor | null>): boolean {
    if (this.isShared(piece)) return false;
    const { size } = this.pieces[piece]!;
    const weights = this.rooms.ofClasses(piece);
    let to = weights;
    for (const gradient of gradients) {
      if (gradient !== null) this.native.simd.addTo!(this.native.address(gradient), size, to);
      to += size * FLOAT;
    }
    this.single = false;
    this.fold(piece, weights);
    return true;
  }

  /** The last word of this pass. */
  finish(counts: (piece: number) => boolean): Later<PassFigures> {
    this.biases.settle();
    for (const piece of this.rooms.begun) if (counts(piece)) this.foldExamples(piece, this.rooms.ofExamples(piece));
    const { rows, examples, single } = this;
    const later = this.dense.handedOver.finish(this.sums(counts), counts);
    return later?.map((sums) => figuresOf(sums, rows, examples, single)) ?? this.figures(counts);
  }

  /** The pass has failed: nothing is expected of it. */
  abandon(): void {
    this.biases.drop();
    this.dense.handedOver.abandon();
  }

  /** The same over all passes whose class rows were kept; squares are of this pass alone. */
  finishKept(counts: (piece: number) => boolean): PassFigures {
    const { native, rows } = this;
    for (const piece of this.kept ?? []) {
      if (!counts(piece)) continue;
      native.simd.foldGram!(this.rooms.ofClasses(piece), rows, this.pieces[piece]!.size, this.totals.gramOf(piece));
    }
    return this.figures(counts);
  }

  /** <g_c, direction> of each row over all pieces whose rows were kept; a direction has the values of its piece in order. */
  along(direction: Direction): Float64Array {
    return this.rooms.along(direction);
  }

  private figures(counts: (piece: number) => boolean): PassFigures {
    return figuresOf(this.sums(counts), this.rows, this.examples, this.single);
  }

  /** What was computed here, in memory that the next pass uses again. */
  private sums(counts: (piece: number) => boolean): (PieceSums | null)[] {
    return this.pieces.map((_, piece) =>
      counts(piece) && !this.dense.handedOver.has(piece) ? this.totals.of(piece) : null,
    );
  }

  private isShared(piece: number): boolean {
    return this.pieces[piece]!.uses > 1;
  }

  /** Gradients of single examples [examples, size] to norms, to class rows, to the Gram. */
  private foldExamples(piece: number, from: number): void {
    const { native, examples } = this;
    const { size } = this.pieces[piece]!;
    const weights = this.rooms.ofClasses(piece);
    const squares = this.totals.squaresIn(piece);
    for (let i = 0; i < examples; i++) {
      const row = from + i * size * FLOAT;
      squares[i]! += native.simd.squareSum!(row, size);
      native.simd.addTo!(row, size, weights + this.groups.rowOf[i]! * size * FLOAT);
    }
    this.fold(piece, weights);
  }

  private fold(piece: number, weights: number): void {
    if (this.kept !== null) return;
    this.native.simd.foldGram!(weights, this.rows, this.pieces[piece]!.size, this.totals.gramOf(piece));
  }

  /** A row for each example: where gradients of single examples are added up. */
  private ownRows(): Int32Array {
    return Int32Array.from(this.groups.rowOf.keys());
  }
}
