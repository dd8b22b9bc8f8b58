import type { Native } from '../../../wasm/native.ts';
import type { Piece } from '../plan.ts';
import type { Direction } from './pass-sums.ts';

export const FLOAT = 4;
/** Room for the gradients of single classes or examples of one weight; more is not worth it. */
const MAX_ROWS_BYTES = 1 << 28;

const CLASS_ROWS = 'class-rows';

/** Memory for the gradients of single classes and examples, in named rooms that are used again at every step. */
export class NativeRows {
  /** Pieces whose gradients of single examples are being added up. */
  readonly begun = new Set<number>();
  private readonly native: Native;
  private readonly pieces: readonly Piece[];
  private readonly rows: number;
  private readonly examples: number;
  private readonly kept: Set<number> | null;

  /** `kept`: pieces whose class rows go on from an earlier pass; null: each pass has its own. */
  constructor(native: Native, pieces: readonly Piece[], rows: number, examples: number, kept: Set<number> | null) {
    this.native = native;
    this.pieces = pieces;
    this.rows = rows;
    this.examples = examples;
    this.kept = kept;
  }

  /** Makes room for gradients of classes that are added up later in this pass. Throws as `cleared` does. */
  reserve(piece: number): void {
    this.room(CLASS_ROWS, this.rows * this.pieces[piece]!.size);
  }

  /** Where gradients of classes are added up: zeros, unless they go on from an earlier pass. */
  ofClasses(piece: number, name = CLASS_ROWS): number {
    const values = this.rows * this.pieces[piece]!.size;
    if (this.kept === null) return this.cleared(name, values);
    const own = `classes of piece ${piece}`;
    if (this.kept.has(piece)) return this.native.room(own, values * FLOAT);
    const at = this.cleared(own, values);
    this.kept.add(piece);
    return at;
  }

  /** Gradients of single examples of a weight that is used several times, kept until all uses have come. */
  ofExamples(piece: number): number {
    const values = this.examples * this.pieces[piece]!.size;
    const name = `examples of piece ${piece}`;
    if (this.begun.has(piece)) return this.native.room(name, values * FLOAT);
    const at = this.cleared(name, values);
    this.begun.add(piece);
    return at;
  }

  /** Whether there may be room for so many values. */
  fits(values: number): boolean {
    return values * FLOAT <= MAX_ROWS_BYTES;
  }

  /** Room for float32 zeros. Throws a RangeError beyond MAX_ROWS_BYTES. */
  cleared(name: string, values: number): number {
    const at = this.room(name, values);
    this.native.floats(at, values).fill(0);
    return at;
  }

  /** <g_c, direction> of each row over all pieces whose rows are kept. */
  along(direction: Direction): Float64Array {
    const { native, rows } = this;
    const sums = new Float64Array(rows);
    for (const piece of this.kept ?? []) {
      const towards = direction(piece);
      if (towards === null) continue;
      const { size } = this.pieces[piece]!;
      const [from, by] = [this.ofClasses(piece), native.address(towards)];
      for (let row = 0; row < rows; row++) {
        sums[row]! += native.simd.dotProduct!(from + row * size * FLOAT, by, size);
      }
    }
    return sums;
  }

  /** A copy of int32 values. */
  put(name: string, values: Int32Array): number {
    const at = this.native.room(name, values.length * FLOAT);
    this.native.ints(at, values.length).set(values);
    return at;
  }

  private room(name: string, values: number): number {
    if (!this.fits(values)) {
      throw new RangeError(
        `Expected at most ${MAX_ROWS_BYTES >> 20} MiB for the gradients of one weight by class or example, ` +
          `got ${Math.ceil((values * FLOAT) / 2 ** 20)}: take smaller batches to measure it.`,
      );
    }
    return this.native.room(name, values * FLOAT);
  }
}
