/**
 * Convolutions of volumes. The wasm kernel of the filter gradient is wrong for strides beyond one, that of the input
 * gradient for some shapes with a stride of one too; and a transposed convolution has no gradient in tfjs, on any backend.
 */
import type { Attributes, GradientConfig, Info, KernelFunction, Shape, WasmTf } from './backend.ts';
import { runKernel } from './backend.ts';
import { poolAxes } from './composition.ts';
import { framed, patch, spread, tapsOf, total } from './window.ts';

const FILTER = 'Conv3DBackpropFilterV2';

function geometry(tf: WasmTf, input: Shape, filter: Shape, { strides, pad }: Attributes) {
  const info = tf.backend_util.computeConv3DInfo(input, filter, strides, 1, pad);
  return { info, axes: poolAxes(info) };
}

/** Gradient with respect to the filter [depth, height, width, in, out]: one matrix product per tap. */
export function composedVolumeFilter(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x, dy } = inputs as { x: Info; dy: Info };
      const shape = attrs.filterShape as Shape;
      const { axes } = geometry(tf, x.shape, shape, attrs);
      const frame = framed(tf, x, axes);
      const errors = tf.reshape(dy, [-1, shape[4]!]);
      const rows = tapsOf(axes).map((tap) =>
        tf.matMul(tf.reshape(patch(tf, frame, axes, tap), [-1, shape[3]!]), errors, true),
      );
      return tf.reshape(tf.concat(rows, 0), shape);
    });
}

/** Gradient with respect to the input: one matrix product per tap, sent back to where the tap saw. */
export function composedVolumeInput(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { dy, filter } = inputs as { dy: Info; filter: Info };
      const { axes } = geometry(tf, attrs.inputShape as Shape, filter.shape, attrs);
      const [channels, columns] = filter.shape.slice(3) as [number, number];
      const taps = tf.reshape(filter, [-1, channels, columns]);
      const errors = tf.reshape(dy, [-1, columns]);
      const parts = tapsOf(axes).map((tap, i) => {
        const one = tf.reshape(tf.slice(taps, [i, 0, 0], [1, channels, columns]), [channels, columns]);
        const back = tf.reshape(tf.matMul(errors, one, false, true), [...dy.shape.slice(0, -1), channels]);
        return spread(tf, back, axes, tap);
      });
      return total(tf, parts);
    });
}

/** Leaves strides of one to the kernel that was there, which is right for them, and faster. */
export function strided(composed: KernelFunction, before: KernelFunction | undefined): KernelFunction {
  return (call) => {
    const strides = [call.attrs.strides].flat() as number[];
    return before !== undefined && strides.every((stride) => stride === 1) ? before(call) : composed(call);
  };
}

/** The gradient of a transposed convolution of volumes: a convolution, and the gradient of its filter. */
export function transposedVolumeGradient(tf: WasmTf): GradientConfig {
  return {
    kernelName: 'Conv3DBackpropInputV2',
    inputsToSave: ['dy', 'filter'],
    gradFunc(ddx, saved, { strides, pad }) {
      const [dy, filter] = saved as [Info, Info];
      const x = ddx as Info;
      return {
        dy: () => tf.conv3d(x, filter, strides, pad),
        filter: () => runKernel(tf, FILTER, { x, dy }, { strides, pad, filterShape: filter.shape }) as Info,
      };
    },
  };
}
