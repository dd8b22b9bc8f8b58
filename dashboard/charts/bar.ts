/** A bar chart: one group of bars per class, one bar per metric that shares the chart. */
import { Chart } from 'chart.js';
import { truncate } from '../format.ts';
import type { BarModel } from '../matrices.ts';
import { type Palette, withAlpha } from '../palette.ts';
import { isUnfinished } from '../readings.ts';
import { axisLook, STATIC_OPTIONS, valueAxis } from './axes.ts';
import { FONT } from './font.ts';
import type { Scene } from './scene.ts';
import { niceRange } from './value-bounds.ts';

/** Bars of what has not come to its end. */
const PALE = 0.35;
const LABEL_LENGTH = 12;
/** Few bars have room for labels of several lines. */
const [FEW_BARS, MOST_LINES, LINE_LENGTH] = [6, 4, 12];

/** The label under a bar: in lines where there is room, else cut. */
function labelOf(label: string, bars: number): string | string[] {
  if (bars > FEW_BARS || label.length <= LABEL_LENGTH) return truncate(label, LABEL_LENGTH);
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

  /** What the last drawing showed: most bars are those of the first measurement and never change. */
  private drawn = '';

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: 'bar',
      data: { labels: [], datasets: [] },
      options: { ...STATIC_OPTIONS, parsing: undefined },
    });
  }

  draw(models: readonly BarModel[], labels: readonly string[], { palette, view }: Scene): void {
    const [first] = models;
    const drawn = JSON.stringify([models.map(({ shown }) => shown), labels, palette.theme, view.highlight]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.chart.data.labels = labels.map((label) => labelOf(label, labels.length));
    this.chart.data.datasets = models.map((model, i) => {
      const color = seriesColor(models, i, palette);
      const faded = model.shown.map((_, c) =>
        withAlpha(
          color,
          (isUnfinished(model) ? PALE : 1) * (view.highlight === null || view.highlight === c ? 1 : 0.3),
        ),
      );
      return {
        data: [...model.shown],
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
      y: valueAxis(palette, first?.layer.panel.scale ?? 'linear', range),
    };
    this.chart.update('none');
  }

  /** Element under a point of the canvas; null outside the plot. */
  elementAt(x: number, y: number): number | null {
    const { chartArea, scales } = this.chart;
    if (chartArea === undefined || x < chartArea.left || x > chartArea.right || y < chartArea.top) return null;
    const element = scales.x?.getValueForPixel(x);
    return element === undefined || element < 0 ? null : element;
  }

  destroy(): void {
    this.chart.destroy();
  }
}
