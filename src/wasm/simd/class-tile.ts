// Gradients of a dense layer by class, for some columns of x and values of d at a time: nothing is gathered, rows are read where they lie.

import { addValue, multiplyAdd, putRow } from './panel';

/** Examples whose sums stay in registers before they are stored: the rounding error grows with both, not their product. */
const DEPTH = 256;
/** Bytes of an entry: addresses of the row of x and of that of d. */
const ENTRY = 8;

/** Writes where the rows of x and d are, in this order. */
export function enter(x: usize, xBytes: usize, d: usize, dBytes: usize, order: usize, examples: i32, entries: usize): void {
  for (let r = 0; r < examples; r++) {
    const row = <usize>load<i32>(order + ((<usize>r) << 2));
    store<u32>(entries, <u32>(x + row * xBytes));
    store<u32>(entries, <u32>(d + row * dBytes), 4);
    entries += ENTRY;
  }
}

/** Entry of the first example of a row, given by where it starts. */
@inline
export function entryOf(entries: usize, start: i32): usize {
  return entries + <usize>start * ENTRY;
}

/**
 * The gradient of one class, turned: value k of d with columns first .. first + width - 1 of x, the sum over `count` examples, at
 * to + 4 (k width + column).
 */
export function classTile(entries: usize, count: i32, first: i32, width: i32, dout: i32, to: usize): void {
  const pitch = (<usize>width) << 2;
  const whole = width & ~7;
  let passes = (dout + 3) >> 2;
  let k = 0;
  while (passes > 0) {
    // As even as can be: ten classes are 4 + 3 + 3.
    const values = (dout - k + passes - 1) / passes;
    const d = (<usize>k) << 2;
    const row = to + <usize>k * pitch;
    const x = (<usize>first) << 2;
    if (values === 4) strip(entries, count, x, whole, d, 4, row, pitch);
    else if (values === 3) strip(entries, count, x, whole, d, 3, row, pitch);
    else if (values === 2) strip(entries, count, x, whole, d, 2, row, pitch);
    else strip(entries, count, x, whole, d, 1, row, pitch);
    k += values;
    passes--;
  }
  for (let column = whole; column < width; column++) {
    oneColumn(entries, count, <usize>(first + column) << 2, dout, to + (<usize>column << 2), pitch);
  }
}

/** Some values of d, a constant wherever this is called: what it leaves out is not compiled. */
@inline
function strip(
  entries: usize,
  count: i32,
  x: usize,
  columns: i32,
  d: usize,
  values: i32,
  to: usize,
  pitch: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    let start = 0;
    // A class without examples is written, too.
    do {
      tile(entryOf(entries, start), min(DEPTH, count - start), x, d, values, to, pitch, start === 0);
      start += DEPTH;
    } while (start < count);
    x += 32;
    to += 32;
  }
}

@inline
function tile(entries: usize, count: i32, x: usize, d: usize, values: i32, to: usize, pitch: usize, fresh: bool): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  const end = entryOf(entries, count);
  while (entries < end) {
    const from = <usize>load<u32>(entries) + x;
    const by = <usize>load<u32>(entries, 4) + d;
    const y0 = v128.load(from);
    const y1 = v128.load(from, 16);
    let v = v128.load32_splat(by);
    a0 = multiplyAdd(a0, v, y0);
    a1 = multiplyAdd(a1, v, y1);
    if (values > 1) {
      v = v128.load32_splat(by, 4);
      b0 = multiplyAdd(b0, v, y0);
      b1 = multiplyAdd(b1, v, y1);
    }
    if (values > 2) {
      v = v128.load32_splat(by, 8);
      c0 = multiplyAdd(c0, v, y0);
      c1 = multiplyAdd(c1, v, y1);
    }
    if (values > 3) {
      v = v128.load32_splat(by, 12);
      d0 = multiplyAdd(d0, v, y0);
      d1 = multiplyAdd(d1, v, y1);
    }
    entries += ENTRY;
  }
  putRow(to, a0, a1, 8, fresh);
  if (values > 1) putRow(to + pitch, b0, b1, 8, fresh);
  if (values > 2) putRow(to + 2 * pitch, c0, c1, 8, fresh);
  if (values > 3) putRow(to + 3 * pitch, d0, d1, 8, fresh);
}

function oneColumn(entries: usize, count: i32, x: usize, dout: i32, to: usize, pitch: usize): void {
  for (let k = 0; k < dout; k++) {
    store<f32>(to, 0);
    for (let start = 0; start < count; start += DEPTH) {
      let sum: f32 = 0;
      let entry = entryOf(entries, start);
      for (let left = min(DEPTH, count - start); left > 0; left--) {
        sum += load<f32>(<usize>load<u32>(entry) + x) * load<f32>(<usize>load<u32>(entry, 4) + ((<usize>k) << 2));
        entry += ENTRY;
      }
      addValue(to, sum);
    }
    to += pitch;
  }
}
