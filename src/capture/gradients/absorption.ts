import type { TfLike } from '../../tf.ts';
import { gradientDepth } from '../../wasm/backend.ts';
import type { Stopwatch } from '../budget/stopwatch.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { operationsOf } from '../engine/tensors.ts';
import type { Contribution } from './contractions/contraction.ts';
import type { Factors } from './contractions/mat-mul.ts';
import type { Piece } from './plan.ts';
import type { NativeSums } from './sums/native.ts';

/** What is said where nothing of it can be done. */
export const NOT_ABSORBED =
  'The option absorb works on the wasm backend only (with SIMD, without threads): here the training computes its own ' +
  'products. Nothing else changes.';

/** A product of the training's own backward pass, and how to get the gradients of single classes that it was made of. */
export interface Absorbed {
  readonly product: TapeTensor;
  readonly contribution: Contribution;
}

/**
 * The gradient of a dense layer is the sum of those of the classes. Where these are formed, training gets their sum, and
 * its own product need not be computed: that one differs by rounding.
 */
export class Absorption {
  private readonly tf: TfLike;
  private readonly sums: NativeSums;
  private readonly stopwatch: Stopwatch;

  constructor(tf: TfLike, sums: NativeSums, stopwatch: Stopwatch) {
    this.tf = tf;
    this.sums = sums;
    this.stopwatch = stopwatch;
  }

  /**
   * X^T D for one of these pieces; null where the training has to compute it. It is right also if it turns out to be no
   * gradient at all: nobody takes the contribution then. The class rows are good until the next product.
   */
  of({ x, d, din, dout, spread, shape }: Factors, pieces: readonly Piece[]): Absorbed | null {
    const { tf, sums, stopwatch } = this;
    const { classProducts } = sums;
    const fits = pieces.length > 0 && pieces.every(({ size, uses }) => size === din * dout && uses === 1);
    if (!fits || spread.per !== 1 || x.dtype !== 'float32' || d.dtype !== 'float32') return null;
    // A tape that is running would not see how the product was made.
    if (!sums.dense.absorbs(din, dout) || gradientDepth(tf) > 0) return null;
    // Takes the place of the training's own work: its time is not the monitor's.
    const rows = classProducts.apart(x, d, din, dout);
    if (rows === null) return null;
    return stopwatch.time(() => {
      const product = operationsOf(tf).fill(shape, 0);
      classProducts.sum(rows, product);
      const native = (_: NativeSums, piece: number) => {
        sums.take(piece, rows);
        return true;
      };
      return { product, contribution: { native, plain: () => false } };
    });
  }
}
