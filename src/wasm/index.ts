/**
 * `classwatch/wasm`: the wasm backend of TensorFlow.js, so that convolutional nets train on it, and fast.
 * Works in Node and in the browser (with a Content-Security-Policy, `script-src 'wasm-unsafe-eval'` is enough).
 */
import type { TfLike } from '../tf.ts';
import { accelerate } from './acceleration.ts';
import { checkedTf } from './backend.ts';
import { Overrides } from './overrides.ts';
import { describe, type WasmKernels } from './report.ts';
import { obstacle, supply } from './training-kernels.ts';

export type { KernelState } from './overrides.ts';
export type { WasmKernels } from './report.ts';
export { type SimdProducts, simdProducts } from './simd-products.ts';

/**
 * Supplies the kernels without which layers do not train on wasm (convolutions, depthwise and separable ones,
 * Embedding, einsum) and mends those that compute something wrong (max pooling of negative values). Kernels that are
 * there and right stay as they are, so this changes no result that was right.
 *
 * Call it after `await tf.setBackend('wasm')` and `await tf.ready()`. Throws a UsageError of one sentence, and changes
 * nothing, on another backend, a TensorFlow.js other than 4, or the wasm build with threads.
 */
export function registerTrainingKernels(tf: TfLike): WasmKernels {
  const wide = checkedTf(tf);
  const reason = obstacle(wide);
  const overrides = new Overrides(wide);
  supply(wide, overrides, reason === null);
  return describe(wide, reason, () => overrides.restore());
}

/**
 * Makes training faster, on request, because sums are taken in another order: results change by float rounding. Does
 * what registerTrainingKernels does, then replaces matrix products with a transposed factor, convolutions and their
 * input gradients, sums over leading axes and a few small kernels; fuses batch normalization in training (in the layer)
 * and the update of Adam (in the optimizer). What a replacement does not cover goes to what was there before.
 *
 * Throws as registerTrainingKernels does. Where the SIMD code cannot run (`obstacle`), nothing is accelerated.
 */
export function accelerateTraining(tf: TfLike): WasmKernels {
  const wide = checkedTf(tf);
  const reason = obstacle(wide);
  const overrides = new Overrides(wide);
  supply(wide, overrides, reason === null);
  if (reason === null) accelerate(wide, overrides);
  return describe(wide, reason, () => overrides.restore());
}
