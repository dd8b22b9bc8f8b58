import type { TensorData, TensorLike, TfLike } from '../../tf.ts';
import { keepClone, type Operations, operationsOf } from '../engine/tensors.ts';

/** Backends whose data lies in this process' memory, or whose readback is synchronous by nature: reading stalls nothing. */
const SYNCHRONOUS = new Set(['cpu', 'wasm', 'tensorflow']);

/** Tensors that may wait for their data at the same time on the other backends. */
const MAX_IN_FLIGHT = 8;

/** The data of several tensors: at once, or later. */
export type Reading = TensorData[] | Promise<TensorData[]>;

/**
 * Reads tensors without ever stalling a device: at once where that is free, else through `data()` on tensors of our own of
 * which at most MAX_IN_FLIGHT exist.
 */
export class Readback {
  private readonly tf: TfLike;
  private readonly ops: Operations;
  private readonly synchronous: () => boolean;
  private inFlight = 0;

  constructor(tf: TfLike, synchronous: () => boolean = () => SYNCHRONOUS.has(tf.getBackend())) {
    this.tf = tf;
    this.ops = operationsOf(tf);
    this.synchronous = synchronous;
  }

  /** Whether reading costs nothing but the time it takes to copy. */
  get isSynchronous(): boolean {
    return this.synchronous();
  }

  /**
   * Null when too many tensors are under way: measure this another time. The tensors stay the caller's. Numbers of any kind
   * come as float32 where they come later: several tensors are then read as one.
   */
  read(tensors: readonly TensorLike[]): Reading | null {
    if (this.synchronous()) return tensors.map((tensor) => tensor.dataSync());
    if (tensors.length === 0) return [];
    if (this.inFlight >= MAX_IN_FLIGHT) return null;
    const whole = this.joined(tensors);
    this.inFlight++;
    const sizes = tensors.map(({ size }) => size);
    return whole
      .data()
      .then((data) => parts(data, sizes))
      .finally(() => {
        whole.dispose();
        this.inFlight--;
      });
  }

  /** One tensor of our own with the values of all: a device takes its time for every read, however small. */
  private joined(tensors: readonly TensorLike[]): TensorLike {
    const { tf, ops } = this;
    const [first] = tensors;
    if (tensors.length === 1) return keepClone(tf, first!);
    const flat = () => tensors.map((tensor) => ops.cast(ops.reshape(tensor, [tensor.size]), 'float32'));
    return ops.keep(ops.tidy(() => ops.concat(flat(), 0)));
  }
}

/** Data of several tensors, one after the other. */
export function joinedData(parts: readonly TensorData[]): TensorData {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function parts(data: TensorData, sizes: readonly number[]): TensorData[] {
  if (sizes.length === 1) return [data];
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return data.subarray(at - size, at);
  });
}
