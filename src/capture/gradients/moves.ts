import type { TapeTensor } from '../engine/tape.ts';

export type Known = 'examples' | 'blocks';
/** See `Layout`. */
export type Moved = Known | 'statistic' | 'unknown';
export type Attributes = { readonly [name: string]: unknown };

export const REDUCING = new Set(['Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any', 'ArgMax', 'ArgMin']);

/** Put values where other values say, or in an order that shapes don't tell. */
export const SCRAMBLING = new Set([
  ...['GatherNd', 'ScatterNd', 'TensorScatterUpdate', 'SparseToDense', 'UnsortedSegmentSum', 'CropAndResize'],
  ...['BatchToSpaceND', 'SpaceToBatchND', 'Unique'],
]);

/** Kernels whose attributes decide where values go. */
export const MOVING = new Set([
  ...['Transpose', 'Unpack', 'Pack', 'Concat', 'Slice', 'StridedSlice', 'Reverse', 'SplitV', 'GatherV2'],
  ...['BatchMatMul', 'Einsum', ...REDUCING],
]);

/** Keep the order of values, whatever the shape. */
export const ORDERED = new Set(['Reshape', 'Identity', 'Cast', 'ExpandDims']);

/** Work value by value, on shapes that are broadcast. */
export const ELEMENTWISE = new Set([
  ...['Add', 'AddN', 'Sub', 'Multiply', 'RealDiv', 'FloorDiv', 'Mod', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference'],
  ...[
    'Select',
    'Equal',
    'NotEqual',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'LogicalAnd',
    'LogicalOr',
    'Atan2',
  ],
]);

/** Sum, mean, or anything else that makes one value of all along some axes. */
export function reduced(before: Known, { shape }: TapeTensor, attrs: Attributes, examples: number): Moved {
  const given = attrs.axis ?? attrs.reductionIndices;
  const axes = given === undefined || given === null ? [...shape.keys()] : axesOf(given, shape.length);
  if (before === 'examples') return axes.includes(0) ? 'statistic' : before;
  // Blocks are [times, examples, ...] or [times * examples, ...].
  const [apart, flat] = [shape[1] === examples, shape[0]! % examples === 0];
  if (apart && flat && (axes.includes(0) || axes.includes(1))) return 'unknown';
  return axes.includes(apart ? 1 : 0) ? 'statistic' : before;
}

/** Other shapes of the same values in order: a row must still hold values of one example. */
export function reshaped(before: Known, input: TapeTensor, output: TapeTensor, examples: number): Moved {
  if (before === 'examples') return before;
  const widths = widthsOf(input, examples);
  return widthsOf(output, examples).some((width) => widths.includes(width)) ? before : 'unknown';
}

/** Values of one example in a block: [times, examples, ...] and [times * examples, ...] may look the same. */
function widthsOf({ shape }: TapeTensor, examples: number): number[] {
  const axes = shape.slice(shape.findIndex((length) => length !== 1));
  const after = (axis: number) => axes.slice(axis).reduce((a, b) => a * b, 1);
  return [...(axes[0]! % examples === 0 ? [after(1)] : []), ...(axes[1] === examples ? [after(2)] : [])];
}

export function transposed(
  before: Known,
  perm: readonly number[] | undefined,
  shape: readonly number[],
  examples: number,
): Moved {
  if (perm === undefined) return 'unknown';
  const swapped = perm[0] === 1 && perm[1] === 0;
  if (before === 'examples') {
    if (perm[0] === 0) return shape[0]! % examples === 0 ? before : 'unknown';
    return swapped && shape[0] === examples ? 'blocks' : 'unknown';
  }
  if (perm[0] === 0 && perm[1] === 1) return before;
  return swapped && shape[1] === examples ? 'examples' : 'unknown';
}

export const oneBlockEach = (before: Known): Moved => (before === 'examples' ? 'blocks' : 'unknown');

export function unpacked(before: Known, axis: number): Moved {
  if (axis === 0) return before === 'blocks' ? 'examples' : 'unknown';
  return axis === 1 && before === 'blocks' ? 'unknown' : before;
}

export function reversed(before: Known, dims: unknown, rank: number): Moved {
  return axesOf(dims, rank).includes(before === 'examples' ? 0 : 1) ? 'unknown' : before;
}

/** Slice and SplitV: along the first axis only whole blocks may be cut out. */
export function cut(
  before: Known,
  input: TapeTensor,
  output: TapeTensor,
  begin: readonly number[] | undefined,
  examples: number,
): Moved {
  if (output.shape[0] === input.shape[0]) return before;
  const flat = input.shape[0]! % examples === 0;
  const whole = flat ? output.shape[0]! % examples === 0 && (begin?.[0] ?? 0) % examples === 0 : true;
  return before === 'blocks' && whole ? 'blocks' : 'unknown';
}

interface Operand {
  readonly layout: Moved | null;
  readonly shape: readonly number[];
  readonly isTransposed: boolean;
}

/** a b, where a row of one matrix is an example, or a column. */
export function multiplied(before: Known, a: Operand, b: Operand, output: TapeTensor, examples: number): Moved {
  if (output.shape.slice(0, -2).some((length) => length !== 1)) {
    const leading = [a, b].some(({ layout, shape }) => layout === before && shape[0] === output.shape[0]);
    return leading ? before : 'unknown';
  }
  const isWhole = ({ shape }: Operand) => shape.at(-2)! % examples === 0;
  if (!a.isTransposed && (a.layout === 'examples' || (a.layout === 'blocks' && isWhole(a)))) return a.layout;
  if (a.layout === 'examples' && b.layout === 'examples' && !b.isTransposed) return 'statistic';
  const isColumn = a.layout === null && b.layout === 'examples' && b.isTransposed && b.shape.at(-2) === examples;
  return isColumn ? 'blocks' : 'unknown';
}

/** Value by value: who holds the examples must have them where the result has them. */
export function broadcast(before: Known, holders: readonly TapeTensor[], output: TapeTensor, examples: number): Moved {
  if (holders.some((one) => isAligned(one, output))) return before;
  const isRepeated = holders.every(({ shape }) => shape.length === output.shape.length - 1 && shape[0] === examples);
  return before === 'examples' && isRepeated ? 'blocks' : 'unknown';
}

/** Whether the first axes of an operand and of the result are one and the same. */
export function isAligned({ shape }: TapeTensor, output: TapeTensor): boolean {
  return shape.length === output.shape.length && shape[0] === output.shape[0];
}

function axesOf(given: unknown, rank: number): number[] {
  return [given].flat().map((axis) => normal(axis, rank));
}

export function normal(axis: unknown, rank: number): number {
  const value = typeof axis === 'number' ? axis : 0;
  return value < 0 ? value + rank : value;
}
