/** Fits a curve to the pixels of a chart without losing a spike. Pure. */
import type { Curve } from './curves.ts';
import { type StepScale, stepPosition } from './step-axis.ts';

export interface Point {
  /** Position on the step axis. */
  readonly x: number;
  /** NaN where the line has a gap. */
  readonly y: number;
}

export interface Span {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

export interface Trace {
  /** At most four points per pixel column: first, lowest, highest, last. */
  readonly points: readonly Point[];
  /** Lowest and highest single measurement behind each column. */
  readonly spans: readonly Span[];
  /** Positions of the columns in which a measurement was NaN or infinite, and how many buckets held one. */
  readonly broken: readonly number[];
  readonly brokenBuckets: number;
}

export interface Frame {
  readonly scale: StepScale;
  /** First and last step shown. */
  readonly range: readonly [number, number];
  /** Width in pixels. */
  readonly columns: number;
}

/** One element of a curve as a trace. */
export function traceOf(curve: Curve, element: number, frame: Frame): Trace {
  const [from, to] = frame.range;
  const left = stepPosition(from, frame.scale);
  const perColumn = Math.max(stepPosition(to, frame.scale) - left, 1e-9) / Math.max(1, frame.columns);
  const trace = new TraceBuilder();
  const rows = rowsWithin(curve, from, to);
  for (let row = rows[0]; row < rows[1]; row++) {
    const bucket = curve.bucket(row);
    if (element >= bucket.last.length) continue;
    const x = stepPosition(bucket.step, frame.scale);
    trace.column(Math.floor((x - left) / perColumn), x);
    trace.value(x, curve.value(row, element));
    if (bucket.seen[element] && bucket.min.length > 0) trace.span(bucket.min[element]!, bucket.max[element]!);
    if (bucket.seen[element] && !Number.isFinite(bucket.sum[element] ?? bucket.last[element]!)) trace.broken();
  }
  return trace.finish();
}

/** Rows to draw between two steps, with one more at either side so that the line runs on to the edge. */
function rowsWithin(curve: Curve, from: number, to: number): [number, number] {
  let first = 0;
  let last = curve.rows;
  while (first + 1 < last && curve.bucket(first + 1).step < from) first++;
  while (last - 1 > first && curve.bucket(last - 2).step > to) last--;
  return [first, last];
}

class TraceBuilder {
  private readonly points: Point[] = [];
  private readonly spans: Span[] = [];
  private readonly brokenAt: number[] = [];
  private brokenBuckets = 0;
  private current = Number.NaN;
  private x = 0;
  private first: Point | null = null;
  private lowest: Point | null = null;
  private highest: Point | null = null;
  private last: Point | null = null;
  private low = Infinity;
  private high = -Infinity;
  private isBroken = false;

  column(column: number, x: number): void {
    if (column !== this.current) this.flush();
    this.current = column;
    this.x = x;
  }

  value(x: number, y: number | null): void {
    if (y === null || !Number.isFinite(y)) return;
    const point = { x, y };
    this.first ??= point;
    if (this.lowest === null || y < this.lowest.y) this.lowest = point;
    if (this.highest === null || y > this.highest.y) this.highest = point;
    this.last = point;
  }

  span(low: number, high: number): void {
    if (low < this.low) this.low = low;
    if (high > this.high) this.high = high;
  }

  broken(): void {
    this.isBroken = true;
    this.brokenBuckets++;
  }

  finish(): Trace {
    this.flush();
    return { points: this.points, spans: this.spans, broken: this.brokenAt, brokenBuckets: this.brokenBuckets };
  }

  private flush(): void {
    if (Number.isNaN(this.current)) return;
    this.flushPoints();
    if (this.low <= this.high) this.spans.push({ x: this.x, low: this.low, high: this.high });
    else this.spans.push({ x: this.x, low: Number.NaN, high: Number.NaN });
    if (this.isBroken) this.brokenAt.push(this.x);
    this.first = this.lowest = this.highest = this.last = null;
    this.low = Infinity;
    this.high = -Infinity;
    this.isBroken = false;
  }

  private flushPoints(): void {
    const { first, lowest, highest, last } = this;
    if (first === null || lowest === null || highest === null || last === null) {
      // One gap point is enough, however many columns are empty.
      if (this.points.length > 0 && !Number.isNaN(this.points.at(-1)!.y))
        this.points.push({ x: this.x, y: Number.NaN });
      return;
    }
    const [early, late] = lowest.x <= highest.x ? [lowest, highest] : [highest, lowest];
    for (const point of [first, early, late, last]) if (this.points.at(-1) !== point) this.points.push(point);
  }
}
