import { addValue, addVector, multiplyAdd, sumLanesWide } from './panel';

/**
 * Adds the depthwise filter gradient of one framed image to `total`, taps x runs x channels. Where `classTotal` is not
 * 0, it is also added there, and its square (float64) at `square`.
 */
export function depthwiseFilter(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  dy: usize,
  height: i32,
  width: i32,
  channels: i32,
  total: usize,
  classTotal: usize,
  square: usize,
): void {
  const dyStep = (<usize>channels) << 2;
  let squares: f64 = 0;
  for (let tap = 0; tap < taps; tap++) {
    for (let run = 0; run < runs; run++) {
      const corner = image + <usize>tap * tapStep + <usize>run * runStep;
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const at = (<usize>c) << 2;
        let sum = f32x4.splat(0);
        for (let row = 0; row < height; row++) {
          let x = corner + at + <usize>row * rowStep;
          let y = dy + at + <usize>(row * width) * dyStep;
          for (let column = 0; column < width; column++) {
            sum = multiplyAdd(sum, v128.load(x), v128.load(y));
            x += pixelStep;
            y += dyStep;
          }
        }
        addVector(total + at, sum);
        if (classTotal !== 0) {
          addVector(classTotal + at, sum);
          squares += sumLanesWide(f32x4.mul(sum, sum));
        }
      }
      for (; c < channels; c++) {
        const at = (<usize>c) << 2;
        let sum: f32 = 0;
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const x = load<f32>(corner + at + <usize>row * rowStep + <usize>column * pixelStep);
            sum += x * load<f32>(dy + at + <usize>(row * width + column) * dyStep);
          }
        }
        addValue(total + at, sum);
        if (classTotal !== 0) {
          addValue(classTotal + at, sum);
          squares += <f64>sum * <f64>sum;
        }
      }
      total += dyStep;
      if (classTotal !== 0) classTotal += dyStep;
    }
  }
  if (classTotal !== 0) store<f64>(square, load<f64>(square) + squares);
}

/** Adds to a framed image of zeros what each pixel of `dy` sends back through the filter, taps x runs x channels. */
export function depthwiseInput(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  dy: usize,
  height: i32,
  width: i32,
  channels: i32,
  filter: usize,
): void {
  const bytes = (<usize>channels) << 2;
  const whole = (<usize>(channels & ~3)) << 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const corner = image + <usize>row * rowStep + <usize>column * pixelStep;
      let weights = filter;
      for (let tap = 0; tap < taps; tap++) {
        for (let run = 0; run < runs; run++) {
          const to = corner + <usize>tap * tapStep + <usize>run * runStep;
          let i: usize = 0;
          for (; i < whole; i += 16) {
            v128.store(to + i, multiplyAdd(v128.load(to + i), v128.load(dy + i), v128.load(weights + i)));
          }
          for (; i < bytes; i += 4) {
            store<f32>(to + i, load<f32>(to + i) + load<f32>(dy + i) * load<f32>(weights + i));
          }
          weights += bytes;
        }
      }
      dy += bytes;
    }
  }
}

/** Takes the image out of its frame, every `copies` channels summed into one. */
export function unframe(
  from: usize,
  columns: i32,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
  channels: i32,
  copies: i32,
  rows: i32,
  to: usize,
): void {
  const pixel = (<usize>(channels * copies)) << 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const y = row + top;
      const x = column + left;
      const inside = y < rows && x < columns;
      const source = from + <usize>(y * columns + x) * pixel;
      for (let c = 0; c < channels; c++) {
        let sum: f32 = 0;
        if (inside) for (let i = 0; i < copies; i++) sum += load<f32>(source + ((<usize>(c * copies + i)) << 2));
        store<f32>(to, sum);
        to += 4;
      }
    }
  }
}
