import { multiplyAdd, putRow, sumLanes } from './panel';

/**
 * One image into a frame of zeros: `rows` x `width` pixels of `channels` values, each value `copies` times (a depthwise
 * filter with a multiplier reads every channel more than once). Pixels outside of the frame are left out.
 */
export function frame(
  from: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  copies: i32,
  to: usize,
): void {
  const pixel = <usize>(channels * copies) << 2;
  memory.fill(to, 0, <usize>(rows * columns) * pixel);
  const first = max(-top, 0);
  const last = min(height, rows - top);
  const start = max(-left, 0);
  const end = min(width, columns - left);
  if (end <= start) return;
  for (let row = first; row < last; row++) {
    const source = from + (<usize>((row * width + start) * channels) << 2);
    const target = to + <usize>((row + top) * columns + left + start) * pixel;
    if (copies == 1) memory.copy(target, source, <usize>(end - start) * pixel);
    else repeat(source, (end - start) * channels, copies, target);
  }
}

function repeat(from: usize, count: i32, copies: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<f32>(from + (<usize>i << 2));
    for (let c = 0; c < copies; c++) {
      store<f32>(to, value);
      to += 4;
    }
  }
}

/**
 * Correlates one framed image with a filter whose columns were packed in panels of eight.
 * Pixel q of the result reads from `image + starts[q]` and goes to `result + ends[q]` (byte offsets, the lists filled up
 * to a multiple of four). A filter is `taps` rows, `tapStep` bytes apart, each of `runs` runs, `runStep` bytes apart,
 * of `length` values without gaps. `bias` is 0, or the address of one value per column, rounded up to eight; what falls
 * below `least` is lifted to it (0 is relu, -Infinity nothing).
 */
export function correlate(
  image: usize,
  starts: usize,
  ends: usize,
  pixels: i32,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  filter: usize,
  columns: i32,
  bias: usize,
  least: f32,
  result: usize,
): void {
  const depth = <usize>(taps * runs * length);
  for (let column = 0; column < columns; column += 8) {
    const panel = filter + ((<usize>column * depth) << 2);
    const target = result + (<usize>column << 2);
    for (let q = 0; q < pixels; q += 4) {
      const at = <usize>q << 2;
      const offset: usize = bias === 0 ? 0 : bias + (<usize>column << 2);
      const left = columns - column;
      quad(image, starts + at, ends + at, pixels - q, taps, tapStep, runs, runStep, length, panel, left, offset, least, target);
    }
  }
}

@inline
function quad(
  image: usize,
  starts: usize,
  ends: usize,
  pixels: i32,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  filter: usize,
  columns: i32,
  bias: usize,
  least: f32,
  result: usize,
): void {
  let a0 = bias === 0 ? f32x4.splat(0) : v128.load(bias);
  let a1 = bias === 0 ? a0 : v128.load(bias, 16);
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  let d0 = a0;
  let d1 = a1;
  const p0 = image + load<u32>(starts);
  const p1 = image + load<u32>(starts, 4);
  const p2 = image + load<u32>(starts, 8);
  const p3 = image + load<u32>(starts, 12);
  const bytes = <usize>length << 2;
  for (let tap = 0; tap < taps; tap++) {
    for (let run = 0; run < runs; run++) {
      const offset = <usize>tap * tapStep + <usize>run * runStep;
      const end = offset + bytes;
      for (let i = offset; i < end; i += 4) {
        const y0 = v128.load(filter);
        const y1 = v128.load(filter, 16);
        let x = v128.load32_splat(p0 + i);
        a0 = multiplyAdd(a0, x, y0);
        a1 = multiplyAdd(a1, x, y1);
        x = v128.load32_splat(p1 + i);
        b0 = multiplyAdd(b0, x, y0);
        b1 = multiplyAdd(b1, x, y1);
        x = v128.load32_splat(p2 + i);
        c0 = multiplyAdd(c0, x, y0);
        c1 = multiplyAdd(c1, x, y1);
        x = v128.load32_splat(p3 + i);
        d0 = multiplyAdd(d0, x, y0);
        d1 = multiplyAdd(d1, x, y1);
        filter += 32;
      }
    }
  }
  const floor = f32x4.splat(least);
  putRow(result + load<u32>(ends), f32x4.max(a0, floor), f32x4.max(a1, floor), columns, true);
  if (pixels > 1) putRow(result + load<u32>(ends, 4), f32x4.max(b0, floor), f32x4.max(b1, floor), columns, true);
  if (pixels > 2) putRow(result + load<u32>(ends, 8), f32x4.max(c0, floor), f32x4.max(c1, floor), columns, true);
  if (pixels > 3) putRow(result + load<u32>(ends, 12), f32x4.max(d0, floor), f32x4.max(d1, floor), columns, true);
}

/**
 * The same for few columns, where panels of eight would be mostly zeros: four pixels at a time, the vector runs along
 * the depth. The filter is not packed: column after column of taps x runs x length values.
 */
export function correlateNarrow(
  image: usize,
  starts: usize,
  ends: usize,
  pixels: i32,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  filter: usize,
  columns: i32,
  result: usize,
): void {
  const depth = <usize>(taps * runs * length) << 2;
  for (let q = 0; q < pixels; q += 4) {
    const at = <usize>q << 2;
    for (let column = 0; column < columns; column++) {
      const weights = filter + <usize>column * depth;
      const target = result + (<usize>column << 2);
      quadNarrow(image, starts + at, ends + at, pixels - q, taps, tapStep, runs, runStep, length, weights, target);
    }
  }
}

@inline
function quadNarrow(
  image: usize,
  starts: usize,
  ends: usize,
  pixels: i32,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  filter: usize,
  result: usize,
): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const p0 = image + load<u32>(starts);
  const p1 = image + load<u32>(starts, 4);
  const p2 = image + load<u32>(starts, 8);
  const p3 = image + load<u32>(starts, 12);
  for (let tap = 0; tap < taps; tap++) {
    for (let run = 0; run < runs; run++) {
      const offset = <usize>tap * tapStep + <usize>run * runStep;
      const whole = offset + (<usize>(length & ~3) << 2);
      const end = offset + (<usize>length << 2);
      let i = offset;
      for (; i < whole; i += 16) {
        const y = v128.load(filter);
        a = multiplyAdd(a, v128.load(p0 + i), y);
        b = multiplyAdd(b, v128.load(p1 + i), y);
        c = multiplyAdd(c, v128.load(p2 + i), y);
        d = multiplyAdd(d, v128.load(p3 + i), y);
        filter += 16;
      }
      for (; i < end; i += 4) {
        const y = v128.load32_zero(filter);
        a = multiplyAdd(a, v128.load32_zero(p0 + i), y);
        b = multiplyAdd(b, v128.load32_zero(p1 + i), y);
        c = multiplyAdd(c, v128.load32_zero(p2 + i), y);
        d = multiplyAdd(d, v128.load32_zero(p3 + i), y);
        filter += 4;
      }
    }
  }
  store<f32>(result + load<u32>(ends), sumLanes(a));
  if (pixels > 1) store<f32>(result + load<u32>(ends, 4), sumLanes(b));
  if (pixels > 2) store<f32>(result + load<u32>(ends, 8), sumLanes(c));
  if (pixels > 3) store<f32>(result + load<u32>(ends, 12), sumLanes(d));
}
