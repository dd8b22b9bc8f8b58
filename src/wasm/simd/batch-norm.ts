/** Rows whose mean and squares are taken together while they are in the first cache. */
const CHUNK = 64;

/**
 * Mean and biased variance of each column of `rows` x `columns` values, and 1 / sqrt(variance + epsilon).
 * Chunk by chunk: the mean of the chunk first, then the squares around it, joined in double precision, so that a mean
 * much larger than the deviation costs no digits. `sums` is scratch: 2 x columns doubles, then 2 x columns floats.
 */
export function columnMoments(
  x: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  mean: usize,
  variance: usize,
  inverse: usize,
  sums: usize,
): void {
  const step = <usize>columns << 2;
  const squares = sums + (<usize>columns << 3);
  const part = squares + (<usize>columns << 3);
  memory.fill(sums, 0, <usize>columns << 4);
  for (let start = 0; start < rows; start += CHUNK) {
    const count = min(CHUNK, rows - start);
    chunk(x + <usize>start * step, count, columns, part, part + step);
    join(columns, <f64>start, <f64>count, part, part + step, sums, squares);
  }
  for (let c = 0; c < columns; c++) {
    const at = <usize>c << 2;
    const spread = load<f64>(squares + (<usize>c << 3)) / <f64>rows;
    store<f32>(mean + at, <f32>load<f64>(sums + (<usize>c << 3)));
    store<f32>(variance + at, <f32>spread);
    store<f32>(inverse + at, <f32>(1.0 / Math.sqrt(<f64>(<f32>spread) + <f64>epsilon)));
  }
}

/** Mean and sum of squares around it of a few rows. */
function chunk(x: usize, rows: i32, columns: i32, mean: usize, squares: usize): void {
  const step = <usize>columns << 2;
  const share = f32x4.splat(<f32>(1.0 / <f64>rows));
  let c = 0;
  for (; c + 8 <= columns; c += 8) {
    let a = f32x4.splat(0);
    let b = a;
    let at = x + (<usize>c << 2);
    for (let row = 0; row < rows; row++) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      at += step;
    }
    a = f32x4.mul(a, share);
    b = f32x4.mul(b, share);
    let aa = f32x4.splat(0);
    let bb = aa;
    at = x + (<usize>c << 2);
    for (let row = 0; row < rows; row++) {
      const da = f32x4.sub(v128.load(at), a);
      const db = f32x4.sub(v128.load(at, 16), b);
      aa = f32x4.add(aa, f32x4.mul(da, da));
      bb = f32x4.add(bb, f32x4.mul(db, db));
      at += step;
    }
    v128.store(mean + (<usize>c << 2), a);
    v128.store(mean + (<usize>c << 2), b, 16);
    v128.store(squares + (<usize>c << 2), aa);
    v128.store(squares + (<usize>c << 2), bb, 16);
  }
  for (; c < columns; c++) {
    const from = x + (<usize>c << 2);
    let sum: f64 = 0;
    for (let row = 0; row < rows; row++) sum += load<f32>(from + <usize>row * step);
    const center = <f32>(sum / <f64>rows);
    let spread: f32 = 0;
    for (let row = 0; row < rows; row++) {
      const d = load<f32>(from + <usize>row * step) - center;
      spread += d * d;
    }
    store<f32>(mean + (<usize>c << 2), center);
    store<f32>(squares + (<usize>c << 2), spread);
  }
}

/** Joins a chunk of `count` rows to the `before` rows seen so far. */
function join(columns: i32, before: f64, count: f64, mean: usize, squares: usize, means: usize, spreads: usize): void {
  const share = count / (before + count);
  for (let c = 0; c < columns; c++) {
    const at = <usize>c << 3;
    const center = load<f64>(means + at);
    const shift = <f64>load<f32>(mean + (<usize>c << 2)) - center;
    store<f64>(means + at, center + shift * share);
    const spread = load<f64>(spreads + at) + <f64>load<f32>(squares + (<usize>c << 2));
    store<f64>(spreads + at, spread + shift * shift * before * share);
  }
}

