import type { TensorData } from '../../../tf.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import type { Operations } from '../../engine/tensors.ts';
import type { Membership } from '../membership.ts';

/** What `packed` puts in a row, each in order. */
export interface Unpacked {
  /** Class Gram of all pieces, rows * rows. */
  readonly gram: Float64Array;
  /** Diagonal of each piece's Gram, pieces * rows. */
  readonly diagonals: Float64Array;
  /** Sum of each piece's Gram, pieces. */
  readonly sums: Float64Array;
  /** Sum of |g_i|^2, rows. */
  readonly squares: Float64Array;
  /** Examples, rows. */
  readonly counts: Float64Array;
  /** <g_c, direction>, rows. */
  readonly along: Float64Array;
}

/**
 * Figures of one pass as one vector, so that the device is read once. grams: rows x rows of each piece, null where it does
 * not count; squares [examples], null where unknown; along [rows, 1]. Run inside a tidy.
 */
export function packed(
  ops: Operations,
  { examples, rows, matrix }: Membership,
  grams: readonly (TapeTensor | null)[],
  squares: TapeTensor | null,
  along: TapeTensor,
): TapeTensor {
  const flat = grams.map((gram) => ops.reshape(gram ?? ops.zeros([rows, rows]), [1, rows * rows]));
  const all = flat.length > 0 ? ops.concat(flat, 0) : ops.zeros([1, rows * rows]);
  const byRow = ops.matMul(ops.reshape(squares ?? ops.zeros([examples]), [1, examples]), matrix);
  const parts = [ops.sum(all, 0), diagonals(ops, all, rows), ops.sum(all, 1), byRow, ops.sum(matrix, 0), along];
  return ops.concat(
    parts.map((part) => ops.reshape(part, [-1])),
    0,
  );
}

/** Takes the vector apart again. */
export function unpacked(data: TensorData, rows: number, pieces: number): Unpacked {
  let at = 0;
  const next = (length: number) => {
    at += length;
    return Float64Array.from(data.subarray(at - length, at));
  };
  return {
    gram: next(rows ** 2),
    diagonals: next(pieces * rows),
    sums: next(pieces),
    squares: next(rows),
    counts: next(rows),
    along: next(rows),
  };
}

/** Diagonals of n x n matrices, [any, n]: with n zeros behind the last value, they stand below each other. */
export function diagonals(ops: Operations, matrices: TapeTensor, n: number): TapeTensor {
  const flat = ops.reshape(matrices, [-1, n * n]);
  const longer = ops.pad(flat, [
    [0, 0],
    [0, n],
  ]);
  const apart = ops.reshape(longer, [-1, n, n + 1]);
  return ops.reshape(ops.slice(apart, [0, 0, 0], [-1, n, 1]), [-1, n]);
}
