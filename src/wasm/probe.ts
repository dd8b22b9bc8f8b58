/** Tiny computations that tell whether a kernel of the backend at hand is right. */
import type { Info, WasmTf } from './backend.ts';

/** Whether a kernel computes what it should; a kernel that throws does not. */
function holds(tf: WasmTf, check: () => ArrayLike<number>, expected: readonly number[]): boolean {
  try {
    const got = tf.tidy(check);
    return got.length === expected.length && expected.every((value, i) => Math.abs(got[i]! - value) < 1e-6);
  } catch {
    return false;
  }
}

/** One window of two values below zero: their maximum is the second one. */
const NEGATIVE = [-3, -2, -5, -4];
const ONE_AT_SECOND = [0, 1, 0, 0];

/** A volume of four voxels in a row under a filter of one, every second voxel seen: dx and the filter gradient. */
function stridedVolume(tf: WasmTf): Float32Array[] {
  const [x, filter] = [tf.tensor([1, 2, 3, 4], [1, 1, 1, 4, 1]), tf.tensor([5, 7], [1, 1, 2, 1, 1])];
  const loss = (a: Info, b: Info) => tf.sum(tf.conv3d(a, b, [1, 1, 2], 'valid'));
  return tf
    .grads(loss)([x, filter])
    .map((gradient) => gradient.dataSync());
}

/** Kernels that go wrong where the maximum of a window is negative, or where a stride is not one. */
export const PROBES: { readonly [kernel: string]: (tf: WasmTf) => boolean } = {
  Conv3DBackpropInputV2: (tf) => holds(tf, () => stridedVolume(tf)[0]!, [5, 7, 5, 7]),
  Conv3DBackpropFilterV2: (tf) => holds(tf, () => stridedVolume(tf)[1]!, [4, 6]),
  MaxPoolGrad: (tf) =>
    holds(
      tf,
      () =>
        tf
          .grad((x) => tf.sum(tf.maxPool(x, 2, 2, 'valid')))(tf.tensor(NEGATIVE, [1, 2, 2, 1]))
          .dataSync(),
      ONE_AT_SECOND,
    ),
  MaxPool3D: (tf) =>
    holds(
      tf,
      () => tf.maxPool3d(tf.tensor([...NEGATIVE, ...NEGATIVE], [1, 2, 2, 2, 1]), 2, 2, 'valid').dataSync(),
      [-2],
    ),
  MaxPool3DGrad: (tf) =>
    holds(
      tf,
      () =>
        tf
          .grad((x) => tf.sum(tf.maxPool3d(x, 2, 2, 'valid')))(tf.tensor([...NEGATIVE, ...NEGATIVE], [1, 2, 2, 2, 1]))
          .dataSync(),
      [...ONE_AT_SECOND, 0, 0, 0, 0],
    ),
};
