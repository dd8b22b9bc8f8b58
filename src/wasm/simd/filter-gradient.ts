import { multiplyAdd, putRow, sumLanesWide } from './panel';

/**
 * Adds the filter gradient of one framed image to `total`, (taps * runs * length) x columns.
 * Pixels of `dy` are `dyStep` bytes apart, its panels of eight columns `dyPanel`.
 * Reads up to three values behind a run, which the frame must leave room for; what they give is dropped.
 */
export function filterGradient(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  dyPanel: usize,
  columns: i32,
  total: usize,
): void {
  const zero: usize = 0;
  tiles(
    image, rowStep, pixelStep, taps, tapStep, runs, runStep, length,
    dy, height, width, dyStep, dyPanel, columns, total, zero, zero,
  );
}

/**
 * The same, bit for bit; the gradient is also added to `classTotal`, and its square (float64) at `square`. Apart, so that
 * the code of the first has no word of what only this one needs.
 */
export function filterGradientByClass(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  dyPanel: usize,
  columns: i32,
  total: usize,
  classTotal: usize,
  square: usize,
): void {
  tiles(
    image, rowStep, pixelStep, taps, tapStep, runs, runStep, length,
    dy, height, width, dyStep, dyPanel, columns, total, classTotal, square,
  );
}

@inline
function tiles(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  dyPanel: usize,
  columns: i32,
  total: usize,
  classTotal: usize,
  square: usize,
): void {
  const pitch = <usize>columns << 2;
  let sum: f64 = 0;
  for (let tap = 0; tap < taps; tap++) {
    for (let run = 0; run < runs; run++) {
      const corner = image + <usize>tap * tapStep + <usize>run * runStep;
      for (let i = 0; i < length; i += 4) {
        const rows = min(4, length - i);
        const row = <usize>((tap * runs + run) * length + i) * pitch;
        const from = corner + (<usize>i << 2);
        for (let column = 0; column < columns; column += 8) {
          const at = row + (<usize>column << 2);
          const panel = dy + <usize>(column >> 3) * dyPanel;
          const own: usize = classTotal === 0 ? 0 : classTotal + at;
          const left = columns - column;
          sum += tile(from, rowStep, pixelStep, panel, height, width, dyStep, total + at, own, pitch, rows, left);
        }
      }
    }
  }
  if (classTotal !== 0) store<f64>(square, load<f64>(square) + sum);
}

@inline
function tile(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  total: usize,
  own: usize,
  pitch: usize,
  rows: i32,
  columns: i32,
): f64 {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let row = 0; row < height; row++) {
    let from = image + <usize>row * rowStep;
    for (let column = 0; column < width; column++) {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      let x = v128.load32_splat(from);
      a0 = multiplyAdd(a0, x, y0);
      a1 = multiplyAdd(a1, x, y1);
      x = v128.load32_splat(from, 4);
      b0 = multiplyAdd(b0, x, y0);
      b1 = multiplyAdd(b1, x, y1);
      x = v128.load32_splat(from, 8);
      c0 = multiplyAdd(c0, x, y0);
      c1 = multiplyAdd(c1, x, y1);
      x = v128.load32_splat(from, 12);
      d0 = multiplyAdd(d0, x, y0);
      d1 = multiplyAdd(d1, x, y1);
      from += pixelStep;
      dy += dyStep;
    }
  }
  putRow(total, a0, a1, columns, false);
  if (rows > 1) putRow(total + pitch, b0, b1, columns, false);
  if (rows > 2) putRow(total + 2 * pitch, c0, c1, columns, false);
  if (rows > 3) putRow(total + 3 * pitch, d0, d1, columns, false);
  if (own === 0) return 0;
  if (rows >= 4 && columns >= 8) {
    putRow(own, a0, a1, 8, false);
    putRow(own + pitch, b0, b1, 8, false);
    putRow(own + 2 * pitch, c0, c1, 8, false);
    putRow(own + 3 * pitch, d0, d1, 8, false);
    const upper = f32x4.add(pairSquares(a0, a1), pairSquares(b0, b1));
    return sumLanesWide(f32x4.add(upper, f32x4.add(pairSquares(c0, c1), pairSquares(d0, d1))));
  }
  putRow(own, a0, a1, columns, false);
  let squares = rowSquares(a0, a1, columns);
  if (rows > 1) {
    putRow(own + pitch, b0, b1, columns, false);
    squares = f32x4.add(squares, rowSquares(b0, b1, columns));
  }
  if (rows > 2) {
    putRow(own + 2 * pitch, c0, c1, columns, false);
    squares = f32x4.add(squares, rowSquares(c0, c1, columns));
  }
  if (rows > 3) {
    putRow(own + 3 * pitch, d0, d1, columns, false);
    squares = f32x4.add(squares, rowSquares(d0, d1, columns));
  }
  return sumLanesWide(squares);
}

@inline
function pairSquares(low: v128, high: v128): v128 {
  return multiplyAdd(f32x4.mul(low, low), high, high);
}

/** Squares of the first `columns` of eight values, in four sums; what the others hold (NaN, too) does not count. */
@inline
function rowSquares(low: v128, high: v128, columns: i32): v128 {
  const first = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(columns));
  const second = i32x4.lt_s(i32x4(4, 5, 6, 7), i32x4.splat(columns));
  return f32x4.add(v128.and(f32x4.mul(low, low), first), v128.and(f32x4.mul(high, high), second));
}
