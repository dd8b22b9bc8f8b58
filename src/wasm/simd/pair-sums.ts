// Sums of pairs of rows by their groups, in symmetric float64 matrices.

@inline
export function groupOf(rowOf: usize, row: i32): i32 {
  return rowOf === 0 ? row : load<i32>(rowOf + ((<usize>row) << 2));
}

/** Adds k at both places of a pair; a pair within one group gets it twice, in one place. */
@inline
export function addPair(gram: usize, groups: i32, a: i32, b: i32, k: f64): void {
  const below = gram + ((<usize>(a * groups + b)) << 3);
  const above = gram + ((<usize>(b * groups + a)) << 3);
  store<f64>(below, load<f64>(below) + k);
  store<f64>(above, load<f64>(above) + k);
}

/** The same for a pair that may lie above the diagonal (it is another tile's), on it, or behind the last row. */
export function addEdge(
  gram: usize,
  groups: i32,
  rowOf: usize,
  squares: usize,
  i: i32,
  j: i32,
  last: i32,
  k: f64,
): void {
  if (i > last || j > i) return;
  const a = groupOf(rowOf, i);
  if (i > j) {
    addPair(gram, groups, a, groupOf(rowOf, j), k);
    return;
  }
  const cell = gram + ((<usize>(a * groups + a)) << 3);
  store<f64>(cell, load<f64>(cell) + k);
  if (squares === 0) return;
  const square = squares + ((<usize>i) << 3);
  store<f64>(square, load<f64>(square) + k);
}
