import type { TensorData, TfLike } from '../../tf.ts';
import { nativeOf } from '../../wasm/access.ts';
import type { Native } from '../../wasm/native.ts';
import type { TapeTensor } from '../engine/tape.ts';
import type { Operations } from '../engine/tensors.ts';
import { type Later, map } from '../reading/later.ts';
import type { Readback } from '../reading/readback.ts';
import { type Groups, groupsOf } from './groups.ts';
import { deviceMembership, type Membership, maskOf, membershipOf } from './membership.ts';
import type { Offload } from './offload.ts';
import type { Piece } from './plan.ts';
import { NativeSums } from './sums/native.ts';
import type { Direction, PassFigures } from './sums/pass-sums.ts';
import { PlainSums } from './sums/plain.ts';
import { unpacked } from './sums/plain-figures.ts';

/** Figures of one pass (or, folded, of all passes of a step) with the classes of their rows. */
export interface StepFigures extends Omit<PassFigures, 'squares'> {
  /** Class of each row; -1: examples of no known class. */
  readonly classOf: Int32Array;
  /** Examples in each row. */
  readonly counts: Float64Array;
  /** Sum of |g_i|^2 over the examples of each row; null where unknown. */
  readonly rowSquares: Float64Array | null;
  /** <g_c, direction> of each row; null where no direction was given. */
  readonly along: Float64Array | null;
}

export type Counts = (piece: number) => boolean;

/** Where class sums are computed: in SIMD on the wasm backend, else in plain operations on whatever device. */
export interface Arithmetic {
  readonly sums: NativeSums | PlainSums;
  readonly rows: number;
  /** [examples, 1] zeros and ones: the examples of a row. Run inside a tidy. */
  mask(row: number): TapeTensor;
  /** Whether the row has examples; yes where nobody knows. */
  occupied(row: number): boolean;
  /**
   * After the backward pass; null where the device has no room to read. With a direction: over all rows that were kept in
   * this pass and earlier ones.
   */
  figures(counts: Counts, direction: Direction | null): Later<StepFigures> | null;
  /** What was handed out by `figures` stays good. */
  dispose(): void;
}

/** Bytes that the class rows of all weights may take at a time. */
const MAX_KEPT_BYTES = 1 << 28;
/** Multiplications that their products with each other may take: a few seconds. */
const MAX_KEPT_PRODUCTS = 2 ** 32;

/** Whether there is room, and time, for the class rows of all weights. */
export function haveRoom(variables: readonly TapeTensor[], rows: number): boolean {
  const values = variables.reduce((sum, { size }) => sum + size, 0);
  return values * 4 * rows <= MAX_KEPT_BYTES && (values * rows ** 2) / 2 <= MAX_KEPT_PRODUCTS;
}

/** Class rows that go on from pass to pass of one step. */
export interface Kept {
  /** Whether every class has a row, so that further batches can be added; else only those of the one batch. */
  readonly forAll: boolean;
  readonly pieces: Set<number>;
  readonly matrices: Map<number, TapeTensor>;
}

export class NativeArithmetic implements Arithmetic {
  readonly sums: NativeSums;
  private readonly ops: Operations;
  private readonly groups: Groups;

  /** `offload`: who may take part of the work. */
  constructor(
    native: Native,
    ops: Operations,
    pieces: readonly Piece[],
    groups: Groups,
    kept: Kept | null,
    offload: Offload | null,
  ) {
    this.ops = ops;
    this.groups = groups;
    this.sums = new NativeSums(native, ops, pieces, groups, kept?.pieces ?? null, offload);
  }

  get rows(): number {
    return this.groups.classOf.length;
  }

  mask(row: number): TapeTensor {
    return maskOf(this.ops, this.groups, row);
  }

  occupied(row: number): boolean {
    return this.groups.starts[row + 1]! > this.groups.starts[row]!;
  }

