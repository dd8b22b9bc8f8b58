/** A bar chart: one group of bars per class, one bar per metric that shares the chart. */
import { Chart } from 'chart.js';
import { truncate, truncateAll } from '../format.ts';
import { type BarModel, barElements } from '../matrices.ts';
import { type Palette, withAlpha } from '../palette.ts';
import { isUnfinished } from '../readings.ts';
import { axisLook, STATIC_OPTIONS, valueAxis } from './axes.ts';
import { FONT } from './font.ts';
import type { Scene } from './scene.ts';
import { niceRange } from './value-bounds.ts';

/** Bars of what has not come to its end. */
const PALE = 0.35;
/** Width of the ends of an interval, in pixels. */
const WHISKER = 8;
const LABEL_LENGTH = 12;
/** Few bars have room for labels of several lines. */
const [FEW_BARS, MOST_LINES, LINE_LENGTH] = [6, 4, 12];

/** The labels under bars: in lines where there is room, else cut. */
function labelsOf(labels: readonly string[]): (string | string[])[] {
  const cut = truncateAll(labels, LABEL_LENGTH);
  if (labels.length > FEW_BARS) return cut;
  return labels.map((label, i) => (label.length > LABEL_LENGTH && label.includes(' ') ? linesOf(label) : cut[i]!));
}

function linesOf(label: string): string[] {
  const lines = [''];
  for (const word of label.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= LINE_LENGTH || lines.at(-1) === '') lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.slice(0, MOST_LINES).map((line) => truncate(line, LINE_LENGTH));
}

/** Counts shown as shares are what the other bars are compared with: they stay in the background. */
export function seriesColor(models: readonly BarModel[], i: number, { series, reference }: Palette): string {
  if (models.length > 1 && models[i]?.layer.panel.share) return reference;
  const before = models.slice(0, i).filter((model) => !model.layer.panel.share).length;
  return series[before % series.length]!;
}

export class BarChart {
  private readonly chart: Chart<'bar', (number | null)[], string | string[]>;

  private models: readonly BarModel[] = [];
  /** Elements that have bars, in order. */
  private elements: readonly number[] = [];
  private color = '';
  /** What the last drawing showed: most bars are those of the first measurement and never change. */
  private drawn = '';

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: 'bar',
      data: { labels: [], datasets: [] },
      options: { ...STATIC_OPTIONS, parsing: undefined },
      plugins: [{ id: 'whiskers', afterDatasetsDraw: (chart) => this.whiskers(chart) }],
    });
  }

  draw(models: readonly BarModel[], labels: readonly string[], { palette, view }: Scene): void {
    const [first] = models;
    this.elements = barElements(models, labels.length);
    this.models = models;
    this.color = palette.text;
    const drawn = JSON.stringify([models.map(({ shown }) => shown), labels, palette.theme, view.highlight]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.chart.data.labels = labelsOf(this.elements.map((at) => labels[at]!));
    this.chart.data.datasets = models.map((model, i) => {
      const color = seriesColor(models, i, palette);
      const faded = this.elements.map((c) =>
        withAlpha(
          color,
          (isUnfinished(model) ? PALE : 1) * (view.highlight === null || view.highlight === c ? 1 : 0.3),
        ),
      );
      return {
        data: this.elements.map((at) => model.shown[at] ?? null),
        backgroundColor: faded,
        borderWidth: 0,
        borderRadius: 2,
        categoryPercentage: 0.78,
        barPercentage: 0.94,
      };
    });
    const finite = models.flatMap((model) =>
      model.shown.filter((value) => value !== null && Number.isFinite(value)),
    ) as number[];
    const range = niceRange(Math.min(0, ...finite), Math.max(0, ...finite), first?.layer.panel.bounds);
    const title = models.find(({ layer }) => layer.panel.axisTitles)?.layer.panel.axisTitles?.[1] ?? '';
    this.chart.options.scales = {
      x: {
        type: 'category',
        grid: { display: false },
        border: axisLook(palette).border,
        ticks: {
          color: palette.muted,
          font: FONT,
          maxRotation: labels.length > FEW_BARS ? 60 : 0,
          autoSkip: labels.length > FEW_BARS,
          padding: 2,
        },
      },
      y: {
        ...valueAxis(palette, first?.layer.panel.scale ?? 'linear', range),
        title: { display: title !== '', text: title, color: palette.muted, font: FONT, padding: 2 },
      },
    };
    this.chart.update('none');
  }

  private whiskers(chart: Chart): void {
    const { ctx, scales } = chart;
    ctx.save();
    ctx.strokeStyle = this.color;
    ctx.lineWidth = 2;
    this.models.forEach(({ layer, shown }, i) => {
      const [of, low, high] = layer.panel.interval ?? [];
      const middle = of === undefined ? undefined : chart.getDatasetMeta(i).data[this.elements.indexOf(of)]?.x;
      const [from, to] = [shown[low ?? -1] ?? null, shown[high ?? -1] ?? null];
      if (middle === undefined || from === null || to === null) return;
      const x = Math.round(middle);
      const [bottom, top] = [from, to].map((value) => scales.y!.getPixelForValue(value)) as [number, number];
      ctx.beginPath();
      for (const y of [bottom, top]) {
        ctx.moveTo(x - WHISKER / 2, y);
        ctx.lineTo(x + WHISKER / 2, y);
      }
      ctx.moveTo(x, bottom);
      ctx.lineTo(x, top);
      ctx.stroke();
    });
    ctx.restore();
  }

  /** Element under a point of the canvas; null outside the plot. */
  elementAt(x: number, y: number): number | null {
    const { chartArea, scales } = this.chart;
    if (chartArea === undefined || x < chartArea.left || x > chartArea.right || y < chartArea.top) return null;
    const element = scales.x?.getValueForPixel(x);
    return element === undefined ? null : (this.elements[element] ?? null);
  }

  destroy(): void {
    this.chart.destroy();
  }
}
