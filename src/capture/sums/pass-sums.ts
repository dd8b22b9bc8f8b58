import type { TapeTensor } from '../engine/tape.ts';

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

/** Folds the Grams of all pieces, pieces x R x R, into figures. `counts` says which pieces count. */
export function figuresOf(
  grams: Float64Array,
  rows: number,
  counts: (piece: number) => boolean,
  squares: Float64Array | null,
): PassFigures {
  const area = rows ** 2;
  const pieces = area === 0 ? 0 : grams.length / area;
  const gram = new Float64Array(area);
  const diagonals = new Float64Array(pieces * rows);
  const sums = new Float64Array(pieces);
  for (let piece = 0; piece < pieces; piece++) {
    if (!counts(piece)) continue;
    const at = piece * area;
    let sum = 0;
    for (let k = 0; k < area; k++) {
      gram[k]! += grams[at + k]!;
      sum += grams[at + k]!;
    }
    sums[piece] = sum;
    for (let row = 0; row < rows; row++) diagonals[piece * rows + row] = grams[at + row * (rows + 1)]!;
  }
  return { gram, diagonals, sums, squares };
}

/** Bytes from example to example and from row to row of an example. */
export function stepsOf({ per, blocks }: Spread, width: number, examples: number): [number, number] {
  const row = width * 4;
  return blocks ? [row, examples * row] : [per * row, row];
}
