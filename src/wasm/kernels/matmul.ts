import type { Info, KernelCall, KernelFunction } from '../backend.ts';
import { Native } from '../native.ts';
import { FLOAT, PANEL, roundedUp } from './convolution.ts';

/** Sizes of the blocks of simd/product.ts. */
const BLOCK_DEPTH = 256;
const BLOCK_ROWS = 96;
const BLOCK_COLUMNS = 1024;

interface Factor {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Values from row to row, from column to column. */
  readonly strides: readonly [number, number];
}

function factor({ shape }: Info, transposed: boolean): Factor {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const batch = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return transposed
    ? { batch, rows: columns, columns: rows, strides: [1, columns] }
    : { batch, rows, columns, strides: [columns, 1] };
}

/**
 * Matrix products [..., m, k] x [..., k, n] with either factor transposed. The kernel of tfjs has a fast path for plain
 * products only; transposed ones, two of three in training, run through scalar loops there.
 */
export function matMul(before: KernelFunction): KernelFunction {
  return (call) => {
    const { a, b } = call.inputs as { a: Info; b: Info };
    const { transposeA, transposeB } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return before(call);
    const left = factor(a, transposeA === true);
    const right = factor(b, transposeB === true);
    // Batches of different rank are broadcast by the kernel of tfjs, and its are the sentences about shapes that differ.
    const sameBatch = left.batch === right.batch && a.shape.length === b.shape.length;
    if (!sameBatch || left.columns !== right.rows) return before(call);
    const native = Native.of(call.backend);
    const out = call.backend.makeOutput([...a.shape.slice(0, -2), left.rows, right.columns], 'float32');
    multiply(native, left, right, [a, b, out]);
    return out;
  };
}

function multiply(native: Native, left: Factor, right: Factor, [a, b, out]: readonly [Info, Info, Info]): void {
  const [m, k, n] = [left.rows, left.columns, right.columns];
  if (k === 0) native.zero(out);
  const columns = Math.min(BLOCK_COLUMNS, roundedUp(n, PANEL));
  const scratch = native.scratch((BLOCK_ROWS + columns) * BLOCK_DEPTH * FLOAT);
  const [from, by, to] = [native.address(a), native.address(b), native.address(out)];
  for (let i = 0; i < left.batch; i++) {
    native.simd.product!(
      ...[m, n, k, from + i * m * k * FLOAT, ...left.strides, by + i * k * n * FLOAT, ...right.strides],
      ...[to + i * m * n * FLOAT, scratch],
    );
  }
}

/** Products fused with bias and activation: a transposed factor is turned first, then the fast path takes it. */
export function fusedMatMul(before: KernelFunction, transpose: KernelFunction): KernelFunction {
  return (call) => {
    const { transposeA, transposeB } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
    if (!(transposeA || transposeB)) return before(call);
    const { a, b } = call.inputs as { a: Info; b: Info };
    const turned: Info[] = [];
    const turn = (x: Info) => {
      turned.push(swapped(transpose, call, x));
      return turned.at(-1)!;
    };
    const inputs = { ...call.inputs, a: transposeA ? turn(a) : a, b: transposeB ? turn(b) : b };
    const out = before({ ...call, inputs, attrs: { ...call.attrs, transposeA: false, transposeB: false } });
    for (const { dataId } of turned) call.backend.disposeData(dataId);
    return out;
  };
}

function swapped(transpose: KernelFunction, { backend }: KernelCall, x: Info): Info {
  const axes = [...x.shape.keys()];
  const perm = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
  return transpose({ inputs: { x }, backend, attrs: { perm } }) as Info;
}
