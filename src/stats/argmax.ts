/**
 * Index of the largest value of each row of a B x C row-major array; the first of equal ones, as tf.argMax.
 * -1 for a row that holds NaN: a network that diverged predicts nothing.
 */
export function argmaxRows(values: ArrayLike<number>, columns: number): Int32Array {
  const rows = values.length / columns;
  const best = new Int32Array(rows);
  for (let i = 0; i < rows; i++) best[i] = argmaxRow(values, i * columns, columns);
  return best;
}

function argmaxRow(values: ArrayLike<number>, start: number, columns: number): number {
  let at = 0;
  let top = values[start]!;
  for (let c = 0; c < columns; c++) {
    const value = values[start + c]!;
    if (value > top) {
      top = value;
      at = c;
    } else if (Number.isNaN(value)) return -1;
  }
  return at;
}
