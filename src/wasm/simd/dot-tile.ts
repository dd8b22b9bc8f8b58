import { addEdge, addPair, groupOf } from './pair-sums';
import { multiplyAdd } from './panel';

/** Values after which the lanes of a sum (float32) go to float64: keeps the rounding error of long rows small. */
const BLOCK = 4096;

/** The sums of the lanes of four vectors, in the lanes of one. */
@inline
function sumsOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

@inline
function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline
function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
}

/**
 * Adds the values k and l of rows i .. i + 3 (two lanes each) with columns j and j + 1 to gram[group of row, group of
 * column] and mirrored, and to squares[row] on the diagonal (unless `squares` is 0). Pairs above the diagonal, and rows
 * behind `last`, do not count.
 */
function addTile(
  gram: usize,
  groups: i32,
  rowOf: usize,
  squares: usize,
  i: i32,
  j: i32,
  last: i32,
  k01: v128,
  k23: v128,
  l01: v128,
  l23: v128,
): void {
  if (j + 1 < i && i + 3 <= last) {
    const g = groupOf(rowOf, j);
    const h = groupOf(rowOf, j + 1);
    let row = groupOf(rowOf, i);
    addPair(gram, groups, row, g, f64x2.extract_lane(k01, 0));
    addPair(gram, groups, row, h, f64x2.extract_lane(l01, 0));
    row = groupOf(rowOf, i + 1);
    addPair(gram, groups, row, g, f64x2.extract_lane(k01, 1));
    addPair(gram, groups, row, h, f64x2.extract_lane(l01, 1));
    row = groupOf(rowOf, i + 2);
    addPair(gram, groups, row, g, f64x2.extract_lane(k23, 0));
    addPair(gram, groups, row, h, f64x2.extract_lane(l23, 0));
    row = groupOf(rowOf, i + 3);
    addPair(gram, groups, row, g, f64x2.extract_lane(k23, 1));
    addPair(gram, groups, row, h, f64x2.extract_lane(l23, 1));
    return;
  }
  addEdge(gram, groups, rowOf, squares, i, j, last, f64x2.extract_lane(k01, 0));
  addEdge(gram, groups, rowOf, squares, i, j + 1, last, f64x2.extract_lane(l01, 0));
  addEdge(gram, groups, rowOf, squares, i + 1, j, last, f64x2.extract_lane(k01, 1));
  addEdge(gram, groups, rowOf, squares, i + 1, j + 1, last, f64x2.extract_lane(l01, 1));
  addEdge(gram, groups, rowOf, squares, i + 2, j, last, f64x2.extract_lane(k23, 0));
  addEdge(gram, groups, rowOf, squares, i + 2, j + 1, last, f64x2.extract_lane(l23, 0));
  addEdge(gram, groups, rowOf, squares, i + 3, j, last, f64x2.extract_lane(k23, 1));
  addEdge(gram, groups, rowOf, squares, i + 3, j + 1, last, f64x2.extract_lane(l23, 1));
}

/**
 * For the pairs of rows i .. i + 3 and j .. j + 1 with row >= column: k = (x_row . x_column) (d_row . d_column), the
 * second factor 1 where `d` is 0; adds k to gram[group of row, group of column] and mirrored, and to squares[row] on the
 * diagonal (unless `squares` is 0). The same with the last factor alone in factorGram and factorSquares, unless these are 0.
 * Steps of rows are bytes; rows behind `last` read the last one and do not count.
 */
