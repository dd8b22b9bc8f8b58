/** What a line chart draws besides its lines: bands of single measurements, labels at the ends, marks where a value was not finite. */
import type { Chart, Plugin } from 'chart.js';
import type { Curve } from '../curves.ts';
import type { Trace } from '../decimate.ts';
import { FONT } from './axes.ts';

export interface Line {
  readonly label: string;
  /** Short form for the end of the line. */
  readonly tag: string;
  /** Class; null for a scalar. */
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

/** The marks of the lines that `lines` gives at the time of drawing. */
export function lineMarks(lines: () => readonly Line[]): Plugin<'line'> {
  return {
    id: 'line-marks',
    beforeDatasetsDraw: (chart) => {
      for (const line of lines()) if (line.band) drawBand(chart, line);
    },
    afterDatasetsDraw: (chart) => {
      drawTags(chart, lines());
      for (const line of lines()) drawBroken(chart, line);
    },
  };
}

function drawBand(chart: Chart<'line'>, { trace, color }: Line): void {
  const { ctx, chartArea, scales } = chart;
  const { x, y } = scales;
  if (x === undefined || y === undefined) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
  ctx.clip();
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.lineJoin = 'round';
  for (const run of runsOf(trace)) {
    ctx.beginPath();
    for (const { x: at, high } of run) ctx.lineTo(x.getPixelForValue(at), y.getPixelForValue(high));
    for (const { x: at, low } of run.toReversed()) ctx.lineTo(x.getPixelForValue(at), y.getPixelForValue(low));
    ctx.closePath();
    ctx.globalAlpha = 0.14;
    ctx.fill();
    // Where a column holds one measurement the band has no height: its edge is the measurement itself.
    ctx.globalAlpha = 0.3;
    ctx.stroke();
  }
  ctx.restore();
}

/** Stretches of spans without a gap. */
function runsOf({ spans }: Trace): Trace['spans'][number][][] {
  const runs: Trace['spans'][number][][] = [];
  let open: Trace['spans'][number][] | null = null;
  for (const span of spans) {
    if (Number.isNaN(span.low)) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      runs.push(open);
    }
    open.push(span);
  }
  return runs;
}

function drawTags(chart: Chart<'line'>, lines: readonly Line[]): void {
  if (lines.length < 2) return;
  const { ctx, chartArea, scales } = chart;
  const tags = placeTags(
    lines.flatMap((line) => {
      const last = line.trace.points.findLast((point) => !Number.isNaN(point.y));
      const at = last === undefined ? undefined : scales.y?.getPixelForValue(last.y);
      return at === undefined || !Number.isFinite(at) ? [] : [{ line, y: at }];
    }),
    chartArea.top,
    chartArea.bottom,
  );
  ctx.save();
  ctx.font = `${FONT.size - 1}px ${FONT.family}`;
  ctx.textBaseline = 'middle';
  for (const { line, y } of tags) {
    ctx.globalAlpha = Math.max(line.alpha, 0.25);
    ctx.fillStyle = line.color;
    ctx.fillText(line.tag, chartArea.right + 6, y);
  }
  ctx.restore();
}

/** Moves labels apart so that none covers another, in the order of their lines' ends. */
export function placeTags<T extends { readonly y: number }>(tags: readonly T[], top: number, bottom: number): T[] {
  const placed = tags.toSorted((a, b) => a.y - b.y).map((tag) => ({ ...tag }));
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

function drawBroken(chart: Chart<'line'>, { trace, color }: Line): void {
  const { ctx, chartArea, scales } = chart;
  ctx.save();
  ctx.fillStyle = color;
  for (const at of trace.broken) {
    const x = scales.x?.getPixelForValue(at) ?? 0;
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top - 7);
    ctx.lineTo(x + 4, chartArea.top);
    ctx.lineTo(x - 4, chartArea.top);
    ctx.fill();
  }
  ctx.restore();
}
