/** A distribution: bars for what was drawn, lines for laws, marks for the run. */
import { Chart, type Plugin } from 'chart.js';
import { type Course, type DistributionModel, intervalOf, type Mark } from '../distributions.ts';
import { formatShort, truncate } from '../format.ts';
import { type Palette, withAlpha } from '../palette.ts';
import { axisLook, STATIC_OPTIONS } from './axes.ts';
import { FONT } from './font.ts';
import type { Scene } from './scene.ts';

/** Pixels above the plot for the name of the run's largest mark. */
const TAG_ROOM = 18;
const TAG_LENGTH = 22;
/** Of the dots along the bottom. */
const DOT = 3.5;
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3]];

/** Colour of a sample, of the i-th law, and of the run. */
export function distributionColors({ series, reference, text }: Palette) {
  return { sample: reference, law: (i: number) => series[i % series.length]!, mark: text };
}

function titleOf(text: string, palette: Palette) {
  return { display: text !== '', text, color: palette.muted, font: FONT, padding: 0 };
}

/** Shares that may be written beside the axis, and the least distance between two as a share of its length. */
const TICKS = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const APART = 0.13;

/**
 * Heights go by the root of the share (Tukey's rootogram): where most of the classes get nothing, the few that get much are still seen, and
 * chance makes low bars differ about as much as high ones.
 */
function rootAxis(palette: Palette, highest: number) {
  const max = Math.sqrt(highest);
  const shown: number[] = [];
  for (const share of TICKS) {
    const at = Math.sqrt(share) / max;
    const isApart = shown.length === 0 || shown.at(-1)! / max - at >= APART;
    if (at <= 1 && at >= APART && isApart) shown.push(Math.sqrt(share));
  }
  return {
    ...linearAxis(palette, max),
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = [0, ...shown.toReversed()].map((value) => ({ value }));
    },
    ticks: {
      ...linearAxis(palette, max).ticks,
      autoSkip: false,
      callback: (value: string | number) => formatShort(Number(value) ** 2),
    },
  };
}

function linearAxis(palette: Palette, max: number) {
  const ticks = { color: palette.muted, font: FONT, maxRotation: 0, maxTicksLimit: 9, padding: 4 };
  return { type: 'linear' as const, min: 0, max, ...axisLook(palette), ticks };
}

export class DistributionChart {
  private readonly chart: Chart<'line'>;
  private model: DistributionModel | null = null;
  private scene: Scene | null = null;
  private axes = '';

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, layout: { padding: { top: TAG_ROOM, right: 12 } } },
      plugins: [this.marks()],
    });
  }

  draw(model: DistributionModel, scene: Scene): void {
    this.model = model;
    this.scene = scene;
    const highest = Math.max(0, ...[...model.laws, ...model.samples].flatMap(({ shares }) => shares)) || 1;
    const { scale, edges, axisTitles } = model;
    const axes = JSON.stringify([scene.palette.theme, highest, scale, edges.at(-1), axisTitles]);
    if (axes === this.axes) {
      this.chart.draw();
      return;
    }
    this.axes = axes;
    const { palette } = scene;
    const [x, y] = model.axisTitles;
    this.chart.options.scales = {
      x: {
        ...(model.scale === 'root' ? rootAxis(palette, model.edges.at(-1)!) : linearAxis(palette, model.edges.at(-1)!)),
        grid: { display: false },
        title: titleOf(x, palette),
      },
      // Without bars and lines there is nothing to read off.
      y: {
        ...rootAxis(palette, highest * 1.08),
        display: model.laws.length + model.samples.length > 0,
        title: titleOf(y, palette),
      },
    };
    this.chart.update('none');
  }

  /** Interval under a horizontal position on the canvas, in pixels; null outside the plot. */
  intervalUnder(x: number): number | null {
    const { chartArea, scales } = this.chart;
    if (this.model === null || chartArea === undefined || scales.x === undefined) return null;
    if (x < chartArea.left || x > chartArea.right) return null;
    const at = scales.x.getValueForPixel(x)!;
    return intervalOf(this.model.scale === 'root' ? at ** 2 : at, this.model.edges);
  }

  destroy(): void {
    this.chart.destroy();
  }

  private marks(): Plugin<'line'> {
    return {
      id: 'distribution',
      beforeDatasetsDraw: (chart) => {
        const { model, scene } = this;
        if (model === null || scene === null || chart.scales.x === undefined || chart.scales.y === undefined) return;
        const sheet = new Sheet(chart, scene, model.scale);
        for (const sample of model.samples) sheet.bars(sample, model.edges);
        for (const [i, law] of model.laws.entries()) sheet.line(law, model.edges, i);
        sheet.run(model.marks);
      },
    };
  }
}

