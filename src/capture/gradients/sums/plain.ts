import type { TapeTensor } from '../../engine/tape.ts';
import type { Operations } from '../../engine/tensors.ts';
import type { Membership } from '../membership.ts';
import type { Piece } from '../plan.ts';
import type { Direction, Spread } from './pass-sums.ts';
import { diagonals, packed } from './plain-figures.ts';

/** Values that gradients of single examples of one weight may take; more is not worth it. */
const MAX_EXAMPLE_VALUES = 1 << 26;

/**
 * Class sums of one backward pass in plain operations of tfjs, on the device: nothing is read back here. Y is the
 * membership, E the gradients of single examples [B, size], M = Y^T E those of the rows; a Gram is M M^T, or Y^T K Y
 * where inner products K of single examples cost less.
 */
export class PlainSums {
  private readonly ops: Operations;
  private readonly pieces: readonly Piece[];
  private readonly membership: Membership;
  /** M of each piece, where the step has several backward passes; else null. */
  private readonly kept: Map<number, TapeTensor> | null;
  private readonly grams = new Map<number, TapeTensor>();
  /** E of pieces that are used several times. */
  private readonly begun = new Map<number, TapeTensor>();
  private squares: TapeTensor | null = null;
  private single = true;

  constructor(
    ops: Operations,
    pieces: readonly Piece[],
    membership: Membership,
    kept: Map<number, TapeTensor> | null = null,
  ) {
    this.ops = ops;
    this.pieces = pieces;
    this.membership = membership;
    this.kept = kept;
  }

  /** dW = X^T D: x [examples * per, din], d [examples * per, dout]. */
  product(piece: number, x: TapeTensor, d: TapeTensor, din: number, dout: number, spread: Spread): boolean {
    const { ops } = this;
    const { examples, rows, matrix } = this.membership;
    if (spread.per > 1 || this.isShared(piece)) {
      return this.addExamples(piece, din * dout, () => {
        const [left, right] = [this.byExample(x, din, spread), this.byExample(d, dout, spread)];
        return ops.reshape(ops.matMul(left, right, true), [examples, din * dout]);
      });
    }
    const [left, right] = [ops.reshape(x, [examples, din]), ops.reshape(d, [examples, dout])];
    this.addSquares(() => ops.mul(ops.sum(ops.square(left), 1), ops.sum(ops.square(right), 1)));
    if (this.kept === null && (examples / rows) * (din + dout) < din * dout) {
      this.addGram(piece, () =>
        this.gramOf(ops.mul(ops.matMul(left, left, false, true), ops.matMul(right, right, false, true))),
      );
      return true;
    }
    this.addRows(piece, () => {
      const apart = ops.mul(ops.reshape(matrix, [examples, rows, 1]), ops.reshape(left, [examples, 1, din]));
      const products = ops.matMul(ops.reshape(apart, [examples, rows * din]), right, true);
      return ops.reshape(products, [rows, din * dout]);
    });
    return true;
  }

  /** Sum over rows: x [examples * per, size of the piece]. */
  sum(piece: number, x: TapeTensor, spread: Spread): boolean {
    const { size } = this.pieces[piece]!;
    return this.addExamples(piece, size, () => this.ops.sum(this.byExample(x, size, spread), 1));
  }

  /** Disjoint parts of the piece one after the other, each as gradients of single examples [B, part]. */
  parts(piece: number, parts: Iterable<() => TapeTensor>): boolean {
    const { ops } = this;
    if (this.isShared(piece)) {
      const size = this.pieces[piece]!.size;
      return this.addExamples(piece, size, () =>
        ops.concat(
          [...parts].map((part) => part()),
          1,
        ),
      );
    }
    if (this.kept !== null) {
      this.addRows(piece, () => {
        const rows = [...parts].map((part) => {
          const each = part();
          this.addSquares(() => ops.sum(ops.square(each), 1));
          return this.rowsOf(each);
        });
        return ops.concat(rows, 1);
      });
      return true;
    }
    for (const part of parts) {
      this.addGram(piece, () => {
        const each = part();
        this.addSquares(() => ops.sum(ops.square(each), 1));
        const rows = this.rowsOf(each);
        return ops.matMul(rows, rows, false, true);
      });
    }
    return true;
  }

  /** Row sums by id: values [examples * per, width], ids [examples * per]. */
  segments(piece: number, values: TapeTensor, ids: TapeTensor, width: number, spread: Spread): boolean {
    const { ops } = this;
    const { examples } = this.membership;
    const count = examples * spread.per;
    if (this.isShared(piece) || this.kept !== null || count ** 2 > MAX_EXAMPLE_VALUES) return false;
    const kernel = () => {
      const list = ops.reshape(this.byExample(values, width, spread), [count, width]);
      const names = ops.reshape(this.byExample(ids, 1, spread), [count, 1]);
      const same = ops.cast(ops.equal(names, ops.reshape(names, [1, count])), 'float32');
      const products = ops.mul(same, ops.matMul(list, list, false, true));
      const { per } = spread;
      return ops.sum(ops.reshape(products, [examples, per, examples, per]), [1, 3]);
    };
    const inner = ops.keep(ops.tidy(kernel));
    this.addSquares(() => ops.reshape(diagonals(ops, inner, examples), [examples]));
    this.addGram(piece, () => this.gramOf(inner));
    inner.dispose();
    return true;
  }

