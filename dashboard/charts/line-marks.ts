/** What a line chart draws: lines, bands of single measurements, labels at the ends, marks where a value was not finite. */
import type { Chart, ChartArea, Plugin } from 'chart.js';
import type { Curve } from '../curves.ts';
import type { Trace } from '../decimate.ts';
import { FONT } from './font.ts';

export interface Line {
  readonly label: string;
  /** Short form for the end of the line. */
  readonly tag: string;
  /** Class or other element; null for a scalar. */
  readonly element: number | null;
  readonly curve: Curve;
  readonly trace: Trace;
  readonly color: string;
  readonly dash: readonly number[];
  readonly width: number;
  readonly alpha: number;
  /** Whether the single measurements behind the line are drawn. */
  readonly band: boolean;
}

const LABEL_HEIGHT = 12;
/** Up to this many points each gets a dot: the first steps of a run are few. */
const MAX_DOTS = 24;

type ToPixel = (value: number) => number;

/** The marks of the lines that `lines` gives at the time of drawing. They are no data sets: Chart.js keeps an object per point. */
export function lineMarks(lines: () => readonly Line[]): Plugin<'line'> {
  return {
    id: 'line-marks',
    beforeDatasetsDraw: (chart) => {
      const [x, y] = projections(chart);
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(chartArea.left - 1, chartArea.top - 2, chartArea.width + 3, chartArea.height + 4);
      ctx.clip();
      ctx.lineJoin = 'round';
      const drawn = lines().toSorted((a, b) => a.alpha - b.alpha);
      for (const line of drawn) if (line.band) drawBand(ctx, line, x, y);
      for (const line of drawn) drawLine(ctx, line, x, y);
      ctx.restore();
      drawTags(chart, lines(), y);
      for (const line of drawn) drawBroken(chart, line, x);
      if (chart.scales.y?.type === 'logarithmic') for (const line of drawn) drawNonPositive(chart, line, x);
    },
  };
}

/** Positions to pixels. Both axes are straight between their ends, a log axis in the logarithm. */
function projections({ scales, chartArea }: Chart<'line'>): [ToPixel, ToPixel] {
  const { x, y } = scales;
  const perX = chartArea.width / ((x?.max ?? 1) - (x?.min ?? 0));
  const toX: ToPixel = (value) => chartArea.left + (value - (x?.min ?? 0)) * perX;
  const isLog = y?.type === 'logarithmic';
  const of = (value: number) => (isLog ? (value > 0 ? Math.log10(value) : Number.NaN) : value);
  const low = of(y?.min ?? 0);
  const perY = chartArea.height / (of(y?.max ?? 1) - low);
  return [toX, (value) => chartArea.bottom - (of(value) - low) * perY];
}

function drawBand(ctx: CanvasRenderingContext2D, { trace, color }: Line, x: ToPixel, y: ToPixel): void {
  const { columns, lows, highs } = trace;
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  for (const [first, last] of stretches(lows)) {
    ctx.beginPath();
    for (let i = first; i < last; i++) ctx.lineTo(x(columns[i]!), y(highs[i]!));
    for (let i = last - 1; i >= first; i--) ctx.lineTo(x(columns[i]!), y(lows[i]!));
    ctx.closePath();
    ctx.globalAlpha = 0.14;
    ctx.fill();
    // Where a column holds one measurement the band has no height: its edge is the measurement itself.
    ctx.globalAlpha = 0.3;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** Stretches without a gap, as pairs of first and last, the latter not included. */
export function stretches(values: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  let start = -1;
  for (let i = 0; i <= values.length; i++) {
    const isGap = i === values.length || Number.isNaN(values[i]!);
    if (!isGap && start < 0) start = i;
    if (isGap && start >= 0) {
      found.push([start, i]);
      start = -1;
    }
  }
  return found;
}

function drawLine(
  ctx: CanvasRenderingContext2D,
  { trace, color, dash, width, alpha }: Line,
  x: ToPixel,
  y: ToPixel,
): void {
  const { xs } = trace;
  const ys = trace.ys.map(y);
  const hasDots = xs.length <= MAX_DOTS;
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  for (const [first, last] of stretches(ys)) {
    ctx.moveTo(x(xs[first]!), ys[first]!);
    for (let i = first + 1; i < last; i++) ctx.lineTo(x(xs[i]!), ys[i]!);
  }
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  for (const [first, last] of stretches(ys)) {
    // A lone measurement between two gaps has no line to show it.
    for (let i = first; (hasDots || last - first === 1) && i < last; i++) dot(ctx, x(xs[i]!), ys[i]!);
  }
  ctx.fill();
  ctx.globalAlpha = 1;
}

function dot(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.moveTo(x + 2, y);
  ctx.arc(x, y, 2, 0, 2 * Math.PI);
}

function drawTags({ ctx, chartArea }: Chart<'line'>, lines: readonly Line[], y: ToPixel): void {
  if (lines.length < 2) return;
  const ends = lines.flatMap((line) => {
    const last = line.trace.ys.findLast((value) => !Number.isNaN(value));
    const at = last === undefined ? Number.NaN : y(last);
    return Number.isFinite(at) ? [{ line, y: at }] : [];
  });
  ctx.save();
  ctx.font = `${FONT.size - 1}px ${FONT.family}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { line, y: at } of placeTags(ends, chartArea.top, chartArea.bottom)) {
    ctx.globalAlpha = Math.max(line.alpha, 0.25);
    ctx.fillStyle = line.color;
    ctx.fillText(line.tag, chartArea.right + 6, at);
  }
  ctx.restore();
}

/** Moves labels apart so that none covers another, in the order of their lines' ends. */
export function placeTags<T extends { readonly y: number }>(tags: readonly T[], top: number, bottom: number): T[] {
  const placed = tags.toSorted((a, b) => a.y - b.y);
  const height = Math.min(LABEL_HEIGHT, (bottom - top) / Math.max(1, placed.length - 1));
  let above = -Infinity;
  const ys = placed.map(({ y }) => {
    above = Math.max(y, above + height, top);
    return above;
  });
  let below = bottom + height;
  for (let i = ys.length - 1; i >= 0; i--) {
    below = Math.min(ys[i]!, below - height);
    ys[i] = below;
  }
  return placed.map((tag, i) => ({ ...tag, y: ys[i]! }));
}

/** A triangle on the top edge for every column with a NaN or infinite measurement. */
function drawBroken({ ctx, chartArea }: Chart<'line'>, { trace, color }: Line, x: ToPixel): void {
  ctx.fillStyle = color;
  for (const position of trace.broken) triangle(ctx, x(position), chartArea.top, -7, chartArea);
}

/** A triangle below the bottom edge for every value that a log axis cannot hold: it is marked, not moved. */
function drawNonPositive({ ctx, chartArea }: Chart<'line'>, { trace, color }: Line, x: ToPixel): void {
  ctx.fillStyle = color;
  trace.ys.forEach((value, i) => {
    if (value <= 0) triangle(ctx, x(trace.xs[i]!), chartArea.bottom, 7, chartArea);
  });
}

function triangle(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  height: number,
  { left, right }: ChartArea,
): void {
  if (x < left - 1 || x > right + 1) return;
  ctx.beginPath();
  ctx.moveTo(x, y + height);
  ctx.lineTo(x + 4, y);
  ctx.lineTo(x - 4, y);
  ctx.fill();
}
