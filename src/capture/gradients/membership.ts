import type { TapeTensor } from '../engine/tape.ts';
import type { Operations } from '../engine/tensors.ts';
import type { Groups } from './groups.ts';

/** Which example is of which row: a matrix of zeros and ones on the device. */
export interface Membership {
  /** [examples, rows] float32. */
  readonly matrix: TapeTensor;
  readonly examples: number;
  readonly rows: number;
}

/** The examples of a row as zeros and ones, [examples, 1]. */
export function maskOf(ops: Operations, { rowOf }: Groups, row: number): TapeTensor {
  return ops.tensor(
    Float32Array.from(rowOf, (one) => (one === row ? 1 : 0)),
    [rowOf.length, 1],
    'float32',
  );
}

/** Membership out of labels that are known here. The caller disposes the matrix. */
export function membershipOf(ops: Operations, { rowOf, classOf }: Groups): Membership {
  const rows = classOf.length;
  const values = new Float32Array(rowOf.length * rows);
  rowOf.forEach((row, i) => {
    values[i * rows + row] = 1;
  });
  return { matrix: ops.keep(ops.tensor(values, [rowOf.length, rows], 'float32')), examples: rowOf.length, rows };
}

/**
 * Membership out of labels that stay on the device: one row for each class, and a last one for labels that are none. Labels
 * [B, C] one-hot (a row of zeros is of no class), else B class indices. The caller disposes the matrix.
 */
export function deviceMembership(ops: Operations, labels: TapeTensor, examples: number, classes: number): Membership {
  const matrix = ops.tidy(() => {
    const values = ops.cast(labels, 'float32');
    const known =
      labels.shape.length === 2 && labels.shape[1] === classes && classes > 1
        ? ops.mul(
            ops.cast(ops.oneHot(ops.argMax(values, 1), classes), 'float32'),
            ops.cast(ops.greater(ops.max(values, 1, true), 0), 'float32'),
          )
        : ops.cast(ops.equal(ops.reshape(values, [examples, 1]), indices(ops, classes)), 'float32');
    const strays = ops.sub(1, ops.sum(known, 1, true));
    return ops.concat([known, strays], 1);
  });
  return { matrix: ops.keep(matrix), examples, rows: classes + 1 };
}

/** [1, classes]. */
function indices(ops: Operations, classes: number): TapeTensor {
  return ops.tensor(
    Float32Array.from({ length: classes }, (_, c) => c),
    [1, classes],
    'float32',
  );
}
