import type { TensorData, TfLike } from '../../tf.ts';
import { nativeOf } from '../../wasm/access.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { type Operations, operationsOf } from '../engine/tensors.ts';
import type { Readback } from '../reading/readback.ts';
import type { WeightUpdate } from './class-gradients.ts';

/** A square: known here, or a scalar on the device that is ours to dispose; null where it was not looked at. */
type Square = number | TapeTensor | null;

/** Norms of the gradient that the optimizer gets, and of the move that it makes of it. */
export class UpdateWatch {
  private readonly tf: TfLike;
  private readonly ops: Operations;
  private readonly readback: Readback;
  /** Weights as they were before the update: second handles on the same data, which the update leaves alone. */
  private before = new Map<TapeTensor, TapeTensor>();
  /** Of the gradient; null before the update. */
  private square: Square = null;

  constructor(tf: TfLike, readback: Readback) {
    this.tf = tf;
    this.ops = operationsOf(tf);
    this.readback = readback;
  }

  /** After a backward pass: its weights are to be compared with those after the update. */
  keep(variables: readonly TapeTensor[]): void {
    for (const variable of variables) {
      if (!this.before.has(variable)) this.before.set(variable, this.ops.keep(variable.clone()) as TapeTensor);
    }
  }

  /**
   * Before the update, with what the optimizer makes it of: one pass' gradient, or whatever the loop made of several. Null: its
   * norm is known elsewhere.
   */
  updating(gradients: readonly TapeTensor[] | null): void {
    this.forget();
    this.square = gradients === null ? null : this.squareOf(gradients);
  }

  /** By how much each weight has moved; null if none was kept. The caller disposes them. */
  moves(): Map<object, TapeTensor> | null {
    if (this.before.size === 0) return null;
    const { ops } = this;
    const moves = new Map<object, TapeTensor>();
    for (const [variable, old] of this.before) {
      if (!variable.isDisposed) moves.set(variable, ops.keep(ops.tidy(() => ops.sub(variable, old))));
    }
    return moves;
  }

  /** The step is over. `measured`: whether the class gradients of a weight are known. */
  take(
    moves: ReadonlyMap<object, TapeTensor> | null,
    measured: (weight: object) => boolean,
  ): WeightUpdate | Promise<WeightUpdate> {
    if (moves === null && !isTensor(this.square)) return this.gradientOnly(this.square);
    const of = [...(moves ?? [])].filter(([weight]) => measured(weight));
    const [all, some, old] = [[...(moves?.values() ?? [])], of.map(([, move]) => move), [...this.before.values()]];
    const square = (tensors: readonly TapeTensor[]) => (moves === null ? null : this.squareOf(tensors));
    const updateSquare = square(all);
    const squares = [this.square, updateSquare, some.length === all.length ? updateSquare : square(some), square(old)];
    const read = this.read(squares);
    for (const one of squares) if (isTensor(one)) one.dispose();
    this.abandon();
    return read instanceof Promise ? read.then(normsOf) : normsOf(read);
  }

  /** The commonest case, where nothing has to be read. */
  private gradientOnly(square: number | null): WeightUpdate {
    this.abandon();
    return normsOf([square, null, null, null]);
  }

  abandon(): void {
    for (const old of this.before.values()) old.dispose();
    this.before.clear();
    this.forget();
  }

  private forget(): void {
    if (isTensor(this.square)) this.square.dispose();
    this.square = null;
  }

  private squareOf(tensors: readonly TapeTensor[]): Square {
    const native = nativeOf(this.tf);
    if (native !== null && tensors.every(({ dtype }) => dtype === 'float32')) {
      return tensors.reduce((sum, one) => sum + (native.simd.squareSum!(native.address(one), one.size) as number), 0);
    }
    const { ops } = this;
    return ops.keep(
      ops.tidy(() => tensors.reduce((sum, one) => ops.add(sum, ops.sum(ops.square(one))), ops.zeros([]))),
    );
  }

  /** All of them in one read; null where the device has no room for it. */
  private read(squares: readonly Square[]): (number | null)[] | Promise<(number | null)[]> {
    const tensors = squares.filter(isTensor);
    const reading = this.readback.read(tensors);
    const known = (data: readonly TensorData[] | null) =>
      squares.map((one) => (isTensor(one) ? (data?.[tensors.indexOf(one)]?.[0] ?? null) : one));
    return reading instanceof Promise ? reading.then(known) : known(reading);
  }
}

function isTensor(square: Square): square is TapeTensor {
  return square !== null && typeof square !== 'number';
}

function normsOf(squares: readonly (number | null)[]): WeightUpdate {
  const [gradientNorm, updateNorm, measuredUpdateNorm, weightNorm] = squares.map((square) =>
    square === null ? null : Math.sqrt(square),
  ) as [number | null, number | null, number | null, number | null];
  return { gradientNorm, updateNorm, measuredUpdateNorm, weightNorm };
}
