import { addValue, addVector, multiplyAdd, sumLanesWide } from './panel';

/** Values whose sum stays in float32 lanes (16 of them) before it goes to float64. */
const BLOCK = 4096;

/** Sum of a_i b_i over n float32 values. */
export function dotProduct(a: usize, b: usize, n: i32): f64 {
  let sum: f64 = 0;
  const whole = n & ~15;
  for (let start = 0; start < whole; start += BLOCK) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const end = a + ((<usize>min(BLOCK, whole - start)) << 2);
    while (a < end) {
      s0 = multiplyAdd(s0, v128.load(a), v128.load(b));
      s1 = multiplyAdd(s1, v128.load(a, 16), v128.load(b, 16));
      s2 = multiplyAdd(s2, v128.load(a, 32), v128.load(b, 32));
      s3 = multiplyAdd(s3, v128.load(a, 48), v128.load(b, 48));
      a += 64;
      b += 64;
    }
    sum += sumLanesWide(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }
  for (let i = whole; i < n; i++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}

/** Sum of the squares of n float32 values. */
export function squareSum(from: usize, n: i32): f64 {
  return dotProduct(from, from, n);
}

/** Adds n float32 values to others. */
export function addTo(from: usize, n: i32, to: usize): void {
  const whole = to + ((<usize>(n & ~3)) << 2);
  const end = to + ((<usize>n) << 2);
  while (to < whole) {
    addVector(to, v128.load(from));
    from += 16;
    to += 16;
  }
  while (to < end) {
    addValue(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}