/** The plot's area for one drawing. */
class Sheet {
  private readonly chart: Chart<'line'>;
  private readonly scene: Scene;
  private readonly scale: DistributionModel['scale'];

  constructor(chart: Chart<'line'>, scene: Scene, scale: DistributionModel['scale']) {
    this.chart = chart;
    this.scene = scene;
    this.scale = scale;
  }

  bars({ shares }: Course, edges: readonly number[]): void {
    const { ctx } = this.chart;
    const { sample } = distributionColors(this.scene.palette);
    ctx.save();
    ctx.fillStyle = withAlpha(sample, 0.42);
    shares.forEach((share, i) => {
      const [left, right] = [this.x(edges[i]!) + 1, this.x(edges[i + 1]!) - 1];
      if (share > 0) ctx.fillRect(left, this.y(share), Math.max(1, right - left), this.y(0) - this.y(share));
    });
    ctx.restore();
  }

  /** Through the middle of each interval, level to either end. */
  line({ shares }: Course, edges: readonly number[], i: number): void {
    const { ctx } = this.chart;
    ctx.save();
    ctx.strokeStyle = distributionColors(this.scene.palette).law(i);
    ctx.lineWidth = 2;
    ctx.lineJoin = 'round';
    ctx.setLineDash([...DASHES[i % DASHES.length]!]);
    ctx.beginPath();
    ctx.moveTo(this.x(0), this.y(shares[0] ?? 0));
    shares.forEach((share, at) => {
      ctx.lineTo((this.x(edges[at]!) + this.x(edges[at + 1]!)) / 2, this.y(share));
    });
    ctx.lineTo(this.x(edges.at(-1)!), this.y(shares.at(-1) ?? 0));
    ctx.stroke();
    ctx.restore();
  }

  /** A dot for each value, and a line with a name for the largest, or for the class in focus. */
  run(marks: readonly Mark[]): void {
    const { ctx, chartArea } = this.chart;
    const { palette, view } = this.scene;
    const { mark: color } = distributionColors(palette);
    const focus = marks.find(({ element }) => element === view.highlight) ?? marks[0];
    ctx.save();
    for (const mark of marks) {
      ctx.beginPath();
      ctx.arc(this.x(mark.value), chartArea.bottom, DOT, 0, 2 * Math.PI);
      ctx.fillStyle = color;
      ctx.strokeStyle = palette.surface;
      ctx.lineWidth = 1.5;
      ctx.fill();
      ctx.stroke();
    }
    if (focus !== undefined) this.flag(focus, color);
    ctx.restore();
  }

  private flag({ label, value }: Mark, color: string): void {
    const { ctx, chartArea } = this.chart;
    const x = this.x(value);
    ctx.fillStyle = color;
    ctx.fillRect(Math.round(x) - 0.75, chartArea.top - 4, 1.5, chartArea.height + 4);
    ctx.font = `600 ${FONT.size}px ${FONT.family}`;
    ctx.textBaseline = 'bottom';
    const text = `${truncate(label, TAG_LENGTH)}: ${formatShort(value)}`;
    const half = ctx.measureText(text).width / 2;
    const middle = Math.min(chartArea.right + 8 - half, Math.max(chartArea.left + half, x));
    ctx.textAlign = 'center';
    ctx.fillText(text, middle, chartArea.top - 5);
  }

  private x(value: number): number {
    return this.chart.scales.x!.getPixelForValue(this.scale === 'root' ? Math.sqrt(value) : value);
  }

  private y(value: number): number {
    return this.chart.scales.y!.getPixelForValue(Math.sqrt(value));
  }
}
