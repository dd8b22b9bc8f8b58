import { foldGram } from './class-gram';
import { classTile, enter, entryOf } from './class-tile';
import { squareSum } from './norm';
import { outerProducts } from './outer';

/** Adds sum over r of outer(x_r, d_r) to `to`, din x dout; rows of x and d are xStep and dStep bytes apart. */
export function exampleProduct(
  x: usize,
  d: usize,
  rowsPer: i32,
  xStep: usize,
  dStep: usize,
  din: i32,
  dout: i32,
  to: usize,
): void {
  outerProducts(x, 16, xStep, xStep, din, d, 32, dStep, dStep, dout, rowsPer, to);
}

/** Examples of one class that are gathered at a time: their panels of four and eight (4 and 8 KiB) stay in the first cache. */
const DEPTH = 256;
/** Values of d up to which reading rows where they lie beats gathering panels: each of them is read again with every column of x. */
const NARROW = 16;

/**
 * Gradients of a dense layer by class: adds the sum of outer(x_i, d_i) over the examples i that
 * order[starts[c] .. starts[c + 1] - 1] (int32) names to row c of `weights` (rows of din x dout), and |x_i|^2 |d_i|^2 to
 * squares[i] (float64). x: examples x din, d: examples x dout. `room` has 4 (din + dout) bytes for every example of the
 * largest class, or for 256 if that has more.
 */
export function classProducts(
  x: usize,
  d: usize,
  examples: i32,
  din: i32,
  dout: i32,
  order: usize,
  starts: usize,
  rows: i32,
  weights: usize,
  squares: usize,
  room: usize,
): void {
  const xBytes = (<usize>din) << 2;
  for (let c = 0; c < rows; c++) {
    const end = load<i32>(starts + ((<usize>c) << 2), 4);
    for (let start = load<i32>(starts + ((<usize>c) << 2)); start < end; start += DEPTH) {
      const count = min(DEPTH, end - start);
      const part = order + ((<usize>start) << 2);
      const gathered = room + <usize>count * xBytes;
      gather(x, din, din, 4, part, count, room);
      gather(d, dout, dout, 8, part, count, gathered);
      panelProducts(room, din, gathered, dout, count, weights);
    }
    weights += xBytes * <usize>dout;
  }
  addSquares(x, d, examples, din, dout, squares);
}

/**
 * The same where only the class Gram is wanted: adds the products of all pairs of these gradients to `gram`, rows x rows float64.
 * The gradients are formed for so many `columns` of x at a time, and are nowhere whole. `room`: 4 bytes for each of
 * examples x dout, columns x examples (256 at most), and rows x columns x dout values; at least 8 for every example.
 */
export function classProductGram(
  x: usize,
  d: usize,
  examples: i32,
  din: i32,
  dout: i32,
  order: usize,
  starts: usize,
  rows: i32,
  columns: i32,
  gram: usize,
  squares: usize,
  room: usize,
): void {
  const isNarrow = dout <= NARROW;
  const head = (<usize>examples) << 2;
  const part = room + head * <usize>(isNarrow ? 2 : dout);
  const formed = isNarrow ? part : part + ((<usize>(min(DEPTH, examples) * columns)) << 2);
  if (isNarrow) enter(x, (<usize>din) << 2, d, (<usize>dout) << 2, order, examples, room);
  for (let first = 0; first < din; first += columns) {
    const width = min(columns, din - first);
    if (isNarrow) turnedTiles(room, starts, rows, first, width, dout, formed);
    else panelTiles(x, d, din, dout, order, starts, rows, first, width, room, part, formed);
    foldGram(formed, rows, width * dout, gram);
  }
  addSquares(x, d, examples, din, dout, squares);
}

/** Gradients of all classes, [rows, dout, width], for columns of x from the first on. */
function turnedTiles(entries: usize, starts: usize, rows: i32, first: i32, width: i32, dout: i32, to: usize): void {
  for (let c = 0; c < rows; c++) {
    const start = load<i32>(starts + ((<usize>c) << 2));
    const count = load<i32>(starts + ((<usize>c) << 2), 4) - start;
    classTile(entryOf(entries, start), count, first, width, dout, to);
    to += (<usize>(width * dout)) << 2;
  }
}

/** The same, [rows, width, dout], out of panels: those of d are gathered with the first columns, and stay. */
function panelTiles(
  x: usize,
  d: usize,
  din: i32,
  dout: i32,
  order: usize,
  starts: usize,
  rows: i32,
  first: i32,
  width: i32,
  panels: usize,
  part: usize,
  to: usize,
): void {
  const bytes = (<usize>(width * dout)) << 2;
  memory.fill(to, 0, <usize>rows * bytes);
  for (let c = 0; c < rows; c++) {
    const end = load<i32>(starts + ((<usize>c) << 2), 4);
    for (let start = load<i32>(starts + ((<usize>c) << 2)); start < end; start += DEPTH) {
      const count = min(DEPTH, end - start);
      const own = order + ((<usize>start) << 2);
      const gathered = panels + ((<usize>(start * dout)) << 2);
      if (first === 0) gather(d, dout, dout, 8, own, count, gathered);
      gather(x + ((<usize>first) << 2), din, width, 4, own, count, part);
      panelProducts(part, width, gathered, dout, count, to + <usize>c * bytes);
    }
  }
}

/** Adds the sum over the rows of outer(x_r, d_r), both gathered in panels, to `to`. */
@inline
function panelProducts(x: usize, din: i32, d: usize, dout: i32, count: i32, to: usize): void {
  const xRest = (<usize>(din & 3)) << 2;
  const dRest = (<usize>(dout & 7)) << 2;
  const panel = (<usize>count) << 4;
  outerProducts(x, panel, 16, xRest, din, d, 2 * panel, 32, dRest, dout, count, to);
}

/** Adds |x_i|^2 |d_i|^2 to squares[i]. */
function addSquares(x: usize, d: usize, examples: i32, din: i32, dout: i32, squares: usize): void {
  const xBytes = (<usize>din) << 2;
  const dBytes = (<usize>dout) << 2;
  for (let i = 0; i < examples; i++) {
    const square = squares + ((<usize>i) << 3);
    store<f64>(square, load<f64>(square) + squareSum(x, din) * squareSum(d, dout));
    x += xBytes;
    d += dBytes;
  }
}

/** Copies n values of the rows that `order` names, `pitch` values apart, into panels of `width` values; the last is as wide as what is left. */
@inline
function gather(from: usize, pitch: i32, n: i32, width: i32, order: usize, count: i32, to: usize): void {
  const panel = (<usize>(width * count)) << 2;
  const wide = (<usize>width) << 2;
  const rest = n % width;
  const restStep = (<usize>rest) << 2;
  for (let r = 0; r < count; r++) {
    let source = from + ((<usize>load<i32>(order + ((<usize>r) << 2)) * <usize>pitch) << 2);
    let target = to + <usize>r * wide;
    for (let i = 0; i + width <= n; i += width) {
      v128.store(target, v128.load(source));
      if (width === 8) v128.store(target, v128.load(source, 16), 16);
      source += wide;
      target += panel;
    }
    target = to + (<usize>(n - rest) * <usize>count << 2) + <usize>r * restStep;
    for (let i = 0; i < rest; i++) {
      store<f32>(target, load<f32>(source));
      source += 4;
      target += 4;
    }
  }
}
