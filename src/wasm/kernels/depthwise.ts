import type { ConvInfo, Info, KernelFunction, Shape, WasmTf } from '../backend.ts';
import { placesOf } from '../class-sink.ts';
import { Native } from '../native.ts';
import { convInfo, FLOAT, type Walk, walkOf } from './convolution.ts';

/** Depthwise filters read channel c of the input for the output channels c m .. c m + m - 1 (m: the multiplier). */
function depthwiseInfo(tf: WasmTf, input: Shape, filter: Shape, attrs: { readonly [name: string]: unknown }) {
  const info = convInfo(tf, input, filter, attrs, true);
  if (info === null) return null;
  // Every tap is a run of its own: the channels of one pixel.
  const bytes = info.outChannels * FLOAT;
  const walk: Walk = {
    ...walkOf(info, info.outChannels),
    runs: info.filterWidth,
    runStep: info.dilationWidth * bytes,
    length: info.outChannels,
  };
  return { info, walk, copies: info.outChannels / info.inChannels };
}

const imageBytes = (info: ConvInfo) => info.inHeight * info.inWidth * info.inChannels * FLOAT;
const errorBytes = (info: ConvInfo) => info.outHeight * info.outWidth * info.outChannels * FLOAT;

/** Gradient of a depthwise convolution with respect to its filter [height, width, in, multiplier]. NHWC, else `composition`. */
export function depthwiseFilter(tf: WasmTf, composition: KernelFunction): KernelFunction {
  return (call) => {
    const { x, dy } = call.inputs as { x: Info; dy: Info };
    const shape = call.attrs.filterShape as Shape;
    const geometry = depthwiseInfo(tf, x.shape, shape, call.attrs);
    if (geometry === null || x.dtype !== 'float32') return composition(call);
    const { info, walk, copies } = geometry;
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput([...shape], 'float32');
    native.zero(out);
    const frame = native.scratch(walk.rows * walk.columns * info.outChannels * FLOAT);
    const place = placesOf(info.batchSize, walk.taps * walk.runs * info.outChannels * FLOAT, dy);
    const { top, left } = info.padInfo;
    for (let i = 0; i < info.batchSize; i++) {
      const image = native.address(x) + i * imageBytes(info);
      const error = native.address(dy) + i * errorBytes(info);
      native.simd.frame!(
        ...[image, info.inHeight, info.inWidth, info.inChannels, top, left, walk.rows, walk.columns, copies, frame],
      );
      native.simd.depthwiseFilter!(
        ...[frame, walk.rowStep, walk.pixelStep, walk.taps, walk.tapStep, walk.runs, walk.runStep],
        ...[error, info.outHeight, info.outWidth, info.outChannels, native.address(out)],
        ...(place?.(i, error) ?? [0, 0]),
      );
    }
    return out;
  };
}

/** Gradient of a depthwise convolution with respect to its input. NHWC only, else `composition`. */
export function depthwiseInput(tf: WasmTf, composition: KernelFunction): KernelFunction {
  return (call) => {
    const { dy, filter } = call.inputs as { dy: Info; filter: Info };
    const geometry = depthwiseInfo(tf, call.attrs.inputShape as Shape, filter.shape, call.attrs);
    if (geometry === null || dy.dtype !== 'float32') return composition(call);
    const { info, walk, copies } = geometry;
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(info.inShape, 'float32');
    const values = walk.rows * walk.columns * info.outChannels;
    const frame = native.scratch(values * FLOAT);
    const { top, left } = info.padInfo;
    for (let i = 0; i < info.batchSize; i++) {
      native.floats(frame, values).fill(0);
      native.simd.depthwiseInput!(
        ...[frame, walk.rowStep, walk.pixelStep, walk.taps, walk.tapStep, walk.runs, walk.runStep],
        ...[native.address(dy) + i * errorBytes(info), info.outHeight, info.outWidth, info.outChannels],
        native.address(filter),
      );
      const image = native.address(out) + i * imageBytes(info);
      native.simd.unframe!(
        ...[frame, walk.columns, top, left, info.inHeight, info.inWidth, info.inChannels, copies, walk.rows, image],
      );
    }
    return out;
  };
}
