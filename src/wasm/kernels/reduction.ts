import type { Info, KernelFunction } from '../backend.ts';
import { Native } from '../native.ts';

/**
 * Sum or mean over leading axes: the gradient of a bias, the moments of batch normalization. The kernels of tfjs turn
 * the whole tensor first, to sum along memory. Other axes go to the kernel that was there `before`.
 */
export function leadingReduction(before: KernelFunction, mean: boolean): KernelFunction {
  return (call) => {
    const { x } = call.inputs as { x: Info };
    const count = leadingAxes(call.attrs.axis, x.shape.length);
    if (count === 0 || count === x.shape.length || x.dtype !== 'float32') return before(call);
    const rows = x.shape.slice(0, count).reduce((a, b) => a * b, 1);
    const rest = x.shape.slice(count);
    const columns = rest.reduce((a, b) => a * b, 1);
    if (rows === 0 || columns === 0) return before(call);
    const shape = call.attrs.keepDims ? [...x.shape.slice(0, count).map(() => 1), ...rest] : rest;
    const out = call.backend.makeOutput(shape, 'float32');
    const native = Native.of(call.backend);
    native.simd.sumRows!(native.address(x), rows, columns, mean ? 1 / rows : 1, native.address(out));
    return out;
  };
}

/** How many leading axes are reduced; 0 if the reduced ones are others. */
function leadingAxes(axis: unknown, rank: number): number {
  if (axis === undefined || axis === null) return 0;
  const list = (Array.isArray(axis) ? axis : [axis]) as number[];
  const axes = list.map((one) => (one < 0 ? one + rank : one)).sort((a, b) => a - b);
  return axes.every((one, i) => one === i) ? axes.length : 0;
}
