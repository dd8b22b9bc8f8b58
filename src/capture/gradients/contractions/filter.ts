import type { ConvInfo } from '../../../wasm/backend.ts';
import type { ClassSink } from '../../../wasm/class-sink.ts';
import { type Axis, framed, patch, tapsOf } from '../../../wasm/window.ts';
import type { KernelCall } from '../../engine/kernels.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import { operationsOf } from '../../engine/tensors.ts';
import type { BatchShape, Contribution } from './contraction.ts';

/** The two spatial axes of a convolution. */
function axesOf(info: ConvInfo): Axis[] {
  return [
    {
      ...{ input: info.inHeight, output: info.outHeight, size: info.filterHeight, stride: info.strideHeight },
      ...{ dilation: info.dilationHeight, before: info.padInfo.top },
    },
    {
      ...{ input: info.inWidth, output: info.outWidth, size: info.filterWidth, stride: info.strideWidth },
      ...{ dilation: info.dilationWidth, before: info.padInfo.left },
    },
  ];
}

/**
 * The gradient of a filter out of x and dy. On wasm our own kernels leave the gradients of single classes in a sink as they
 * go along; elsewhere it is done tap by tap, `each` giving a tap's gradient of every example, [B, values of the tap].
 */
export function filterOf(
  { inputs, attrs }: KernelCall,
  { examples, layout, tf }: BatchShape,
  depthwise: boolean,
  sink: ClassSink | null,
  each: (seen: TapeTensor, dy: TapeTensor, pixels: number) => TapeTensor,
): Contribution | null {
  const { x, dy } = inputs as { x: TapeTensor; dy: TapeTensor };
  if (layout !== 'examples' || x.shape[0] !== examples) return null;
  const { filterShape, strides, dilations, pad, dimRoundingMode, dataFormat } = attrs;
  return {
    native: (sums, piece) => sink !== null && sums.filter(piece, sink),
    plain(sums, piece) {
      if (dataFormat !== undefined && dataFormat !== 'NHWC') return false;
      const { computeConv2DInfo } = tf.backend_util;
      const rest = [strides, dilations ?? 1, pad, dimRoundingMode, depthwise];
      const info = computeConv2DInfo(x.shape, filterShape as number[], ...rest);
      const axes = axesOf(info);
      const ops = operationsOf(tf);
      const frame = ops.keep(ops.tidy(() => framed(tf, x, axes) as TapeTensor));
      try {
        const parts = tapsOf(axes).map((tap) => () => {
          const seen = patch(tf, frame, axes, tap) as TapeTensor;
          return each(seen, dy, info.outHeight * info.outWidth);
        });
        return sums.parts(piece, parts);
      } finally {
        frame.dispose();
      }
    },
  };
}
