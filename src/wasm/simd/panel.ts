// Register tiles: 4 rows x 8 columns hold eight accumulators, two columns and a broadcast in sixteen registers.
// All pointers are byte addresses in the memory of the tfjs backend; nothing here is static, nothing is allocated.

/** Packs four lanes, `lane` bytes apart, over `depth` values, `step` bytes apart: value d of lane i lands at to + d * pitch + 4 i. */
function packFour(from: usize, lane: usize, step: usize, lanes: i32, depth: i32, to: usize, pitch: usize): void {
  if (lanes >= 4 && lane == 4) {
    for (let d = 0; d < depth; d++) {
      v128.store(to, v128.load(from));
      from += step;
      to += pitch;
    }
    return;
  }
  let d = 0;
  if (lanes >= 4 && step == 4) d = packTransposed(from, lane, depth, to, pitch);
  for (; d < depth; d++) {
    const source = from + <usize>d * step;
    const target = to + <usize>d * pitch;
    for (let i = 0; i < 4; i++) {
      store<f32>(target + (<usize>i << 2), i < lanes ? load<f32>(source + <usize>i * lane) : 0);
    }
  }
}

/** The lanes run along memory: 4 x 4 blocks are turned in registers. Returns how many values were done. */
function packTransposed(from: usize, lane: usize, depth: i32, to: usize, pitch: usize): i32 {
  const whole = depth & ~3;
  let a = from;
  let b = a + lane;
  let c = b + lane;
  let d = c + lane;
  for (let i = 0; i < whole; i += 4) {
    const r0 = v128.load(a);
    const r1 = v128.load(b);
    const r2 = v128.load(c);
    const r3 = v128.load(d);
    const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
    const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(t0, t1, 0, 2));
    v128.store(to + pitch, v128.shuffle<i64>(t0, t1, 1, 3));
    v128.store(to + 2 * pitch, v128.shuffle<i64>(t2, t3, 0, 2));
    v128.store(to + 3 * pitch, v128.shuffle<i64>(t2, t3, 1, 3));
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    to += 4 * pitch;
  }
  return whole;
}

/** Panels of four lanes, one after the other, missing lanes as zeros: ceil(lanes / 4) * depth * 16 bytes. */
export function packRows(from: usize, lane: usize, step: usize, lanes: i32, depth: i32, to: usize): void {
  for (let i = 0; i < lanes; i += 4) {
    packFour(from + <usize>i * lane, lane, step, lanes - i, depth, to, 16);
    to += <usize>depth << 4;
  }
}

/** Panels of eight lanes, `panel` bytes apart (depth * 32 or more), missing lanes as zeros. */
export function packColumns(
  from: usize,
  lane: usize,
  step: usize,
  lanes: i32,
  depth: i32,
  to: usize,
  panel: usize,
): void {
  for (let i = 0; i < lanes; i += 8) {
    packFour(from + <usize>i * lane, lane, step, lanes - i, depth, to, 32);
    packFour(from + <usize>(i + 4) * lane, lane, step, max(lanes - i - 4, 0), depth, to + 16, 32);
    to += panel;
  }
}

@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** The same in float64. */
@inline
export function sumLanesWide(v: v128): f64 {
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
  const pair = f64x2.add(f64x2.promote_low_f32x4(v), high);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

@inline
export function addVector(to: usize, v: v128): void {
  v128.store(to, f32x4.add(v128.load(to), v));
}

@inline
export function addValue(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}

/** Rounded twice, or once where the module is compiled for relaxed SIMD and the processor has it. */
@inline
export function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Writes (or adds, if not `fresh`) the first `columns` of eight values. */
@inline
export function putRow(to: usize, low: v128, high: v128, columns: i32, fresh: bool): void {
  if (columns >= 8) {
    v128.store(to, fresh ? low : f32x4.add(low, v128.load(to)));
    v128.store(to, fresh ? high : f32x4.add(high, v128.load(to, 16)), 16);
  } else putPart(to, low, high, columns, fresh);
}

function putPart(to: usize, low: v128, high: v128, columns: i32, fresh: bool): void {
  let rest = low;
  let left = columns;
  if (columns >= 4) {
    v128.store(to, fresh ? low : f32x4.add(low, v128.load(to)));
    to += 16;
    rest = high;
    left -= 4;
  }
  if (left > 0) putOne(to, f32x4.extract_lane(rest, 0), fresh);
  if (left > 1) putOne(to + 4, f32x4.extract_lane(rest, 1), fresh);
  if (left > 2) putOne(to + 8, f32x4.extract_lane(rest, 2), fresh);
}

@inline
function putOne(to: usize, value: f32, fresh: bool): void {
  store<f32>(to, fresh ? value : value + load<f32>(to));
}