  /** Gradients of the rows, computed elsewhere; the norms of single examples stay unknown. */
  masked(piece: number, gradients: Iterable<TapeTensor | null>): boolean {
    if (this.isShared(piece)) return false;
    const { size } = this.pieces[piece]!;
    this.single = false;
    this.addRows(piece, () =>
      this.ops.concat(
        [...gradients].map((one) => this.ops.reshape(one ?? this.ops.zeros([size]), [1, size])),
        0,
      ),
    );
    return true;
  }

  /**
   * Everything as one vector, for `unpacked`. With a direction (null for a piece: nowhere) the rows that were kept go in. The
   * caller disposes it.
   */
  finish(counts: (piece: number) => boolean, direction: Direction | null): TapeTensor {
    const { ops, membership } = this;
    for (const [piece, each] of this.begun) {
      if (counts(piece)) this.foldExamples(piece, () => each);
      each.dispose();
    }
    this.begun.clear();
    if (direction !== null) {
      for (const [piece, rows] of this.kept ?? []) this.addGram(piece, () => ops.matMul(rows, rows, false, true));
    }
    const grams = this.pieces.map((_, piece) => (counts(piece) ? (this.grams.get(piece) ?? null) : null));
    return ops.keep(ops.tidy(() => packed(ops, membership, grams, this.squares, this.along(direction))));
  }

  private along(direction: Direction | null): TapeTensor {
    const { ops } = this;
    let sum = ops.zeros([this.membership.rows, 1]);
    for (const [piece, rows] of this.kept ?? []) {
      const towards = direction?.(piece) ?? null;
      if (towards !== null) sum = ops.add(sum, ops.matMul(rows, ops.reshape(towards, [-1, 1])));
    }
    return sum;
  }

  /** Whether the norms of single examples are known. */
  get hasSquares(): boolean {
    return this.single;
  }

  dispose(): void {
    this.ops.dispose([...this.grams.values(), ...this.begun.values(), this.squares]);
    this.grams.clear();
    this.begun.clear();
    this.squares = null;
  }

  private isShared(piece: number): boolean {
    return this.pieces[piece]!.uses > 1;
  }

  /** [examples * per, width] as [examples, per, width]. */
  private byExample(x: TapeTensor, width: number, { per, blocks }: Spread): TapeTensor {
    const { examples } = this.membership;
    if (!blocks) return this.ops.reshape(x, [examples, per, width]);
    return this.ops.transpose(this.ops.reshape(x, [per, examples, width]), [1, 0, 2]);
  }

  private addExamples(piece: number, size: number, each: () => TapeTensor): boolean {
    const { examples } = this.membership;
    if (examples * size > MAX_EXAMPLE_VALUES) return false;
    if (!this.isShared(piece)) {
      this.foldExamples(piece, each);
      return true;
    }
    const before = this.begun.get(piece);
    this.begun.set(piece, this.sumWith(before, each));
    return true;
  }

  private foldExamples(piece: number, each: () => TapeTensor): void {
    const { ops } = this;
    this.addRows(piece, () => {
      const gradients = each();
      this.addSquares(() => ops.sum(ops.square(gradients), 1));
      return this.rowsOf(gradients);
    });
  }

  private addRows(piece: number, rows: () => TapeTensor): void {
    if (this.kept !== null) {
      this.kept.set(piece, this.sumWith(this.kept.get(piece), rows));
      return;
    }
    this.addGram(piece, () => {
      const matrix = rows();
      return this.ops.matMul(matrix, matrix, false, true);
    });
  }

  private addGram(piece: number, gram: () => TapeTensor): void {
    this.grams.set(piece, this.sumWith(this.grams.get(piece), gram));
  }

  private addSquares(squares: () => TapeTensor): void {
    this.squares = this.sumWith(this.squares ?? undefined, squares);
  }

  private sumWith(before: TapeTensor | undefined, more: () => TapeTensor): TapeTensor {
    const { ops } = this;
    const sum = ops.keep(
      ops.tidy(() => (before === undefined ? more().clone() : ops.add(before, more()))) as TapeTensor,
    );
    before?.dispose();
    return sum;
  }

  private rowsOf(each: TapeTensor): TapeTensor {
    return this.ops.matMul(this.membership.matrix, each, true);
  }

  private gramOf(kernel: TapeTensor): TapeTensor {
    const { matrix } = this.membership;
    return this.ops.matMul(matrix, this.ops.matMul(kernel, matrix), true);
  }
}
