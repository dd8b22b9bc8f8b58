import type { Info, KernelFunction, Shape, WasmTf } from '../backend.ts';
import { placesOf } from '../class-sink.ts';
import { Native } from '../native.ts';
import { convInfo, FLOAT, PANEL, roundedUp, SLACK, walkOf } from './convolution.ts';

/**
 * Gradient of a 2D convolution with respect to its filter: x [batch, height, width, in], dy [batch, ..., out] to
 * [filter height, filter width, in, out]. All strides, dilations and paddings; NHWC only, else `composition`.
 */
export function convFilter(tf: WasmTf, composition: KernelFunction): KernelFunction {
  return (call) => {
    const { x, dy } = call.inputs as { x: Info; dy: Info };
    const info = convInfo(tf, x.shape, call.attrs.filterShape as Shape, call.attrs);
    if (info === null || x.dtype !== 'float32') return composition(call);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(info.filterShape, 'float32');
    native.zero(out);
    const walk = walkOf(info, info.inChannels);
    const pixels = info.outHeight * info.outWidth;
    const panels = Math.ceil(info.outChannels / PANEL);
    const frame = native.scratch(
      roundedUp(walk.rows * walk.columns * info.inChannels * FLOAT + SLACK, 16) + panels * pixels * PANEL * FLOAT,
    );
    const packed = frame + roundedUp(walk.rows * walk.columns * info.inChannels * FLOAT + SLACK, 16);
    const { top, left } = info.padInfo;
    const panel = pixels * PANEL * FLOAT;
    const filterBytes = walk.taps * walk.runs * walk.length * info.outChannels * FLOAT;
    const place = placesOf(info.batchSize, filterBytes, dy);
    const { simd } = native;
    const gradient = place === null ? simd.filterGradient! : simd.filterGradientByClass!;
    for (let i = 0; i < info.batchSize; i++) {
      const image = native.address(x) + i * info.inHeight * info.inWidth * info.inChannels * FLOAT;
      const error = native.address(dy) + i * pixels * info.outChannels * FLOAT;
      simd.frame!(image, info.inHeight, info.inWidth, info.inChannels, top, left, walk.rows, walk.columns, 1, frame);
      simd.packColumns!(error, FLOAT, info.outChannels * FLOAT, info.outChannels, pixels, packed, panel);
      gradient(
        ...[frame, walk.rowStep, walk.pixelStep, walk.taps, walk.tapStep, walk.runs, walk.runStep, walk.length],
        ...[packed, info.outHeight, info.outWidth, PANEL * FLOAT, panel, info.outChannels, native.address(out)],
        ...(place?.(i, error) ?? []),
      );
    }
    return out;
  };
}
