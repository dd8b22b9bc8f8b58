import { type Contraction, product, spreadOf } from './contraction.ts';

/** X^T D over the rows of the batch: dense layers, recurrent ones, pointwise parts of others. */
export const matMul: Contraction = ({ inputs, attrs }, batch) => {
  const { a, b } = inputs as { a: (typeof inputs)[string]; b: (typeof inputs)[string] };
  const plain = product(a.shape.slice(0, -2)) === 1 && product(b.shape.slice(0, -2)) === 1;
  // The contracted axis must be the rows of both.
  if (!plain || attrs.transposeA !== true || attrs.transposeB === true) return null;
  const [count, din] = a.shape.slice(-2) as [number, number];
  const dout = b.shape.at(-1)!;
  const spread = spreadOf(count, batch);
  if (spread === null) return null;
  return {
    native: (sums, piece) => sums.product(piece, a, b, din, dout, spread),
    plain: (sums, piece) => sums.product(piece, a, b, din, dout, spread),
  };
};
