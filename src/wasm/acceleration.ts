import { overrideAdam } from './adam-optimizer.ts';
import { BACKEND, type KernelFunction, type WasmTf } from './backend.ts';
import { overrideBatchNorm } from './batch-norm-layer.ts';
import { ADAM, adam } from './kernels/adam.ts';
import * as norm from './kernels/batch-norm.ts';
import { convForward, fusedConvForward } from './kernels/conv-forward.ts';
import { convInput } from './kernels/conv-input.ts';
import { shared, step } from './kernels/elementwise.ts';
import { fusedMatMul, matMul } from './kernels/matmul.ts';
import { leadingReduction } from './kernels/reduction.ts';
import { type Overrides, stateOf } from './overrides.ts';

type Replacement = (tf: WasmTf, before: KernelFunction) => KernelFunction;

/** Kernels that have a faster replacement; each falls back to the kernel that was there for what it does not cover. */
const REPLACEMENTS: { readonly [kernel: string]: Replacement } = {
  BatchMatMul: (_, before) => matMul(before),
  _FusedMatMul: (tf, before) => fusedMatMul(before, tf.getKernel('Transpose', BACKEND)!.kernelFunc),
  Conv2D: convForward,
  FusedConv2D: fusedConvForward,
  Conv2DBackpropInput: convInput,
  Sum: (_, before) => leadingReduction(before, false),
  Mean: (_, before) => leadingReduction(before, true),
  Identity: (_, before) => shared(before),
  Cast: (_, before) => shared(before),
  Step: (_, before) => step(before),
};

/** Replaces kernels by faster ones, and fuses batch normalization in training and the update of Adam. */
export function accelerate(tf: WasmTf, overrides: Overrides): void {
  for (const [name, replace] of Object.entries(REPLACEMENTS)) {
    if (stateOf(tf, name) !== 'native') continue;
    overrides.kernel(name, 'accelerated', (before) => replace(tf, before!));
  }
  // A second call finds them there, and the layer and the optimizer overridden.
  if (tf.getKernel(norm.BATCH_NORM, BACKEND) === undefined) {
    overrides.kernel(norm.BATCH_NORM, 'accelerated', () => norm.batchNorm);
    overrides.kernel(norm.BATCH_NORM_SUMS, 'accelerated', () => norm.batchNormSums);
    overrides.kernel(norm.BATCH_NORM_INPUT, 'accelerated', () => norm.batchNormInput);
    overrides.gradient(norm.batchNormGradient(tf));
    overrideBatchNorm(tf, overrides);
  }
  if (tf.getKernel(ADAM, BACKEND) === undefined) {
    overrides.kernel(ADAM, 'accelerated', () => adam);
    overrideAdam(tf, overrides);
  }
}
