import { dotTile } from './dot-tile';

/**
 * Class Gram of a dense layer without its gradients ("ghost product"): the gradient of example i is the outer product of
 * x_i and d_i, so <g_i, g_j> = (x_i . x_j) (d_i . d_j). Adds it to gram[rowOf[i], rowOf[j]] (rows x rows float64, kept
 * exactly symmetric) for all i, j, and |g_i|^2 to squares[i] (float64). x: examples x din, d: examples x dout.
 * The d_i . d_j alone, which are the products of the bias' gradients, go to factorGram and factorSquares alike (0: nowhere).
 * 8.5 million products at 128 x (784 + 256); the multiplying ports set the pace.
 */
export function classGhost(
  x: usize,
  d: usize,
  examples: i32,
  din: i32,
  dout: i32,
  rowOf: usize,
  rows: i32,
  gram: usize,
  squares: usize,
  factorGram: usize,
  factorSquares: usize,
): void {
  const xStep = (<usize>din) << 2;
  const dStep = (<usize>dout) << 2;
  for (let i = 0; i < examples; i += 4) {
    const end = min(i + 4, examples);
    for (let j = 0; j < end; j += 2) {
      dotTile(
        x, xStep, din, d, dStep, dout, i, j, examples - 1, rowOf, rows,
        gram, squares, factorGram, factorSquares,
      );
    }
  }
}

/** Values of a row that are multiplied with those of all rows before the next ones come in. */
const COLUMNS = 1024;

/** Adds the products of all pairs of `rows` rows of n values to gram, rows x rows float64, both triangles. */
export function foldGram(weights: usize, rows: i32, n: i32, gram: usize): void {
  const step = (<usize>n) << 2;
  for (let start = 0; start < n; start += COLUMNS) {
    const from = weights + ((<usize>start) << 2);
    const count = min(COLUMNS, n - start);
    for (let i = 0; i < rows; i += 4) {
      const end = min(i + 4, rows);
      for (let j = 0; j < end; j += 2) dotTile(from, step, count, 0, 0, 0, i, j, rows - 1, 0, rows, gram, 0, 0, 0);
    }
  }
}
