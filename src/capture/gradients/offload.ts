import type { Pending } from '../reading/later.ts';
import type { GhostSums } from './sums/pass-sums.ts';

/** Another thread that computes ghost products (see sums/ghost-products) while training goes on. */
export interface Offload {
  /** Room for the products of one backward pass; null where none is free: compute here. */
  begin(rowOf: Int32Array, rows: number): OffloadedPass | null;
  /** Ends the thread. What is under way is computed here when it is taken: nothing is lost. */
  close(): Promise<void>;
}

export interface OffloadedPass {
  /**
   * Copies x [examples, din] and d [examples, dout] of a piece. `withFactor`: the sums of d alone are wanted, too. False where
   * there is no room for them: compute here.
   */
  product(piece: number, x: Float32Array, d: Float32Array, din: number, dout: number, withFactor: boolean): boolean;
  /** Everything was handed over: the other thread may begin. What comes is valid until the next pass begins. */
  finish(): Pending<ReadonlyMap<number, GhostSums>>;
  /** The pass has failed: forgets what was handed over. */
  abandon(): void;
}
