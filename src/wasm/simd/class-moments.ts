/** Sum of both lanes. */
function both(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Adds n float32 values less a reference to a sum, both float64; gives the sum of their squares. */
function addExample(x: usize, reference: usize, sum: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const whole = x + (<usize>(n & ~3) << 2);
  const end = x + (<usize>n << 2);
  for (; x < whole; x += 16) {
    const values = v128.load(x);
    const upper = i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    const low = f64x2.sub(f64x2.promote_low_f32x4(values), v128.load(reference));
    const high = f64x2.sub(f64x2.promote_low_f32x4(upper), v128.load(reference, 16));
    v128.store(sum, f64x2.add(v128.load(sum), low));
    v128.store(sum, f64x2.add(v128.load(sum, 16), high), 16);
    s0 = f64x2.add(s0, f64x2.mul(low, low));
    s1 = f64x2.add(s1, f64x2.mul(high, high));
    reference += 32;
    sum += 32;
  }
  let square = both(f64x2.add(s0, s1));
  for (; x < end; x += 4) {
    const value = <f64>load<f32>(x) - load<f64>(reference);
    store<f64>(sum, load<f64>(sum) + value);
    square += value * value;
    reference += 8;
    sum += 8;
  }
  return square;
}

/**
 * Adds `count` rows of n float32 values to the sums of their classes, each less the reference of its class. `places`: int32, one per row: the row of
 * references and sums (float64) and the square (float64) that it belongs to.
 */
export function addExamples(
  x: usize,
  places: usize,
  count: i32,
  n: i32,
  references: usize,
  sums: usize,
  squares: usize,
): void {
  for (let i = 0; i < count; i++) {
    const place = <usize>load<i32>(places);
    const row = place * (<usize>n << 3);
    const square = squares + (place << 3);
    store<f64>(square, load<f64>(square) + addExample(x, references + row, sums + row, n));
    places += 4;
    x += <usize>n << 2;
  }
}

/** 1 where none of n float32 values is NaN or infinite, else 0: any of those times 0 is NaN, and so is the sum. */
export function allFinite(x: usize, n: i32): i32 {
  const zero = f32x4.splat(0);
  let s0 = zero;
  let s1 = zero;
  const end = x + (<usize>n << 2);
  const whole = x + (<usize>(n & ~7) << 2);
  for (; x < whole; x += 32) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(x), zero));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(x, 16), zero));
  }
  let rest: f32 = 0;
  for (; x < end; x += 4) rest += load<f32>(x) * 0;
  const all = f32x4.add(s0, s1);
  return v128.all_true<i32>(f32x4.eq(all, all)) && rest == rest ? 1 : 0;
}

/** Takes one row of n float32 values from each of `count` rows. */
export function lessRow(x: usize, count: i32, n: i32, row: usize): void {
  for (let i = 0; i < count; i++) {
    const whole = x + (<usize>(n & ~3) << 2);
    const end = x + (<usize>n << 2);
    let from = row;
    for (; x < whole; x += 16) {
      v128.store(x, f32x4.sub(v128.load(x), v128.load(from)));
      from += 16;
    }
    for (; x < end; x += 4) {
      store<f32>(x, load<f32>(x) - load<f32>(from));
      from += 4;
    }
  }
}
