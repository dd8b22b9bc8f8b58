/** Fits a curve to the pixels of a chart without losing a spike. Pure. */
import type { Curve } from './curves.ts';
import { type StepScale, stepAt, stepPosition } from './step-axis.ts';

/** One line of a chart. Positions are those of the step axis; parallel lists, for speed. */
export interface Trace {
  /**
   * Per column the first, lowest, highest and last point; one with the mean where the curve is a sliding mean itself, whose single
   * measurements `lows` and `highs` hold. NaN where the line has a gap.
   */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Lowest and highest single measurement behind each column; NaN where there is none. */
  readonly columns: readonly number[];
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  /** Positions of the columns in which a measurement was NaN or infinite. */
  readonly broken: readonly number[];
}

export interface Frame {
  readonly scale: StepScale;
  /** First and last step shown. */
  readonly range: readonly [number, number];
  /** Number of columns between them. */
  readonly columns: number;
}

/** One element of a curve as a trace. */
export function traceOf(curve: Curve, element: number, { scale, range, columns }: Frame): Trace {
  const left = stepPosition(range[0], scale);
  const perColumn = Math.max(stepPosition(range[1], scale) - left, 1e-9) / Math.max(1, columns);
  const trace = new TraceBuilder(curve.rows > 0 && curve.support(0) !== null);
  const [first, last] = rowsWithin(curve, range);
  for (let row = first; row < last; row++) {
    const bucket = curve.bucket(row);
    if (element >= bucket.last.length) continue;
    const x = stepPosition(bucket.step, scale);
    trace.column(Math.floor((x - left) / perColumn), x);
    trace.value(x, curve.value(row, element));
    if (bucket.seen[element] === 0) continue;
    if (bucket.min.length > 0) trace.span(bucket.min[element]!, bucket.max[element]!);
    if (!Number.isFinite(bucket.sum[element] ?? bucket.last[element]!)) trace.markBroken();
  }
  trace.flush();
  return trace;
}

/** Rows to draw between two steps, with one more at either side so that the line runs on to the edge. */
function rowsWithin(curve: Curve, [from, to]: readonly [number, number]): [number, number] {
  let first = 0;
  let last = curve.rows;
  while (first + 1 < last && curve.bucket(first + 1).step < from) first++;
  while (last - 1 > first && curve.bucket(last - 2).step > to) last--;
  return [first, last];
}

class TraceBuilder implements Trace {
  readonly xs: number[] = [];
  readonly ys: number[] = [];
  readonly columns: number[] = [];
  readonly lows: number[] = [];
  readonly highs: number[] = [];
  readonly broken: number[] = [];
  private readonly isMean: boolean;
  private current = Number.NaN;
  private x = 0;
  private sum = 0;
  private count = 0;
  private firstX = 0;
  private firstY = Number.NaN;
  private lowX = 0;
  private lowY = Infinity;
  private highX = 0;
  private highY = -Infinity;
  private lastX = 0;
  private lastY = Number.NaN;
  private low = Infinity;
  private high = -Infinity;
  private isBroken = false;

  /** `isMean`: one point per column. */
  constructor(isMean: boolean) {
    this.isMean = isMean;
  }

  column(column: number, x: number): void {
    if (column !== this.current) this.flush();
    this.current = column;
    this.x = x;
  }

  value(x: number, y: number | null): void {
    if (y === null || !Number.isFinite(y)) return;
    if (Number.isNaN(this.firstY)) [this.firstX, this.firstY] = [x, y];
    if (y < this.lowY) [this.lowX, this.lowY] = [x, y];
    if (y > this.highY) [this.highX, this.highY] = [x, y];
    this.lastX = x;
    this.lastY = y;
    this.sum += y;
    this.count++;
  }

  span(low: number, high: number): void {
    if (low < this.low) this.low = low;
    if (high > this.high) this.high = high;
  }

  markBroken(): void {
    this.isBroken = true;
  }

  /** Writes the open column out. */
  flush(): void {
    if (Number.isNaN(this.current)) return;
    if (this.count === 0) this.gap();
    else if (this.isMean) this.push(this.lastX, this.sum / this.count);
    else this.line();
    const isEmpty = this.low > this.high;
    this.columns.push(this.x);
    this.lows.push(isEmpty ? Number.NaN : this.low);
    this.highs.push(isEmpty ? Number.NaN : this.high);
    if (this.isBroken) this.broken.push(this.x);
    this.sum = this.count = 0;
    this.firstY = Number.NaN;
    this.lowY = this.low = Infinity;
    this.highY = this.high = -Infinity;
    this.isBroken = false;
  }

  private line(): void {
    this.push(this.firstX, this.firstY);
    const isLowFirst = this.lowX <= this.highX;
    if (isLowFirst) this.push(this.lowX, this.lowY);
    this.push(this.highX, this.highY);
    if (!isLowFirst) this.push(this.lowX, this.lowY);
    this.push(this.lastX, this.lastY);
  }

  private push(x: number, y: number): void {
    const end = this.xs.length - 1;
    if (this.xs[end] === x && this.ys[end] === y) return;
    this.xs.push(x);
    this.ys.push(y);
  }

  /** One gap point is enough, however many columns are empty. */
  private gap(): void {
    if (this.ys.length === 0 || Number.isNaN(this.ys.at(-1)!)) return;
    this.xs.push(this.x);
    this.ys.push(Number.NaN);
  }
}

/**
 * Last step of an axis that grows with the run: a little ahead of it, and the same for a while, so that most updates need no new axis.
 */
export function growingEnd(lastStep: number, scale: StepScale): number {
  const last = Math.max(1, lastStep);
  const position = stepPosition(last, scale);
  const unit = scale === 'log' ? 0.02 : 10 ** Math.floor(Math.log10(last)) / 20;
  return stepAt(Math.ceil(position / unit - 1e-9) * unit, scale);
}
