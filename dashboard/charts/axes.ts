/** What all charts have in common: the parts of Chart.js in use, fonts, grid, and the step axis. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartOptions,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
} from 'chart.js';
import { formatShort } from '../format.ts';
import type { Palette } from '../palette.ts';
import { formatStep, type StepScale, stepAt, stepPosition, stepTicks } from '../step-axis.ts';
import { FONT } from './font.ts';
import type { ValueRange } from './value-bounds.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
);

/** Options that hold for every chart: data comes sorted and parsed, nothing moves by itself. */
export const STATIC_OPTIONS = {
  animation: false,
  parsing: false,
  normalized: true,
  responsive: true,
  maintainAspectRatio: false,
  events: [],
} as const satisfies ChartOptions<'line'>;

interface AxisLook {
  readonly grid: { color: string; drawTicks: boolean };
  readonly border: { display: boolean; color: string };
}

export function axisLook(palette: Palette): AxisLook {
  return { grid: { color: palette.grid, drawTicks: false }, border: { display: false, color: palette.grid } };
}

/** Pixels per tick label on the step axis. */
const TICK_WIDTH = 52;

/** Options of a step axis over a range of steps; positions are those of `stepPosition`. */
export function stepAxis(palette: Palette, scale: StepScale, range: readonly [number, number]) {
  const [first, last] = range;
  return {
    type: 'linear' as const,
    min: stepPosition(first, scale),
    max: stepPosition(last, scale),
    ...axisLook(palette),
    afterBuildTicks: (axis: { ticks: { value: number }[]; width: number }) => {
      const most = Math.max(2, Math.floor(axis.width / TICK_WIDTH));
      axis.ticks = stepTicks(first, last, scale, most).map((step) => ({ value: stepPosition(step, scale) }));
    },
    ticks: {
      color: palette.muted,
      font: FONT,
      maxRotation: 0,
      autoSkip: false,
      padding: 4,
      callback: (value: string | number) => formatStep(stepAt(Number(value), scale)),
    },
  };
}

/** Options of a value axis. */
export function valueAxis(palette: Palette, scale: 'linear' | 'log', { low, high }: ValueRange) {
  return {
    type: scale === 'log' ? ('logarithmic' as const) : ('linear' as const),
    min: low,
    max: high,
    ...axisLook(palette),
    ticks: {
      color: palette.muted,
      font: FONT,
      maxTicksLimit: 6,
      padding: 6,
      callback: (value: string | number) => formatShort(Number(value)),
    },
  };
}
