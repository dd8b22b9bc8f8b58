import { onTestFinished } from 'vitest';
import { tf } from './tensorflow.ts';

const KERNEL = 'BatchMatMul';

/**
 * Counts the products X^T D that the backend's own kernel computes until the test ends; returns how many there were since
 * it was last asked.
 */
export function countedProducts(backend = 'wasm'): () => number {
  const original = tf.getKernel(KERNEL, backend);
  let count = 0;
  const put = (kernelFunc: typeof original.kernelFunc) => {
    tf.unregisterKernel(KERNEL, backend);
    tf.registerKernel({ ...original, kernelFunc });
  };
  put((call) => {
    const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
    if (transposeA && !transposeB) count++;
    return original.kernelFunc(call);
  });
  onTestFinished(() => put(original.kernelFunc));
  return () => {
    const counted = count;
    count = 0;
    return counted;
  };
}
