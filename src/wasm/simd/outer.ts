import { addValue, addVector, multiplyAdd, putRow } from './panel';

/**
 * Adds sum over r < count of outer(x_r, d_r) to `to`, din x dout. Both sides are given in panels, of four values of x
 * and eight of d: `xPanel` bytes from panel to panel, `xStep` from row to row, `xRest` the same in the last panel where
 * it is not whole. Rows that lie as they are have panels of 16 (32) bytes and one step.
 */
export function outerProducts(
  x: usize,
  xPanel: usize,
  xStep: usize,
  xRest: usize,
  din: i32,
  d: usize,
  dPanel: usize,
  dStep: usize,
  dRest: usize,
  dout: i32,
  count: i32,
  to: usize,
): void {
  const pitch = (<usize>dout) << 2;
  let i = 0;
  for (; i + 4 <= din; i += 4) {
    fourRows(x, xStep, d, dPanel, dStep, dRest, dout, count, to, pitch);
    x += xPanel;
    to += 4 * pitch;
  }
  for (; i < din; i++) {
    oneRow(x, xRest, d, dPanel, dStep, dRest, dout, count, to);
    x += 4;
    to += pitch;
  }
}

function fourRows(
  x: usize,
  xStep: usize,
  d: usize,
  dPanel: usize,
  dStep: usize,
  dRest: usize,
  dout: i32,
  count: i32,
  to: usize,
  pitch: usize,
): void {
  let j = 0;
  for (; j + 8 <= dout; j += 8) {
    tile(x, xStep, d, dStep, count, to, pitch);
    d += dPanel;
    to += 32;
  }
  if (j + 4 <= dout) {
    halfTile(x, xStep, d, dRest, count, to, pitch);
    j += 4;
    d += 16;
    to += 16;
  }
  if (j + 2 <= dout) {
    twoColumns(x, xStep, d, dRest, count, to, pitch);
    j += 2;
    d += 8;
    to += 8;
  }
  if (j < dout) oneColumn(x, xStep, d, dRest, count, to, pitch);
}

@inline
function tile(x: usize, xStep: usize, d: usize, dStep: usize, count: i32, to: usize, pitch: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let r = 0; r < count; r++) {
    const y0 = v128.load(d);
    const y1 = v128.load(d, 16);
    let v = v128.load32_splat(x);
    a0 = multiplyAdd(a0, v, y0);
    a1 = multiplyAdd(a1, v, y1);
    v = v128.load32_splat(x, 4);
    b0 = multiplyAdd(b0, v, y0);
    b1 = multiplyAdd(b1, v, y1);
    v = v128.load32_splat(x, 8);
    c0 = multiplyAdd(c0, v, y0);
    c1 = multiplyAdd(c1, v, y1);
    v = v128.load32_splat(x, 12);
    d0 = multiplyAdd(d0, v, y0);
    d1 = multiplyAdd(d1, v, y1);
    x += xStep;
    d += dStep;
  }
  putRow(to, a0, a1, 8, false);
  putRow(to + pitch, b0, b1, 8, false);
  putRow(to + 2 * pitch, c0, c1, 8, false);
  putRow(to + 3 * pitch, d0, d1, 8, false);
}

@inline
function halfTile(x: usize, xStep: usize, d: usize, dStep: usize, count: i32, to: usize, pitch: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let c0 = a0;
  let d0 = a0;
  for (let r = 0; r < count; r++) {
    const y = v128.load(d);
    a0 = multiplyAdd(a0, v128.load32_splat(x), y);
    b0 = multiplyAdd(b0, v128.load32_splat(x, 4), y);
    c0 = multiplyAdd(c0, v128.load32_splat(x, 8), y);
    d0 = multiplyAdd(d0, v128.load32_splat(x, 12), y);
    x += xStep;
    d += dStep;
  }
  addVector(to, a0);
  addVector(to + pitch, b0);
  addVector(to + 2 * pitch, c0);
  addVector(to + 3 * pitch, d0);
}

/** At once: each sum waits for its own last addition only. Ten classes end with two. */
@inline
function twoColumns(x: usize, xStep: usize, d: usize, dStep: usize, count: i32, to: usize, pitch: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  for (let r = 0; r < count; r++) {
    const v = v128.load(x);
    a = multiplyAdd(a, v, v128.load32_splat(d));
    b = multiplyAdd(b, v, v128.load32_splat(d, 4));
    x += xStep;
    d += dStep;
  }
  addColumn(to, a, pitch);
  addColumn(to + 4, b, pitch);
}

@inline
function addColumn(to: usize, sum: v128, pitch: usize): void {
  addValue(to, f32x4.extract_lane(sum, 0));
  addValue(to + pitch, f32x4.extract_lane(sum, 1));
  addValue(to + 2 * pitch, f32x4.extract_lane(sum, 2));
  addValue(to + 3 * pitch, f32x4.extract_lane(sum, 3));
}

@inline
function oneColumn(x: usize, xStep: usize, d: usize, dStep: usize, count: i32, to: usize, pitch: usize): void {
  let sum = f32x4.splat(0);
  for (let r = 0; r < count; r++) {
    sum = multiplyAdd(sum, v128.load(x), v128.load32_splat(d));
    x += xStep;
    d += dStep;
  }
  addColumn(to, sum, pitch);
}

function oneRow(
  x: usize,
  xStep: usize,
  d: usize,
  dPanel: usize,
  dStep: usize,
  dRest: usize,
  dout: i32,
  count: i32,
  to: usize,
): void {
  let j = 0;
  for (; j + 8 <= dout; j += 8) {
    addVector(to, fourValues(x, xStep, d, dStep, count));
    addVector(to + 16, fourValues(x, xStep, d + 16, dStep, count));
    d += dPanel;
    to += 32;
  }
  if (j + 4 <= dout) {
    addVector(to, fourValues(x, xStep, d, dRest, count));
    j += 4;
    d += 16;
    to += 16;
  }
  for (; j < dout; j++) {
    addValue(to, oneValue(x, xStep, d, dRest, count));
    d += 4;
    to += 4;
  }
}

@inline
function fourValues(x: usize, xStep: usize, d: usize, dStep: usize, count: i32): v128 {
  let sum = f32x4.splat(0);
  for (let r = 0; r < count; r++) {
    sum = multiplyAdd(sum, v128.load32_splat(x), v128.load(d));
    x += xStep;
    d += dStep;
  }
  return sum;
}

@inline
function oneValue(x: usize, xStep: usize, d: usize, dStep: usize, count: i32): f32 {
  let sum: f32 = 0;
  for (let r = 0; r < count; r++) {
    sum += load<f32>(x) * load<f32>(d);
    x += xStep;
    d += dStep;
  }
  return sum;
}
