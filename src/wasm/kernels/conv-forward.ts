import type { ConvInfo, Info, KernelFunction, WasmTf } from '../backend.ts';
import { Native } from '../native.ts';
import { convInfo, FLOAT, PANEL, roundedUp, type Walk, walkOf } from './convolution.ts';

/** 2D convolution: x [batch, height, width, in], filter [height, width, in, out]. NHWC, else the kernel `before`. */
export function convForward(tf: WasmTf, before: KernelFunction): KernelFunction {
  return (call) => {
    const { x, filter } = call.inputs as { x: Info; filter: Info };
    const info = convInfo(tf, x.shape, filter.shape, call.attrs);
    if (info === null || x.dtype !== 'float32') return before(call);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput(info.outShape, 'float32');
    run(native, info, { x, filter, out, bias: null, least: Number.NEGATIVE_INFINITY });
    return out;
  };
}

/** The least value that an activation gives, for those that do nothing else. */
const LEAST: { readonly [activation: string]: number } = { linear: Number.NEGATIVE_INFINITY, relu: 0 };

/** The same with a bias [out] and an activation, linear or relu; other activations go to the kernel `before`. */
export function fusedConvForward(tf: WasmTf, before: KernelFunction): KernelFunction {
  return (call) => {
    const { x, filter, bias } = call.inputs as { x: Info; filter: Info; bias?: Info };
    const least = LEAST[call.attrs.activation as string];
    const info = convInfo(tf, x.shape, filter.shape, call.attrs);
    const plain = bias === undefined || bias === null || (bias.shape.length === 1 && bias.dtype === 'float32');
    if (info === null || least === undefined || !plain || x.dtype !== 'float32') return before(call);
    const out = call.backend.makeOutput(info.outShape, 'float32');
    run(Native.of(call.backend), info, { x, filter, out, bias: bias ?? null, least });
    return out;
  };
}

interface Operands {
  readonly x: Info;
  readonly filter: Info;
  readonly out: Info;
  readonly bias: Info | null;
  readonly least: number;
}

function run(native: Native, info: ConvInfo, { x, filter, out, bias, least }: Operands): void {
  const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const walk = walkOf(info, inChannels);
  const pixels = outHeight * outWidth;
  const depth = walk.taps * walk.runs * walk.length;
  const list = roundedUp(pixels, 4) * 4;
  const filterBytes = depth * roundedUp(outChannels, PANEL) * FLOAT;
  const biasBytes = roundedUp(outChannels, PANEL) * FLOAT;
  const room = native.scratch(2 * list + filterBytes + biasBytes + walk.rows * walk.columns * inChannels * FLOAT);
  const [starts, ends, packed] = [room, room + list, room + 2 * list];
  const offsets = packed + filterBytes;
  const frame = offsets + biasBytes;
  if (bias !== null) native.floats(offsets, outChannels).set(native.floats(native.address(bias), outChannels));
  fillLists(native, info, walk, starts, ends, list);
  const step = outChannels * FLOAT;
  native.simd.packColumns!(native.address(filter), FLOAT, step, outChannels, depth, packed, depth * PANEL * FLOAT);
  const { top, left } = info.padInfo;
  for (let i = 0; i < info.batchSize; i++) {
    const image = native.address(x) + i * inHeight * inWidth * inChannels * FLOAT;
    native.simd.frame!(image, inHeight, inWidth, inChannels, top, left, walk.rows, walk.columns, 1, frame);
    native.simd.correlate!(
      ...[frame, starts, ends, pixels, walk.taps, walk.tapStep, walk.runs, walk.runStep, walk.length],
      ...[packed, outChannels, bias === null ? 0 : offsets, least, native.address(out) + i * pixels * step],
    );
  }
}

/** Where each output pixel reads in the frame, and where it goes; in bytes. */
function fillLists(native: Native, info: ConvInfo, walk: Walk, starts: number, ends: number, list: number): void {
  const from = native.ints(starts, list / 4);
  const to = native.ints(ends, list / 4);
  let i = 0;
  for (let row = 0; row < info.outHeight; row++) {
    for (let column = 0; column < info.outWidth; column++) {
      from[i] = row * walk.rowStep + column * walk.pixelStep;
      to[i] = i * info.outChannels * FLOAT;
      i++;
    }
  }
  from.fill(from[i - 1]!, i);
  to.fill(to[i - 1]!, i);
}
