import { type Contraction, rowSum } from './contraction.ts';

/** Sum over the batch and further leading axes: every bias, scale and offset, slopes of PReLU. */
export const sum: Contraction = ({ inputs, attrs }, batch) => {
  const { x } = inputs as { x: (typeof inputs)[string] };
  const axes = [attrs.axis]
    .flat()
    .map((axis) => ((axis as number) < 0 ? (axis as number) + x.shape.length : (axis as number)));
  // They differ from each other.
  const leading = axes.every((axis) => axis < axes.length);
  if (axes.length === 0 || !leading) return null;
  return rowSum(
    x,
    x.shape.slice(axes.length).reduce((p, q) => p * q, 1),
    batch,
  );
};