export function dotTile(
  x: usize,
  xStep: usize,
  din: i32,
  d: usize,
  dStep: usize,
  dout: i32,
  i: i32,
  j: i32,
  last: i32,
  rowOf: usize,
  groups: i32,
  gram: usize,
  squares: usize,
  factorGram: usize,
  factorSquares: usize,
): void {
  let k01 = f64x2.splat(1);
  let k23 = k01;
  let l01 = k01;
  let l23 = k01;
  let s01 = k01;
  let s23 = k01;
  let t01 = k01;
  let t23 = k01;
  let from = x;
  let step = xStep;
  let depth = din;
  for (let factors = d === 0 ? 1 : 2; factors > 0; factors--) {
    s01 = f64x2.splat(0);
    s23 = s01;
    t01 = s01;
    t23 = s01;
    for (let start = 0; start < depth; start += BLOCK) {
      const count = min(BLOCK, depth - start);
      const corner = from + ((<usize>start) << 2);
      let p0 = corner + <usize>i * step;
      let p1 = corner + <usize>min(i + 1, last) * step;
      let p2 = corner + <usize>min(i + 2, last) * step;
      let p3 = corner + <usize>min(i + 3, last) * step;
      let q0 = corner + <usize>j * step;
      let q1 = corner + <usize>min(j + 1, last) * step;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let b0 = a0;
      let b1 = a0;
      let c0 = a0;
      let c1 = a0;
      let d0 = a0;
      let d1 = a0;
      let y0 = a0;
      let y1 = a0;
      let v = a0;
      // V8 moves all loads of a block of code to its front, which would spill the sums of an unrolled loop. The breaks,
      // never taken (no row lies at address 0 or 1) and each on a condition of its own, cut the steps into blocks.
      let end = p0 + ((<usize>(count & ~31)) << 2);
      while (p0 < end) {
        y0 = v128.load(q0); y1 = v128.load(q1);
        v = v128.load(p0); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (p0 === 0) break;
        y0 = v128.load(q0, 16); y1 = v128.load(q1, 16);
        v = v128.load(p0, 16); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 16); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 16); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 16); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (p1 === 0) break;
        y0 = v128.load(q0, 32); y1 = v128.load(q1, 32);
        v = v128.load(p0, 32); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 32); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 32); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 32); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (p2 === 0) break;
        y0 = v128.load(q0, 48); y1 = v128.load(q1, 48);
        v = v128.load(p0, 48); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 48); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 48); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 48); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (p3 === 0) break;
        y0 = v128.load(q0, 64); y1 = v128.load(q1, 64);
        v = v128.load(p0, 64); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 64); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 64); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 64); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (q0 === 0) break;
        y0 = v128.load(q0, 80); y1 = v128.load(q1, 80);
        v = v128.load(p0, 80); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 80); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 80); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 80); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (q1 === 0) break;
        y0 = v128.load(q0, 96); y1 = v128.load(q1, 96);
        v = v128.load(p0, 96); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 96); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 96); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 96); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        if (p0 === 1) break;
        y0 = v128.load(q0, 112); y1 = v128.load(q1, 112);
        v = v128.load(p0, 112); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1, 112); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2, 112); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3, 112); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        p0 += 128; p1 += 128; p2 += 128; p3 += 128; q0 += 128; q1 += 128;
      }
      end = p0 + ((<usize>(count & 28)) << 2);
      while (p0 < end) {
        y0 = v128.load(q0); y1 = v128.load(q1);
        v = v128.load(p0); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load(p1); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load(p2); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load(p3); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        p0 += 16; p1 += 16; p2 += 16; p3 += 16; q0 += 16; q1 += 16;
      }
      end = p0 + ((<usize>(count & 3)) << 2);
      while (p0 < end) {
        y0 = v128.load32_zero(q0); y1 = v128.load32_zero(q1);
        v = v128.load32_zero(p0); a0 = multiplyAdd(a0, v, y0); a1 = multiplyAdd(a1, v, y1);
        v = v128.load32_zero(p1); b0 = multiplyAdd(b0, v, y0); b1 = multiplyAdd(b1, v, y1);
        v = v128.load32_zero(p2); c0 = multiplyAdd(c0, v, y0); c1 = multiplyAdd(c1, v, y1);
        v = v128.load32_zero(p3); d0 = multiplyAdd(d0, v, y0); d1 = multiplyAdd(d1, v, y1);
        p0 += 4; p1 += 4; p2 += 4; p3 += 4; q0 += 4; q1 += 4;
      }
      const s = sumsOfFour(a0, b0, c0, d0);
      const t = sumsOfFour(a1, b1, c1, d1);
      s01 = f64x2.add(s01, low(s));
      s23 = f64x2.add(s23, high(s));
      t01 = f64x2.add(t01, low(t));
      t23 = f64x2.add(t23, high(t));
    }
    k01 = f64x2.mul(k01, s01);
    k23 = f64x2.mul(k23, s23);
    l01 = f64x2.mul(l01, t01);
    l23 = f64x2.mul(l23, t23);
    from = d;
    step = dStep;
    depth = dout;
  }
  addTile(gram, groups, rowOf, squares, i, j, last, k01, k23, l01, l23);
  if (factorGram !== 0) addTile(factorGram, groups, rowOf, factorSquares, i, j, last, s01, s23, t01, t23);
}
