import { multiplyAdd, packColumns, packRows, putRow } from './panel';

/** Depth of a block: a panel of eight columns (8 KiB) stays in the first cache while the rows pass. */
const DEPTH = 256;
/** Rows of a block: 96 x 256 values (96 KiB) stay in the second cache. */
const ROWS = 96;
/** Columns of a block: 256 x 1024 values (1 MiB) of B are packed at a time. */
const COLUMNS = 1024;

/** C (+)= A B for four packed rows and eight packed columns. */
@inline
function tile(a: usize, b: usize, depth: i32, c: usize, pitch: usize, rows: i32, columns: i32, fresh: bool): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let d = 0; d < depth; d++) {
    const y0 = v128.load(b);
    const y1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    a0 = multiplyAdd(a0, x, y0);
    a1 = multiplyAdd(a1, x, y1);
    x = v128.load32_splat(a, 4);
    b0 = multiplyAdd(b0, x, y0);
    b1 = multiplyAdd(b1, x, y1);
    x = v128.load32_splat(a, 8);
    c0 = multiplyAdd(c0, x, y0);
    c1 = multiplyAdd(c1, x, y1);
    x = v128.load32_splat(a, 12);
    d0 = multiplyAdd(d0, x, y0);
    d1 = multiplyAdd(d1, x, y1);
    a += 16;
    b += 32;
  }
  putRow(c, a0, a1, columns, fresh);
  if (rows > 1) putRow(c + pitch, b0, b1, columns, fresh);
  if (rows > 2) putRow(c + 2 * pitch, c0, c1, columns, fresh);
  if (rows > 3) putRow(c + 3 * pitch, d0, d1, columns, fresh);
}

/**
 * C = A B; A is m x k, B is k x n, each with its own row and column stride in values, so either may be a transpose.
 * C is m x n without gaps. Scratch: (96 + min(1024, n rounded up to eight)) * 256 values.
 */
export function product(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  c: usize,
  scratch: usize,
): void {
  const pitch = <usize>n << 2;
  const packedRows = scratch;
  const packedColumns = scratch + <usize>(ROWS * DEPTH * 4);
  for (let left = 0; left < n; left += COLUMNS) {
    const columns = min(COLUMNS, n - left);
    for (let start = 0; start < k; start += DEPTH) {
      const depth = min(DEPTH, k - start);
      const corner = b + (<usize>(start * bRow + left * bColumn) << 2);
      packColumns(corner, <usize>bColumn << 2, <usize>bRow << 2, columns, depth, packedColumns, <usize>depth << 5);
      for (let top = 0; top < m; top += ROWS) {
        const rows = min(ROWS, m - top);
        const from = a + (<usize>(top * aRow + start * aColumn) << 2);
        packRows(from, <usize>aRow << 2, <usize>aColumn << 2, rows, depth, packedRows);
        const to = c + <usize>top * pitch + (<usize>left << 2);
        block(rows, columns, depth, packedRows, packedColumns, to, pitch, start == 0);
      }
    }
  }
}

function block(m: i32, n: i32, depth: i32, a: usize, b: usize, c: usize, pitch: usize, fresh: bool): void {
  for (let column = 0; column < n; column += 8) {
    const panel = b + ((<usize>column * <usize>depth) << 2);
    for (let row = 0; row < m; row += 4) {
      const corner = c + <usize>row * pitch + (<usize>column << 2);
      tile(a + ((<usize>row * <usize>depth) << 2), panel, depth, corner, pitch, m - row, n - column, fresh);
    }
  }
}
