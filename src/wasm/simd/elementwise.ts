/** y = 1 where x > 0, else alpha; NaN stays NaN. */
export function step(x: usize, count: i32, alpha: f32, y: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const other = f32x4.splat(alpha);
  const whole = x + (<usize>(count & ~3) << 2);
  const end = x + (<usize>count << 2);
  for (; x < whole; x += 16) {
    const value = v128.load(x);
    const stepped = v128.bitselect(one, other, f32x4.gt(value, zero));
    v128.store(y, v128.bitselect(stepped, value, f32x4.eq(value, value)));
    y += 16;
  }
  for (; x < end; x += 4) {
    const value = load<f32>(x);
    store<f32>(y, value > 0 ? 1 : value == value ? alpha : value);
    y += 4;
  }
}

/**
 * One Adam update of `count` weights. New moments and weights go to places of their own: someone may hold the old ones.
 * `unbias1`, `unbias2` are 1 - beta^t; `rate` is the learning rate.
 */
export function adam(
  weight: usize,
  first: usize,
  second: usize,
  gradient: usize,
  count: i32,
  beta1: f32,
  beta2: f32,
  unbias1: f32,
  unbias2: f32,
  rate: f32,
  epsilon: f32,
  newWeight: usize,
  newFirst: usize,
  newSecond: usize,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(<f32>(1.0 - <f64>beta1));
  const c2 = f32x4.splat(<f32>(1.0 - <f64>beta2));
  const u1 = f32x4.splat(unbias1);
  const u2 = f32x4.splat(unbias2);
  const r = f32x4.splat(-rate);
  const e = f32x4.splat(epsilon);
  const bytes = <usize>count << 2;
  const whole = <usize>(count & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const g = v128.load(gradient + i);
    const m = f32x4.add(f32x4.mul(v128.load(first + i), b1), f32x4.mul(g, c1));
    const v = f32x4.add(f32x4.mul(v128.load(second + i), b2), f32x4.mul(f32x4.mul(g, g), c2));
    v128.store(newFirst + i, m);
    v128.store(newSecond + i, v);
    const move = f32x4.div(f32x4.div(m, u1), f32x4.add(f32x4.sqrt(f32x4.div(v, u2)), e));
    v128.store(newWeight + i, f32x4.add(f32x4.mul(move, r), v128.load(weight + i)));
  }
  for (; i < bytes; i += 4) {
    const g = load<f32>(gradient + i);
    const m = load<f32>(first + i) * beta1 + g * <f32>(1.0 - <f64>beta1);
    const v = load<f32>(second + i) * beta2 + g * g * <f32>(1.0 - <f64>beta2);
    store<f32>(newFirst + i, m);
    store<f32>(newSecond + i, v);
    const move = m / unbias1 / (<f32>Math.sqrt(<f64>(v / unbias2)) + epsilon);
    store<f32>(newWeight + i, move * -rate + load<f32>(weight + i));
  }
}
