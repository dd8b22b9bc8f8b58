import { addValue, addVector, sumLanesWide } from './panel';

/** Rows that are summed by themselves before they join the total: the rounding error grows with both, not their product. */
const BLOCK = 256;

/**
 * Per example the sum s_i of `rowsPer` rows of n values, row r at x + i exampleStep + r rowStep (steps in bytes): added
 * to row rowOf[i] of `weights` (n values each), and |s_i|^2 to squares[i] (float64).
 */
export function classSums(
  x: usize,
  examples: i32,
  rowsPer: i32,
  exampleStep: usize,
  rowStep: usize,
  n: i32,
  rowOf: usize,
  weights: usize,
  squares: usize,
): void {
  for (let i = 0; i < examples; i++) {
    const from = x + <usize>i * exampleStep;
    const to = weights + (<usize>load<i32>(rowOf + ((<usize>i) << 2)) * <usize>n << 2);
    const square = squares + ((<usize>i) << 3);
    store<f64>(square, load<f64>(square) + exampleSum(from, rowsPer, rowStep, n, to));
  }
}

/** Adds the sum of the rows to `to`; returns its square. */
function exampleSum(from: usize, rows: i32, step: usize, n: i32, to: usize): f64 {
  let square: f64 = 0;
  let c = 0;
  for (; c + 16 <= n; c += 16) {
    square += sixteenColumns(from, rows, step, to);
    from += 64;
    to += 64;
  }
  for (; c + 4 <= n; c += 4) {
    square += fourColumns(from, rows, step, to);
    from += 16;
    to += 16;
  }
  for (; c < n; c++) {
    let sum: f64 = 0;
    let at = from;
    for (let r = 0; r < rows; r++) {
      sum += <f64>load<f32>(at);
      at += step;
    }
    addValue(to, <f32>sum);
    square += sum * sum;
    from += 4;
    to += 4;
  }
  return square;
}

@inline
function sixteenColumns(from: usize, rows: i32, step: usize, to: usize): f64 {
  const zero = f32x4.splat(0);
  let t0 = zero;
  let t1 = zero;
  let t2 = zero;
  let t3 = zero;
  for (let start = 0; start < rows; start += BLOCK) {
    let a = zero;
    let b = zero;
    let c = zero;
    let d = zero;
    for (let row = min(BLOCK, rows - start); row > 0; row--) {
      a = f32x4.add(a, v128.load(from));
      b = f32x4.add(b, v128.load(from, 16));
      c = f32x4.add(c, v128.load(from, 32));
      d = f32x4.add(d, v128.load(from, 48));
      from += step;
    }
    t0 = f32x4.add(t0, a);
    t1 = f32x4.add(t1, b);
    t2 = f32x4.add(t2, c);
    t3 = f32x4.add(t3, d);
  }
  addVector(to, t0);
  addVector(to + 16, t1);
  addVector(to + 32, t2);
  addVector(to + 48, t3);
  const low = f32x4.add(f32x4.mul(t0, t0), f32x4.mul(t1, t1));
  return sumLanesWide(f32x4.add(low, f32x4.add(f32x4.mul(t2, t2), f32x4.mul(t3, t3))));
}

@inline
function fourColumns(from: usize, rows: i32, step: usize, to: usize): f64 {
  let total = f32x4.splat(0);
  for (let start = 0; start < rows; start += BLOCK) {
    let sum = f32x4.splat(0);
    for (let row = min(BLOCK, rows - start); row > 0; row--) {
      sum = f32x4.add(sum, v128.load(from));
      from += step;
    }
    total = f32x4.add(total, sum);
  }
  addVector(to, total);
  return sumLanesWide(f32x4.mul(total, total));
}
