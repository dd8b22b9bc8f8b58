/** Sums `rows` rows of `columns` values into `total` (overwritten), times `factor`. */
export function sumRows(from: usize, rows: i32, columns: i32, factor: f32, total: usize): void {
  const step = (<usize>columns) << 2;
  let c = 0;
  for (; c + 16 <= columns; c += 16)
    sumSixteen(from + ((<usize>c) << 2), rows, step, factor, total + ((<usize>c) << 2));
  for (; c + 4 <= columns; c += 4) {
    let a = f32x4.splat(0);
    let b = a;
    let at = from + ((<usize>c) << 2);
    let row = 0;
    for (; row + 2 <= rows; row += 2) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at + step));
      at += 2 * step;
    }
    if (row < rows) a = f32x4.add(a, v128.load(at));
    v128.store(total + ((<usize>c) << 2), f32x4.mul(f32x4.add(a, b), f32x4.splat(factor)));
  }
  for (; c < columns; c++) {
    let sum: f32 = 0;
    for (let row = 0; row < rows; row++) sum += load<f32>(from + ((<usize>c) << 2) + <usize>row * step);
    store<f32>(total + ((<usize>c) << 2), sum * factor);
  }
}

/**
 * Rows of a block summed by themselves before they join the total: the rounding error grows with the length of a block
 * and the number of blocks, not with their product.
 */
const BLOCK = 256;

function sumSixteen(at: usize, rows: i32, step: usize, factor: f32, total: usize): void {
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
    const end = min(rows, start + BLOCK);
    for (let row = start; row < end; row++) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      c = f32x4.add(c, v128.load(at, 32));
      d = f32x4.add(d, v128.load(at, 48));
      at += step;
    }
    t0 = f32x4.add(t0, a);
    t1 = f32x4.add(t1, b);
    t2 = f32x4.add(t2, c);
    t3 = f32x4.add(t3, d);
  }
  const scale = f32x4.splat(factor);
  v128.store(total, f32x4.mul(t0, scale));
  v128.store(total, f32x4.mul(t1, scale), 16);
  v128.store(total, f32x4.mul(t2, scale), 32);
  v128.store(total, f32x4.mul(t3, scale), 48);
}

/** Adds each row of `width` values to the row of `total` (zeros) that its id names; ids outside of 0..segments - 1 are dropped. */
export function sumSegments(from: usize, ids: usize, rows: i32, width: i32, segments: i32, total: usize): void {
  const bytes = (<usize>width) << 2;
  const whole = (<usize>(width & ~3)) << 2;
  for (let row = 0; row < rows; row++) {
    const id = load<i32>(ids + ((<usize>row) << 2));
    if (id < 0 || id >= segments) continue;
    const source = from + <usize>row * bytes;
    const target = total + <usize>id * bytes;
    let i: usize = 0;
    for (; i < whole; i += 16) v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
    for (; i < bytes; i += 4) store<f32>(target + i, load<f32>(target + i) + load<f32>(source + i));
  }
}
