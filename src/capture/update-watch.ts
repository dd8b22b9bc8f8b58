import type { TfLike } from '../tf.ts';
import { nativeOf } from '../wasm/access.ts';
import type { WeightUpdate } from './class-gradients.ts';
import type { TapeTensor } from './engine/tape.ts';
import { type Operations, operationsOf } from './engine/tensors.ts';
import type { Readback } from './readback.ts';

type Later<T> = T | Promise<T>;
type Norm = number | null;

const root = (square: Norm): Norm => (square === null ? null : Math.sqrt(square));

/** Norms of the gradient that the optimizer gets, and of the move that it makes of it. */
export class UpdateWatch {
  private readonly tf: TfLike;
  private readonly ops: Operations;
  private readonly readback: Readback;
  /** Weights as they were before the update: second handles on the same data, which the update leaves alone. */
  private before = new Map<TapeTensor, TapeTensor>();
  private passes = 0;
  private square: Later<number | null> = null;

  constructor(tf: TfLike, readback: Readback) {
    this.tf = tf;
    this.ops = operationsOf(tf);
    this.readback = readback;
  }

  /** After a backward pass; `due`: the weights are kept to be compared with those after the update. */
  backward(gradients: readonly (TapeTensor | null)[], variables: readonly TapeTensor[], due: boolean): void {
    this.passes++;
    const known = gradients.filter((gradient) => gradient !== null);
    // Out of several passes the optimizer gets what the training loop makes of them.
    this.square = this.passes === 1 ? this.squareOf(known) : null;
    if (!due) return;
    for (const variable of variables) {
      if (!this.before.has(variable)) this.before.set(variable, this.ops.keep(variable.clone()) as TapeTensor);
    }
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
  take(moves: ReadonlyMap<object, TapeTensor> | null, measured: (weight: object) => boolean): Later<WeightUpdate> {
    const of = [...(moves ?? [])].filter(([weight]) => measured(weight));
    const [all, some, old] = [[...(moves?.values() ?? [])], of.map(([, move]) => move), [...this.before.values()]];
    const square = (tensors: readonly TapeTensor[]) => (moves === null ? null : this.squareOf(tensors));
    const updateSquare = square(all);
    const parts = [this.square, updateSquare, some.length === all.length ? updateSquare : square(some), square(old)];
    this.abandon();
    const norms = (squares: readonly (number | null)[]): WeightUpdate => {
      const [gradientNorm, updateNorm, measuredUpdateNorm, weightNorm] = squares.map(root) as Norm[];
      return {
        gradientNorm: gradientNorm!,
        updateNorm: updateNorm!,
        measuredUpdateNorm: measuredUpdateNorm!,
        weightNorm: weightNorm!,
      };
    };
    return parts.some((part) => part instanceof Promise)
      ? Promise.all(parts).then(norms)
      : norms(parts as (number | null)[]);
  }

  abandon(): void {
    for (const old of this.before.values()) old.dispose();
    this.before.clear();
    this.passes = 0;
    this.square = null;
  }

  private squareOf(tensors: readonly TapeTensor[]): Later<number | null> {
    const native = nativeOf(this.tf);
    if (native !== null) {
      return tensors.reduce((sum, one) => sum + (native.simd.squareSum!(native.address(one), one.size) as number), 0);
    }
    const { ops } = this;
    const total = ops.keep(
      ops.tidy(() => tensors.reduce((sum, one) => ops.add(sum, ops.sum(ops.square(one))), ops.zeros([]))),
    );
    const reading = this.readback.read([total]);
    total.dispose();
    if (reading === null) return null;
    return Array.isArray(reading) ? reading[0]![0]! : reading.then(([data]) => data![0]!);
  }
}
