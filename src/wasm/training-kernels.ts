import { type KernelFunction, missingInternal, type WasmTf } from './backend.ts';
import * as composition from './composition.ts';
import { einsumGradient, einsumKernel } from './einsum.ts';
import { convFilter } from './kernels/conv-filter.ts';
import { depthwiseFilter, depthwiseInput } from './kernels/depthwise.ts';
import { maxPool3d, maxPoolGrad } from './kernels/max-pool.ts';
import { segmentSum } from './kernels/segment-sum.ts';
import { Native } from './native.ts';
import type { Overrides } from './overrides.ts';
import { PROBES } from './probe.ts';
import { composedVolumeFilter, composedVolumeInput, strided, transposedVolumeGradient } from './volume.ts';

interface Recipe {
  /** In SIMD, for what it covers. */
  readonly native: ((tf: WasmTf, composed: KernelFunction) => KernelFunction) | null;
  /** The kernel that was there stays for the calls that it gets right. */
  readonly partly?: (composed: KernelFunction, before: KernelFunction | undefined) => KernelFunction;
  /** Out of plain operations, for the rest. */
  readonly composed: (tf: WasmTf) => KernelFunction;
}

/** Every kernel that training needs and some version of the wasm backend lacks or gets wrong. */
export const RECIPES: { readonly [kernel: string]: Recipe } = {
  Conv2DBackpropFilter: { native: convFilter, composed: composition.composedConvFilter },
  DepthwiseConv2dNativeBackpropFilter: { native: depthwiseFilter, composed: composition.composedDepthwiseFilter },
  DepthwiseConv2dNativeBackpropInput: { native: depthwiseInput, composed: composition.composedDepthwiseInput },
  UnsortedSegmentSum: { native: () => segmentSum, composed: composition.composedSegmentSum },
  Einsum: { native: null, composed: einsumKernel },
  MaxPoolGrad: { native: maxPoolGrad, composed: composition.composedMaxPoolGrad },
  Conv3DBackpropInputV2: { native: null, composed: composedVolumeInput },
  Conv3DBackpropFilterV2: { native: null, composed: composedVolumeFilter, partly: strided },
  MaxPool3D: { native: maxPool3d, composed: composition.composedMaxPool },
  MaxPool3DGrad: { native: maxPoolGrad, composed: composition.composedMaxPoolGrad },
};

/** Why our SIMD code cannot run in this backend; null where it can. */
export function obstacle(tf: WasmTf): string | null {
  const backend = tf.backend();
  const missing = missingInternal(backend);
  if (missing !== null) return `${missing} is not there`;
  try {
    Native.of(backend as never);
    return null;
  } catch (error) {
    return `the SIMD code did not start (${(error as Error).message})`;
  }
}

/** Supplies the kernels that are missing, and mends those that a probe finds wrong. Leaves all others alone. */
export function supply(tf: WasmTf, overrides: Overrides, simd: boolean): void {
  for (const [name, { native, composed, partly }] of Object.entries(RECIPES)) {
    const there = tf.getKernel(name, 'wasm') !== undefined;
    if (there && (PROBES[name]?.(tf) ?? true)) continue;
    const slow = composed(tf);
    if (simd && native !== null) overrides.kernel(name, there ? 'mended' : 'supplied', () => native(tf, slow));
    else overrides.kernel(name, 'composed', (before) => partly?.(slow, before) ?? slow);
  }
  if (tf.getGradient('Einsum') === undefined) overrides.gradient(einsumGradient(tf));
  if (tf.getGradient('Conv3DBackpropInputV2') === undefined) overrides.gradient(transposedVolumeGradient(tf));
}
