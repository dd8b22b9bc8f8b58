import type { WasmTf } from './backend.ts';
import { type KernelState, stateOf } from './overrides.ts';

/** What was done to the wasm backend, and the way back. */
export interface WasmKernels {
  /** Version of TensorFlow.js. */
  readonly version: string;
  /** Whether the SIMD code runs; null, or the reason why everything is composed of plain operations instead. */
  readonly obstacle: string | null;
  /** Each kernel that training needs, as it was right after the call. */
  readonly kernels: Readonly<Record<string, KernelState>>;
  /**
   * Takes back what this call changed, and nothing that a call before it had done already: of several handles, the first
   * one holds what they share. Restore in reverse order.
   */
  restore(): void;
}

/** Kernels that training of common networks runs through; the order is that of the report. */
export const KERNELS = [
  ...['Conv2D', 'FusedConv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'],
  ...['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
  ...['Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
  ...['MaxPool', 'MaxPoolGrad', 'MaxPool3D', 'MaxPool3DGrad', 'AvgPool', 'AvgPoolGrad', 'AvgPool3D', 'AvgPool3DGrad'],
  ...['BatchMatMul', '_FusedMatMul', 'Einsum', 'GatherV2', 'UnsortedSegmentSum', 'FusedBatchNorm'],
  ...['TrainingBatchNorm', 'TrainingAdam'],
  ...['Sum', 'Mean', 'Relu', 'Step', 'Identity', 'Cast', 'Softmax'],
] as const;

export function describe(tf: WasmTf, obstacle: string | null, restore: () => void): WasmKernels {
  const kernels = Object.fromEntries(KERNELS.map((name) => [name, stateOf(tf, name)])) as Record<string, KernelState>;
  return { version: tf.version_core, obstacle, kernels, restore };
}
