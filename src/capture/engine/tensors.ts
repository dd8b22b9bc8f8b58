/** - `tf.keep`, `tf.tidy`, `tf.oneHot` and other operations: public, but not part of `TfLike` because their types differ. */
import type { TensorLike, TfLike } from '../../tf.ts';
import type { TapeTensor } from './tape.ts';

/** Class indices as a tensor: [B] float32, [B, 1] for one sigmoid column, or one-hot [B, C]. Run inside a tidy. */
export function labelTensor(
  tf: TfLike,
  labels: Int32Array,
  form: 'indices' | 'column' | 'one-hot',
  classes: number,
): TensorLike {
  const make = tf as unknown as {
    tensor(values: ArrayLike<number>, shape: number[], dtype: string): TensorLike;
    oneHot(indices: TensorLike, depth: number): TensorLike;
  };
  if (form === 'one-hot') return make.oneHot(make.tensor(labels, [labels.length], 'int32'), classes);
  return make.tensor(labels, form === 'column' ? [labels.length, 1] : [labels.length], 'float32');
}

/** Waits until the backend has started: some (wasm) can't be asked anything before. */
export async function ready(tf: TfLike): Promise<void> {
  await (tf as { ready?(): Promise<void> }).ready?.();
}

/** Runs `f` and disposes what it made, except what it kept. */
export function tidy<T>(tf: TfLike, f: () => T): T {
  let result: T | undefined;
  (tf as unknown as { tidy(f: () => void): void }).tidy(() => {
    result = f();
  });
  return result as T;
}

/** A second handle on the same data that outlives every tidy until it is disposed. */
export function keepClone(tf: TfLike, tensor: TensorLike): TensorLike {
  return (tf as unknown as { keep(tensor: TensorLike): TensorLike }).keep(tensor.clone());
}

/** Version of this copy of tfjs, or 'unknown'. */
export function versionOf(tf: TfLike): string {
  const { version_core, version } = tf as { version_core?: string; version?: { tfjs?: string; 'tfjs-core'?: string } };
  return version_core ?? version?.tfjs ?? version?.['tfjs-core'] ?? 'unknown';
}

/** Operations of tfjs that class sums are made of, on whatever backend. */
export interface Operations {
  tidy<T>(f: () => T): T;
  keep<T>(tensor: T): T;
  dispose(tensors: unknown): void;
  reshape(x: TensorLike, shape: readonly number[]): TapeTensor;
  transpose(x: TensorLike, perm?: readonly number[]): TapeTensor;
  concat(xs: readonly TensorLike[], axis: number): TapeTensor;
  matMul(a: TensorLike, b: TensorLike, transposeA?: boolean, transposeB?: boolean): TapeTensor;
  add(a: TensorLike, b: TensorLike): TapeTensor;
  sub(a: TensorLike | number, b: TensorLike): TapeTensor;
  mul(a: TensorLike, b: TensorLike): TapeTensor;
  split(x: TensorLike, sizes: number | readonly number[], axis: number): TapeTensor[];
  pad(x: TensorLike, paddings: readonly (readonly [number, number])[]): TapeTensor;
  gather(x: TensorLike, indices: TensorLike | ArrayLike<number>): TapeTensor;
  slice(x: TensorLike, begin: readonly number[], size: readonly number[]): TapeTensor;
  square(x: TensorLike): TapeTensor;
  log(x: TensorLike): TapeTensor;
  maximum(a: TensorLike, b: number): TapeTensor;
  mean(x: TensorLike, axis: number, keepDims: boolean): TapeTensor;
  argMax(x: TensorLike, axis: number): TapeTensor;
  max(x: TensorLike, axis: number, keepDims?: boolean): TapeTensor;
  greater(a: TensorLike, b: TensorLike | number): TapeTensor;
  sum(x: TensorLike, axis?: number | readonly number[], keepDims?: boolean): TapeTensor;
  cast(x: TensorLike, dtype: string): TapeTensor;
  equal(a: TensorLike, b: TensorLike): TapeTensor;
  oneHot(indices: TensorLike, depth: number): TapeTensor;
  tensor(values: ArrayLike<number>, shape: readonly number[], dtype: string): TapeTensor;
  zeros(shape: readonly number[]): TapeTensor;
  /** Made by the backend itself. */
  fill(shape: readonly number[], value: number): TapeTensor;
}

/** The operations of this copy of tfjs. */
export function operationsOf(tf: TfLike): Operations {
  return tf as unknown as Operations;
}
