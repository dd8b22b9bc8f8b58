/** Arrays of the tests in the memory of the wasm backend, in rooms of our own. */
import { expect } from 'vitest';
import { registerTrainingKernels } from '../../src/wasm/index.ts';
import { Native } from '../../src/wasm/native.ts';
import { wasm } from '../support/tensorflow.ts';
import { tf } from './backends.ts';

/** Values around every array: NaN is seen wherever it is read, and nothing may write it over. */
const GUARD = 16;

/** tfjs on wasm with the training kernels, and our code inside it. */
export async function startNative(): Promise<Native> {
  registerTrainingKernels(await wasm());
  return Native.of(tf.backend() as never);
}

/** Puts float32 values between guards into a room of their own; `take` reads them and looks at the guards. */
export function put(native: Native, name: string, values: ArrayLike<number>) {
  const bytes = (values.length + 2 * GUARD) * 4;
  const room = native.room(name, bytes);
  native.floats(room, values.length + 2 * GUARD).fill(Number.NaN);
  native.floats(room + GUARD * 4, values.length).set(values);
  const take = () => {
    const all = native.floats(room, values.length + 2 * GUARD).slice();
    const guards = [...all.slice(0, GUARD), ...all.slice(GUARD + values.length)];
    expect(guards.every(Number.isNaN), `${name} is written within its bounds`).toBe(true);
    return all.slice(GUARD, GUARD + values.length);
  };
  return { at: room + GUARD * 4, take };
}

export function putDoubles(native: Native, name: string, values: ArrayLike<number>) {
  const at = native.room(name, values.length * 8);
  native.doubles(at, values.length).set(values);
  return { at, take: () => native.doubles(at, values.length).slice() };
}

export function putInts(native: Native, name: string, values: ArrayLike<number>): number {
  const at = native.room(name, values.length * 4);
  native.ints(at, values.length).set(values);
  return at;
}

/** Row i of a matrix of n columns. */
export const row = (values: ArrayLike<number>, i: number, n: number) =>
  Array.from({ length: n }, (_, k) => values[i * n + k]!);
