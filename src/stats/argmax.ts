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
  const end = start + columns;
  let top = values[start]!;
  let at = start;
  if (Number.isNaN(top)) return -1;
  for (let i = start + 1; i < end; ) {
    // Nearly all values lie below the top: four at a time, and one comparison each, which NaN fails, too.
    if (i + 3 < end && values[i]! <= top && values[i + 1]! <= top && values[i + 2]! <= top && values[i + 3]! <= top) {
      i += 4;
      continue;
    }
    const value = values[i]!;
    if (Number.isNaN(value)) return -1;
    if (value > top) {
      top = value;
      at = i;
    }
    i++;
  }
  return at - start;
}
