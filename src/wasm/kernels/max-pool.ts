import type { Info, KernelFunction, PoolInfo, WasmTf } from '../backend.ts';
import { Native } from '../native.ts';

/** What simd/pooling.ts reads: sizes and steps as depth, height, width. */
function geometryOf(info: PoolInfo): number[] {
  const { padInfo } = info;
  return [
    ...[info.batchSize, info.inChannels],
    ...[info.inDepth ?? 1, info.inHeight, info.inWidth],
    ...[info.outDepth ?? 1, info.outHeight, info.outWidth],
    ...[info.strideDepth ?? 1, info.strideHeight, info.strideWidth],
    ...[info.dilationDepth ?? 1, info.dilationHeight, info.dilationWidth],
    ...[info.filterDepth ?? 1, info.filterHeight, info.filterWidth],
    ...[padInfo.front ?? 0, padInfo.top, padInfo.left],
  ];
}

function pool(native: Native, info: PoolInfo, x: Info, dy: Info | null, result: Info): void {
  const geometry = geometryOf(info);
  const room = native.scratch(geometry.length * 4);
  native.ints(room, geometry.length).set(geometry);
  native.simd.maxPool!(native.address(x), dy === null ? 0 : native.address(dy), native.address(result), room);
}

/** Geometry of a pooling of images (rank 4) or volumes (rank 5) out of a kernel's attributes. */
export function poolInfo(tf: WasmTf, x: Info, attrs: { readonly [name: string]: unknown }): PoolInfo {
  const { filterSize, strides, pad, dimRoundingMode, dilations } = attrs;
  return x.shape.length === 5
    ? tf.backend_util.computePool3DInfo(x.shape, filterSize, strides, dilations ?? 1, pad, dimRoundingMode)
    : tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, dilations ?? 1, pad, dimRoundingMode);
}

/** Max pooling of volumes [batch, depth, height, width, channels]. */
export function maxPool3d(tf: WasmTf, composition: KernelFunction): KernelFunction {
  return (call) => {
    const { x } = call.inputs as { x: Info };
    const { dataFormat } = call.attrs;
    if (x.dtype !== 'float32' || (dataFormat !== undefined && dataFormat !== 'NDHWC')) return composition(call);
    const info = poolInfo(tf, x, call.attrs);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(info.outShape, 'float32');
    pool(native, info, x, null, out);
    return out;
  };
}

/** Gradient of max pooling, images or volumes: dy goes to the first maximum of each window. */
export function maxPoolGrad(tf: WasmTf, composition: KernelFunction): KernelFunction {
  return (call) => {
    const { dy, input } = call.inputs as { dy: Info; input: Info };
    if (input.dtype !== 'float32') return composition(call);
    const info = poolInfo(tf, input, call.attrs);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(input.shape, 'float32');
    native.zero(out);
    pool(native, info, input, dy, out);
    return out;
  };
}