  figures(counts: Counts, direction: Direction | null): Later<StepFigures> {
    const { classOf, rowOf, starts } = this.groups;
    const figures = direction !== null ? this.sums.finishKept(counts) : this.sums.finish(counts);
    const along = direction === null ? null : this.sums.along(direction);
    const sizes = new Float64Array(classOf.length);
    for (let row = 0; row < sizes.length; row++) sizes[row] = starts[row + 1]! - starts[row]!;
    return map(figures, ({ gram, diagonals, sums, squares }) => {
      const rowSquares = byRow(squares, rowOf, classOf.length);
      return { gram, diagonals, sums, classOf, counts: sizes, rowSquares, along };
    });
  }

  dispose(): void {
    this.sums.abandon();
  }
}

export class PlainArithmetic implements Arithmetic {
  readonly sums: PlainSums;
  private readonly ops: Operations;
  private readonly membership: Membership;
  private readonly classOf: Int32Array;
  private readonly pieces: number;
  private readonly readback: Readback;

  /** Takes over the membership's matrix. */
  constructor(
    ops: Operations,
    pieces: readonly Piece[],
    membership: Membership,
    classOf: Int32Array,
    readback: Readback,
    kept: Kept | null,
  ) {
    this.ops = ops;
    this.membership = membership;
    this.classOf = classOf;
    this.pieces = pieces.length;
    this.readback = readback;
    this.sums = new PlainSums(ops, pieces, membership, kept?.matrices ?? null);
  }

  get rows(): number {
    return this.membership.rows;
  }

  mask(row: number): TapeTensor {
    const one = this.ops.tensor(
      Array.from({ length: this.rows }, (_, i) => (i === row ? 1 : 0)),
      [this.rows, 1],
      'float32',
    );
    return this.ops.matMul(this.membership.matrix, one);
  }

  occupied(): boolean {
    return true;
  }

  figures(counts: Counts, direction: Direction | null): Later<StepFigures> | null {
    const vector = this.sums.finish(counts, direction);
    const reading = this.readback.read([vector]);
    vector.dispose();
    const { hasSquares } = this.sums;
    const unpack = ([data]: TensorData[]): StepFigures => {
      const { squares, along, ...figures } = unpacked(data!, this.rows, this.pieces);
      const { classOf } = this;
      return { ...figures, classOf, rowSquares: hasSquares ? squares : null, along: direction === null ? null : along };
    };
    if (reading === null) return null;
    return Array.isArray(reading) ? unpack(reading) : reading.then(unpack);
  }

  dispose(): void {
    this.sums.dispose();
    this.membership.matrix.dispose();
  }
}

function byRow(squares: Float64Array | null, rowOf: Int32Array, rows: number): Float64Array | null {
  if (squares === null) return null;
  const sums = new Float64Array(rows);
  for (let i = 0; i < rowOf.length; i++) sums[rowOf[i]!]! += squares[i]!;
  return sums;
}

export interface ArithmeticOptions {
  readonly tf: TfLike;
  readonly ops: Operations;
  readonly classes: number;
  readonly readback: Readback;
  /** Who may take part of the work of a pass. */
  readonly offload?: Offload | null;
}

/** Labels of a batch: known here, or still on the device. */
export type BatchLabels = Int32Array | TapeTensor;

/** SIMD where the backend is wasm and lets us into its memory, else plain operations. */
export function arithmeticFor(
  { tf, ops, classes, readback, offload = null }: ArithmeticOptions,
  labels: BatchLabels,
  examples: number,
  pieces: readonly Piece[],
  kept: Kept | null,
): Arithmetic {
  if (labels instanceof Int32Array) {
    const groups = groupsOf(labels, classes, kept?.forAll ?? false);
    const native = nativeOf(tf);
    if (native !== null) return new NativeArithmetic(native, ops, pieces, groups, kept, offload);
    return new PlainArithmetic(ops, pieces, membershipOf(ops, groups), groups.classOf, readback, kept);
  }
  const classOf = Int32Array.from({ length: classes + 1 }, (_, row) => (row === classes ? -1 : row));
  return new PlainArithmetic(ops, pieces, deviceMembership(ops, labels, examples, classes), classOf, readback, kept);
}
