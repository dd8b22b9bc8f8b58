import type { ConvInfo, Shape, WasmTf } from '../backend.ts';

/** Bytes of a float32. */
export const FLOAT = 4;
/** Columns of a packed panel, and the values that a kernel may read behind a frame. */
export const PANEL = 8;
export const SLACK = 16;

/** Geometry of a convolution out of a kernel's attributes; null for a layout that only compositions cover. */
export function convInfo(
  tf: WasmTf,
  input: Shape,
  filter: Shape,
  attrs: { readonly [name: string]: unknown },
  depthwise = false,
): ConvInfo | null {
  const { strides, pad, dimRoundingMode, dilations, dataFormat } = attrs;
  if (dataFormat !== undefined && dataFormat !== 'NHWC') return null;
  return tf.backend_util.computeConv2DInfo(input, filter, strides, dilations ?? 1, pad, dimRoundingMode, depthwise);
}

/** How a filter walks over a framed image: rows of taps, runs of values without gaps; steps in bytes. */
export interface Walk {
  /** Pixels of the frame. */
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
  readonly tapStep: number;
  readonly runs: number;
  readonly runStep: number;
  readonly length: number;
  /** Bytes from one output pixel to the next one below, and beside. */
  readonly rowStep: number;
  readonly pixelStep: number;
}

/** The walk of a filter over the input of a convolution, whose pixels have `channels` values. */
export function walkOf(info: ConvInfo, channels: number): Walk {
  const { outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { dilationHeight, dilationWidth } = info;
  const columns = (outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1;
  const rows = (outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1;
  const pixel = channels * FLOAT;
  // Without dilation the pixels of a filter row stand next to each other: one long run instead of many short ones.
  const joined = dilationWidth === 1;
  return {
    rows,
    columns,
    taps: filterHeight,
    tapStep: dilationHeight * columns * pixel,
    runs: joined ? 1 : filterWidth,
    runStep: joined ? 0 : dilationWidth * pixel,
    length: joined ? filterWidth * channels : channels,
    rowStep: strideHeight * columns * pixel,
    pixelStep: strideWidth * pixel,
  };
}

export const roundedUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;
