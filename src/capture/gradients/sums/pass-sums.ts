import type { TapeTensor } from '../../engine/tape.ts';

/** What one backward pass said about its classes: R rows (see Groups), B examples, the pieces of a plan. */
export interface PassFigures {
  /** Class Gram over all pieces that count, R x R. */
  readonly gram: Float64Array;
  /** Diagonal of each piece's own Gram, pieces x R: |g_c|^2 in this piece. */
  readonly diagonals: Float64Array;
  /** Sum of all entries of each piece's Gram: |gradient|^2 of the piece, if nothing was missed. */
  readonly sums: Float64Array;
  /** |g_i|^2 of each example, B; null where some operation gives no gradients of single examples. */
  readonly squares: Float64Array | null;
}

/** A direction in the space of the weights, as the values of each piece in order; null: nowhere. */
export type Direction = (piece: number) => TapeTensor | null;

/** How rows of a matrix belong to examples: `per` rows each, side by side or, in blocks, one in each block. */
export interface Spread {
  readonly per: number;
  readonly blocks: boolean;
}

/** What one backward pass said about one piece. */
export interface PieceSums {
  /** Class Gram, R x R. */
  readonly gram: Float64Array;
  /** |g_i|^2 of each example, B. */
  readonly squares: Float64Array;
}

/** The same of a dense layer, with its second factor's own: Gram of the sums of d by class, squares of its rows. */
export interface DenseSums extends PieceSums {
  readonly factor: PieceSums;
}

export function copyOf({ gram, squares }: PieceSums): PieceSums {
  return { gram: gram.slice(), squares: squares.slice() };
}

/**
 * Adds up the pieces, in their order: whoever computed them, and when, must not show. Null: the piece does not count.
 * `single`: whether the squares of single examples are known.
 */
export function figuresOf(
  pieces: readonly (PieceSums | null)[],
  rows: number,
  examples: number,
  single: boolean,
): PassFigures {
  const gram = new Float64Array(rows ** 2);
  const diagonals = new Float64Array(pieces.length * rows);
  const sums = new Float64Array(pieces.length);
  const squares = single ? new Float64Array(examples) : null;
  pieces.forEach((piece, index) => {
    if (piece === null) return;
    sums[index] = added(gram, piece.gram);
    if (squares !== null) added(squares, piece.squares);
    for (let row = 0; row < rows; row++) diagonals[index * rows + row] = piece.gram[row * (rows + 1)]!;
  });
  return { gram, diagonals, sums, squares };
}

/** Adds values to `to`; returns their sum. */
function added(to: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < to.length; k++) {
    const value = values[k]!;
    to[k]! += value;
    sum += value;
  }
  return sum;
}

/** Bytes from example to example and from row to row of an example. */
export function stepsOf({ per, blocks }: Spread, width: number, examples: number): [number, number] {
  const row = width * 4;
  return blocks ? [row, examples * row] : [per * row, row];
}