/** y = (x - mean) * scale + shift for each column. */
export function normalize(
  x: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  y: usize,
): void {
  const bytes = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  for (let row = 0; row < rows; row++) {
    let c: usize = 0;
    for (; c < whole; c += 16) {
      const d = f32x4.mul(f32x4.sub(v128.load(x + c), v128.load(mean + c)), v128.load(scale + c));
      v128.store(y + c, f32x4.add(d, v128.load(shift + c)));
    }
    for (; c < bytes; c += 4) {
      store<f32>(y + c, (load<f32>(x + c) - load<f32>(mean + c)) * load<f32>(scale + c) + load<f32>(shift + c));
    }
    x += bytes;
    y += bytes;
  }
}

/** Of each example (`rows` rows): the sums of dy, and of dy times the normalized input, per column. */
export function normalizeGradientSums(
  x: usize,
  dy: usize,
  examples: i32,
  rows: i32,
  columns: i32,
  mean: usize,
  inverse: usize,
  sums: usize,
  products: usize,
): void {
  const bytes = <usize>columns << 2;
  const block = <usize>rows * bytes;
  for (let example = 0; example < examples; example++) {
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const at = <usize>c << 2;
      const center = v128.load(mean + at);
      let sum = f32x4.splat(0);
      let product = sum;
      let sum2 = sum;
      let product2 = sum;
      let from = x + at;
      let error = dy + at;
      let row = 0;
      for (; row + 2 <= rows; row += 2) {
        const e = v128.load(error);
        const e2 = v128.load(error + bytes);
        sum = f32x4.add(sum, e);
        product = f32x4.add(product, f32x4.mul(e, f32x4.sub(v128.load(from), center)));
        sum2 = f32x4.add(sum2, e2);
        product2 = f32x4.add(product2, f32x4.mul(e2, f32x4.sub(v128.load(from + bytes), center)));
        from += 2 * bytes;
        error += 2 * bytes;
      }
      if (row < rows) {
        const e = v128.load(error);
        sum = f32x4.add(sum, e);
        product = f32x4.add(product, f32x4.mul(e, f32x4.sub(v128.load(from), center)));
      }
      v128.store(sums + at, f32x4.add(sum, sum2));
      v128.store(products + at, f32x4.mul(f32x4.add(product, product2), v128.load(inverse + at)));
    }
    for (; c < columns; c++) {
      const at = <usize>c << 2;
      let sum: f32 = 0;
      let product: f32 = 0;
      for (let row = 0; row < rows; row++) {
        const e = load<f32>(dy + at + <usize>row * bytes);
        sum += e;
        product += e * (load<f32>(x + at + <usize>row * bytes) - load<f32>(mean + at));
      }
      store<f32>(sums + at, sum);
      store<f32>(products + at, product * load<f32>(inverse + at));
    }
    x += block;
    dy += block;
    sums += bytes;
    products += bytes;
  }
}

/** dx = dy * a + (x - mean) * b + c for each column. */
export function normalizeGradient(
  x: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  a: usize,
  b: usize,
  c: usize,
  dx: usize,
): void {
  const bytes = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    for (; i < whole; i += 16) {
      const centered = f32x4.mul(f32x4.sub(v128.load(x + i), v128.load(mean + i)), v128.load(b + i));
      const scaled = f32x4.add(f32x4.mul(v128.load(dy + i), v128.load(a + i)), v128.load(c + i));
      v128.store(dx + i, f32x4.add(scaled, centered));
    }
    for (; i < bytes; i += 4) {
      const centered = (load<f32>(x + i) - load<f32>(mean + i)) * load<f32>(b + i);
      store<f32>(dx + i, load<f32>(dy + i) * load<f32>(a + i) + load<f32>(c + i) + centered);
    }
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}
