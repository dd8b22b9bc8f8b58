import { multiplyAdd, putRow } from './panel';

/**
 * Adds the filter gradient of one framed image to `total`, (taps * runs * length) x columns.
 * Pixels of `dy` are `dyStep` bytes apart, its panels of eight columns `dyPanel`.
 * Reads up to three values behind a run, which the frame must leave room for; what they give is dropped.
 */
export function filterGradient(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  taps: i32,
  tapStep: usize,
  runs: i32,
  runStep: usize,
  length: i32,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  dyPanel: usize,
  columns: i32,
  total: usize,
): void {
  const pitch = <usize>columns << 2;
  for (let tap = 0; tap < taps; tap++) {
    for (let run = 0; run < runs; run++) {
      const corner = image + <usize>tap * tapStep + <usize>run * runStep;
      for (let i = 0; i < length; i += 4) {
        const rows = min(4, length - i);
        const row = total + <usize>((tap * runs + run) * length + i) * pitch;
        const from = corner + (<usize>i << 2);
        for (let column = 0; column < columns; column += 8) {
          const at = <usize>column << 2;
          const panel = dy + <usize>(column >> 3) * dyPanel;
          tile(from, rowStep, pixelStep, panel, height, width, dyStep, row + at, pitch, rows, columns - column);
        }
      }
    }
  }
}

@inline
function tile(
  image: usize,
  rowStep: usize,
  pixelStep: usize,
  dy: usize,
  height: i32,
  width: i32,
  dyStep: usize,
  total: usize,
  pitch: usize,
  rows: i32,
  columns: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let row = 0; row < height; row++) {
    let from = image + <usize>row * rowStep;
    for (let column = 0; column < width; column++) {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      let x = v128.load32_splat(from);
      a0 = multiplyAdd(a0, x, y0);
      a1 = multiplyAdd(a1, x, y1);
      x = v128.load32_splat(from, 4);
      b0 = multiplyAdd(b0, x, y0);
      b1 = multiplyAdd(b1, x, y1);
      x = v128.load32_splat(from, 8);
      c0 = multiplyAdd(c0, x, y0);
      c1 = multiplyAdd(c1, x, y1);
      x = v128.load32_splat(from, 12);
      d0 = multiplyAdd(d0, x, y0);
      d1 = multiplyAdd(d1, x, y1);
      from += pixelStep;
      dy += dyStep;
    }
  }
  putRow(total, a0, a1, columns, false);
  if (rows > 1) putRow(total + pitch, b0, b1, columns, false);
  if (rows > 2) putRow(total + 2 * pitch, c0, c1, columns, false);
  if (rows > 3) putRow(total + 3 * pitch, d0, d1, columns, false);
}
