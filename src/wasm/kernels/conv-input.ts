import type { ConvInfo, Info, KernelFunction, Shape, WasmTf } from '../backend.ts';
import { Native } from '../native.ts';
import { convInfo, FLOAT, PANEL, roundedUp } from './convolution.ts';

/** Up to so many input channels the vectors run along the output channels instead. */
const NARROW = 4;

/**
 * The input pixels that one phase of the stride reaches: rows a, a + s, a + 2 s, ... see the taps k, k + s, k + 2 s, ...
 * and nothing else, so along each axis the gradient is a plain correlation of dy with every s-th tap, backwards.
 */
interface Phase {
  /** First input row, and how many of them. */
  readonly start: number;
  readonly count: number;
  /** First tap, and how many. */
  readonly tap: number;
  readonly taps: number;
  /** Zeros before dy; negative where its first rows are not seen. */
  readonly before: number;
}

function phases(input: number, size: number, stride: number, before: number): Phase[] {
  return Array.from({ length: Math.min(stride, input) }, (_, start) => {
    const tap = (start + before) % stride;
    const taps = Math.max(0, Math.ceil((size - tap) / stride));
    const shift = (start + before - tap) / stride;
    return { start, count: Math.ceil((input - start) / stride), tap, taps, before: taps - 1 - shift };
  });
}

/**
 * Gradient of a 2D convolution with respect to its input: dy [batch, ..., out], filter [height, width, in, out] to
 * [batch, height, width, in]. All strides and paddings; NHWC without dilation, else the kernel that was there `before`.
 */
export function convInput(tf: WasmTf, before: KernelFunction): KernelFunction {
  return (call) => {
    const { dy, filter } = call.inputs as { dy: Info; filter: Info };
    const info = convInfo(tf, call.attrs.inputShape as Shape, filter.shape, call.attrs);
    if (info === null || dy.dtype !== 'float32' || info.dilationHeight * info.dilationWidth !== 1) return before(call);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(info.inShape, 'float32');
    const { padInfo } = info;
    const down = phases(info.inHeight, info.filterHeight, info.strideHeight, padInfo.top);
    const across = phases(info.inWidth, info.filterWidth, info.strideWidth, padInfo.left);
    if ([...down, ...across].some(({ taps }) => taps === 0)) native.zero(out);
    for (const rows of down) {
      for (const columns of across) {
        if (rows.taps > 0 && columns.taps > 0) run(native, info, rows, columns, { dy, filter, out });
      }
    }
    return out;
  };
}

interface Tensors {
  readonly dy: Info;
  readonly filter: Info;
  readonly out: Info;
}

/** One phase of all images. */
function run(native: Native, info: ConvInfo, rows: Phase, columns: Phase, { dy, filter, out }: Tensors): void {
  const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const frameRows = rows.count + rows.taps - 1;
  const frameColumns = columns.count + columns.taps - 1;
  const pixels = rows.count * columns.count;
  const depth = rows.taps * columns.taps * outChannels;
  const narrow = inChannels <= NARROW;
  const list = roundedUp(pixels, 4) * 4;
  const filterBytes = depth * roundedUp(inChannels, PANEL) * FLOAT;
  const room = native.scratch(2 * list + filterBytes + frameRows * frameColumns * outChannels * FLOAT);
  const [starts, ends, packed] = [room, room + list, room + 2 * list];
  const frame = packed + filterBytes;
  fillLists(native, info, rows, columns, { starts, ends, list, frameColumns });
  packFilter(native, info, rows, columns, native.address(filter), packed, depth, narrow);
  const correlate = narrow ? native.simd.correlateNarrow! : native.simd.correlate!;
  // No bias, no activation: the narrow one has neither.
  const plain = narrow ? [] : [0, Number.NEGATIVE_INFINITY];
  const pixel = outChannels * FLOAT;
  for (let i = 0; i < info.batchSize; i++) {
    const error = native.address(dy) + i * outHeight * outWidth * pixel;
    const place = [rows.before, columns.before, frameRows, frameColumns];
    native.simd.frame!(error, outHeight, outWidth, outChannels, ...place, 1, frame);
    correlate(
      ...[frame, starts, ends, pixels, rows.taps, frameColumns * pixel, 1, 0, columns.taps * outChannels],
      ...[packed, inChannels, ...plain, native.address(out) + i * inHeight * inWidth * inChannels * FLOAT],
    );
  }
}

interface Lists {
  readonly starts: number;
  readonly ends: number;
  /** Bytes of a list. */
  readonly list: number;
  readonly frameColumns: number;
}

/** Where each pixel of the phase reads in the frame, and where it goes in the image; in bytes. */
function fillLists(native: Native, info: ConvInfo, rows: Phase, columns: Phase, lists: Lists): void {
  const from = native.ints(lists.starts, lists.list / 4);
  const to = native.ints(lists.ends, lists.list / 4);
  let i = 0;
  for (let row = 0; row < rows.count; row++) {
    const y = rows.start + row * info.strideHeight;
    for (let column = 0; column < columns.count; column++) {
      const x = columns.start + column * info.strideWidth;
      from[i] = (row * lists.frameColumns + column) * info.outChannels * FLOAT;
      to[i++] = (y * info.inWidth + x) * info.inChannels * FLOAT;
    }
  }
  from.fill(from[i - 1]!, i);
  to.fill(to[i - 1]!, i);
}

/** The taps of a phase, backwards, with input channels as columns. */
function packFilter(
  ...[native, info, rows, columns, filter, packed, depth, narrow]: [
    ...[Native, ConvInfo, Phase, Phase],
    ...[number, number, number, boolean],
  ]
): void {
  const { inChannels, outChannels } = info;
  let at = 0;
  for (let row = rows.taps - 1; row >= 0; row--) {
    for (let column = columns.taps - 1; column >= 0; column--) {
      const y = rows.tap + row * info.strideHeight;
      const x = columns.tap + column * info.strideWidth;
      const tap = filter + (y * info.filterWidth + x) * inChannels * outChannels * FLOAT;
      if (narrow) {
        for (let c = 0; c < inChannels; c++) {
          const values = native.floats(tap + c * outChannels * FLOAT, outChannels);
          native.floats(packed + (c * depth + at) * FLOAT, outChannels).set(values);
        }
      } else {
        const to = packed + at * PANEL * FLOAT;
        native.simd.packColumns!(tap, outChannels * FLOAT, FLOAT, inChannels, outChannels, to, depth * PANEL * FLOAT);
      }
      at += outChannels;
    }
  }
}
