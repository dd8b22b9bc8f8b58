import { type Contraction, rowSum } from './contraction.ts';

/** Sum over the batch and further leading axes: every bias, scale and offset, slopes of PReLU. */
export const sum: Contraction = ({ inputs, attrs }, batch) => {
  const { x } = inputs as { x: (typeof inputs)[string] };
  const { shape } = x;
  const axes = (Array.isArray(attrs.axis) ? attrs.axis : [attrs.axis]) as readonly number[];
  // They differ from each other: all of them lead if none is behind their number.
  const leads = (axis: number) => typeof axis === 'number' && (axis < 0 ? axis + shape.length : axis) < axes.length;
  if (axes.length === 0 || !axes.every(leads)) return null;
  let size = 1;
  for (let axis = axes.length; axis < shape.length; axis++) size *= shape[axis]!;
  return rowSum(x, size, batch);
};
