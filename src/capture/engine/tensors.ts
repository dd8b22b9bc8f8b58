/** - `tf.keep`, `tf.tidy`, `tf.oneHot` and other operations: public, but not part of `TfLike` because their types differ. */
import type { TensorLike, TfLike } from '../../tf.ts';

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
