/** The same kernels out of plain operations of tfjs: slower, but they need nothing of its internals. */
import type { Info, KernelFunction, PoolInfo, Shape, WasmTf } from './backend.ts';
import { poolInfo } from './kernels/max-pool.ts';
import { type Axis, framed, patch, spread, tapsOf, total } from './window.ts';

/** The axes of a 2D convolution, in the layout of its kernel, and whether channels come first. */
function convAxes(tf: WasmTf, input: Shape, filter: Shape, attrs: { readonly [name: string]: unknown }, deep: boolean) {
  const first = attrs.dataFormat === 'NCHW';
  const { strides, pad, dimRoundingMode, dilations } = attrs;
  const info = tf.backend_util.computeConv2DInfo(
    ...([input, filter, strides, dilations ?? 1, pad, dimRoundingMode, deep] as [Shape, Shape, ...unknown[]]),
    first ? 'channelsFirst' : 'channelsLast',
  );
  return { axes: imageAxes(info), info, first };
}

function imageAxes(info: Omit<PoolInfo, 'outChannels'>): Axis[] {
  const height = { input: info.inHeight, output: info.outHeight, size: info.filterHeight, stride: info.strideHeight };
  const width = { input: info.inWidth, output: info.outWidth, size: info.filterWidth, stride: info.strideWidth };
  return [
    { ...height, dilation: info.dilationHeight, before: info.padInfo.top },
    { ...width, dilation: info.dilationWidth, before: info.padInfo.left },
  ];
}

/** The axes of a window over images, or over volumes where the geometry has a depth. */
export function poolAxes(info: Omit<PoolInfo, 'outChannels'>): Axis[] {
  const image = imageAxes(info);
  if (info.inDepth === undefined) return image;
  const { inDepth: input, outDepth, filterDepth, strideDepth, dilationDepth, padInfo } = info;
  const depth = { input, output: outDepth!, size: filterDepth!, stride: strideDepth!, dilation: dilationDepth! };
  return [{ ...depth, before: padInfo.front ?? 0 }, ...image];
}

const last = (tf: WasmTf, x: Info, first: boolean) => (first ? tf.transpose(x, [0, 2, 3, 1]) : x);

/** Gradient of a 2D convolution with respect to its filter, NHWC or NCHW: one matrix product per tap. */
export function composedConvFilter(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x, dy } = inputs as { x: Info; dy: Info };
      const { axes, info, first } = convAxes(tf, x.shape, attrs.filterShape as Shape, attrs, false);
      const frame = framed(tf, last(tf, x, first), axes);
      const errors = tf.reshape(last(tf, dy, first), [-1, info.outChannels]);
      const rows = tapsOf(axes).map((tap) =>
        tf.matMul(tf.reshape(patch(tf, frame, axes, tap), [-1, info.inChannels]), errors, true),
      );
      return tf.reshape(tf.concat(rows, 0), info.filterShape);
    });
}

/** Repeats every channel as often as the multiplier of a depthwise filter says. */
function widened(tf: WasmTf, x: Info, copies: number): Info {
  const shape = x.shape;
  const apart = tf.mul(tf.reshape(x, [-1, shape.at(-1)!, 1]), tf.ones([1, 1, copies]));
  return tf.reshape(apart, [...shape.slice(0, -1), shape.at(-1)! * copies]);
}

export function composedDepthwiseFilter(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x, dy } = inputs as { x: Info; dy: Info };
      const { axes, info, first } = convAxes(tf, x.shape, attrs.filterShape as Shape, attrs, true);
      const frame = widened(tf, framed(tf, last(tf, x, first), axes), info.outChannels / info.inChannels);
      const errors = last(tf, dy, first);
      const rows = tapsOf(axes).map((tap) => tf.sum(tf.mul(patch(tf, frame, axes, tap), errors), [0, 1, 2]));
      return tf.reshape(tf.concat(rows, 0), attrs.filterShape as Shape);
    });
}

export function composedDepthwiseInput(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { dy, filter } = inputs as { dy: Info; filter: Info };
      const { axes, info, first } = convAxes(tf, attrs.inputShape as Shape, filter.shape, attrs, true);
      const errors = last(tf, dy, first);
      const taps = tf.reshape(filter, [info.filterHeight * info.filterWidth, info.outChannels]);
      const parts = tapsOf(axes).map((tap, i) =>
        spread(tf, tf.mul(errors, tf.slice(taps, [i, 0], [1, info.outChannels])), axes, tap),
      );
      const copies = info.outChannels / info.inChannels;
      const image = [info.batchSize, info.inHeight, info.inWidth, info.inChannels];
      const dx = tf.sum(tf.reshape(total(tf, parts), [image[0]! * image[1]! * image[2]!, image[3]!, copies]), -1);
      const shaped = tf.reshape(dx, image);
      return first ? tf.transpose(shaped, [0, 3, 1, 2]) : shaped;
    });
}

/** Max pooling of images or volumes with channels last. */
export function composedMaxPool(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x } = inputs as { x: Info };
      const axes = poolAxes(poolInfo(tf, x, attrs));
      const frame = framed(tf, x, axes, Number.NEGATIVE_INFINITY);
      return tapsOf(axes)
        .map((tap) => patch(tf, frame, axes, tap))
        .reduce((best, value) => tf.maximum(best, value));
    });
}

/** Gradient of max pooling: dy goes to the first tap that saw the maximum. */
export function composedMaxPoolGrad(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { dy, input } = inputs as { dy: Info; input: Info };
      const axes = poolAxes(poolInfo(tf, input, attrs));
      const frame = framed(tf, input, axes, Number.NEGATIVE_INFINITY);
      const patches = tapsOf(axes).map((tap) => ({ tap, seen: patch(tf, frame, axes, tap) }));
      const best = patches.map(({ seen }) => seen).reduce((a, b) => tf.maximum(a, b));
      let open = tf.cast(tf.ones(dy.shape), 'bool');
      const parts = patches.map(({ tap, seen }) => {
        const here = tf.logicalAnd(open, tf.equal(seen, best));
        open = tf.logicalAnd(open, tf.logicalNot(here));
        return spread(tf, tf.mul(dy, tf.cast(here, 'float32')), axes, tap);
      });
      return total(tf, parts);
    });
}

/** Sums the rows of x with the same segment id, as a matrix product with the one-hot ids; ids outside are dropped. */
export function composedSegmentSum(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x, segmentIds } = inputs as { x: Info; segmentIds: Info };
      const segments = attrs.numSegments as number;
      const rows = segmentIds.shape.reduce((a, b) => a * b, 1);
      const tail = x.shape.slice(segmentIds.shape.length);
      const members = tf.cast(tf.oneHot(tf.reshape(segmentIds, [rows]), segments), 'float32');
      const values = tf.cast(tf.reshape(x, [rows, tail.reduce((a, b) => a * b, 1)]), 'float32');
      return tf.cast(tf.reshape(tf.matMul(members, values, true), [segments, ...tail]), x.dtype);
    });
}
