import type { TensorData, TensorLike, TfLike } from '../tf.ts';
import { keepClone } from './engine/tensors.ts';

/** Backends whose data lies in this process' memory, or whose readback is synchronous by nature: reading stalls nothing. */
const SYNCHRONOUS = new Set(['cpu', 'wasm', 'tensorflow']);

/** Tensors that may wait for their data at the same time on the other backends. */
const MAX_IN_FLIGHT = 8;

/** The data of several tensors: at once, or later. */
export type Reading = TensorData[] | Promise<TensorData[]>;

/**
 * Reads tensors without ever stalling a device: at once where that is free, else through `data()` on clones of which at
 * most MAX_IN_FLIGHT exist.
 */
export class Readback {
  private readonly tf: TfLike;
  private readonly synchronous: () => boolean;
  private inFlight = 0;

  constructor(tf: TfLike, synchronous: () => boolean = () => SYNCHRONOUS.has(tf.getBackend())) {
    this.tf = tf;
    this.synchronous = synchronous;
  }

  /** Whether reading costs nothing but the time it takes to copy. */
  get isSynchronous(): boolean {
    return this.synchronous();
  }

  /** Null when too many tensors are under way: measure this another time. The tensors stay the caller's. */
  read(tensors: readonly TensorLike[]): Reading | null {
    if (this.synchronous()) return tensors.map((tensor) => tensor.dataSync());
    if (this.inFlight + tensors.length > MAX_IN_FLIGHT) return null;
    this.inFlight += tensors.length;
    const clones = tensors.map((tensor) => keepClone(this.tf, tensor));
    return Promise.all(clones.map((clone) => clone.data())).finally(() => {
      for (const clone of clones) clone.dispose();
      this.inFlight -= clones.length;
    });
  }
}
