import type { KernelCall } from '../../engine/kernels.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import type { Spread } from '../sums/pass-sums.ts';
import { type BatchShape, type Contraction, product, spreadOf } from './contraction.ts';

/** X^T D, where the rows of x and d belong to examples. */
export interface Factors {
  readonly x: TapeTensor;
  readonly d: TapeTensor;
  readonly din: number;
  readonly dout: number;
  readonly spread: Spread;
  /** Of the product. */
  readonly shape: readonly number[];
}

/** The factors of a product that contracts the rows of the batch; null if it is another one. */
export function factorsOf({ inputs, attrs }: KernelCall, batch: BatchShape): Factors | null {
  const { a, b } = inputs as { a: TapeTensor; b: TapeTensor };
  const [left, right] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  // The contracted axis must be the rows of both.
  const plain = product(left) === 1 && product(right) === 1;
  if (!plain || attrs.transposeA !== true || attrs.transposeB === true) return null;
  const [count, din] = a.shape.slice(-2) as [number, number];
  const dout = b.shape.at(-1)!;
  const spread = spreadOf(count, batch);
  if (spread === null) return null;
  const outer = left.length > right.length ? left : right;
  return { x: a, d: b, din, dout, spread, shape: [...outer, din, dout] };
}

/** X^T D over the rows of the batch: dense layers, recurrent ones, pointwise parts of others. */
export const matMul: Contraction = (call, batch) => {
  const factors = factorsOf(call, batch);
  if (factors === null) return null;
  const { x, d, din, dout, spread } = factors;
  return {
    native: (sums, piece) => sums.product(piece, x, d, din, dout, spread),
    plain: (sums, piece) => sums.product(piece, x, d, din, dout, spread),
  };
};
