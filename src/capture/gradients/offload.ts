import type { Pending } from '../reading/later.ts';
import type { DenseSums } from './sums/pass-sums.ts';

export const NOT_TRUSTED =
  'What the other thread makes of the class gradients does not add up to the gradient: from now on they are computed on the training thread.';

/** Another thread that computes class Grams of dense layers (see sums/dense-gram) while training goes on. */
export interface Offload {
  /** Room for the products of one backward pass; null where none is free: compute here. */
  begin(rowOf: Int32Array, rows: number): OffloadedPass | null;
  /** Ends the thread. What is under way is computed here when it is taken: nothing is lost. */
  close(): Promise<void>;
}

export interface OffloadedPass {
  /**
   * Copies x [examples, din] and d [examples, dout] of a piece: its sums will come, and those of d alone, which are those of a bias.
   * False where there is no room for them: compute here.
   */
  product(piece: number, x: Float32Array, d: Float32Array, din: number, dout: number): boolean;
  /** Everything was handed over: the other thread may begin. What comes is valid until the next pass begins. */
  finish(): Pending<ReadonlyMap<number, DenseSums>>;
  /** The pass has failed: forgets what was handed over. */
  abandon(): void;
}
