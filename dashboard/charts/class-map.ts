/** Many classes over steps: one row of colours per class, sampled at every pixel column. */
import { Chart, type Plugin } from 'chart.js';
import type { Panel } from '../../src/record.ts';
import { type ColorScale, colorOf, colorScale, parseColor, type Rgb } from '../color-scale.ts';
import type { Curve } from '../curves.ts';
import { truncate } from '../format.ts';
import { shownBounds } from '../matrices.ts';
import type { Layer } from '../panels.ts';
import { stepAt, stepPosition } from '../step-axis.ts';
import { STATIC_OPTIONS, stepAxis } from './axes.ts';
import { FONT } from './font.ts';
import { type Scene, stepRange } from './scene.ts';

const LABEL_LENGTH = 12;
const FAR_BELOW = 0.25;

export class ClassMap {
  private readonly chart: Chart<'line'>;
  private readonly image = document.createElement('canvas');
  /** Colours of the last drawing. */
  scale: ColorScale | null = null;
  /** What the axes were last laid out for. */
  private axes = '';

  constructor(canvas: HTMLCanvasElement) {
    const picture: Plugin<'line'> = {
      id: 'picture',
      beforeDatasetsDraw: ({ ctx, chartArea }) => {
        if (this.image.width === 0 || this.image.height === 0) return;
        ctx.save();
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(this.image, chartArea.left, chartArea.top, chartArea.width, chartArea.height);
        ctx.restore();
      },
    };
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, layout: { padding: { top: 2, right: 8 } } },
      plugins: [picture],
    });
  }

  draw({ panel }: Layer, curve: Curve, labels: readonly string[], scene: Scene): void {
    const { palette, view } = scene;
    const range = stepRange(scene);
    const columns = Math.max(50, Math.round(this.chart.chartArea?.width ?? 300));
    const rows = rowsAtColumns(curve, columns, view.stepScale, range);
    this.scale = colorScale(...mapBounds(shownValues(curve, rows), panel.bounds), palette);
    this.paint(curve, rows, parseColor(palette.alarm));
    const axes = JSON.stringify([palette.theme, view.stepScale, range, labels]);
    if (axes === this.axes) this.chart.draw();
    else this.layOut(labels, scene, range);
    this.axes = axes;
  }

  private layOut(labels: readonly string[], { palette, view }: Scene, range: readonly [number, number]): void {
    this.chart.options.scales = {
      x: stepAxis(palette, view.stepScale, range),
      y: {
        type: 'category',
        labels: labels.map((label) => truncate(label, LABEL_LENGTH)),
        offset: true,
        grid: { display: false },
        border: { display: false },
        ticks: { color: palette.muted, font: FONT, padding: 3, autoSkip: true },
      },
    };
    this.chart.update('none');
  }

  /** Class and step under a point of the canvas; null outside. */
  at(x: number, y: number, classes: number, scene: Scene): { element: number; step: number } | null {
    const { chartArea, scales } = this.chart;
    if (chartArea === undefined || scales.x === undefined || x < chartArea.left || x > chartArea.right) return null;
    const element = Math.floor(((y - chartArea.top) / chartArea.height) * classes);
    if (element < 0 || element >= classes) return null;
    return { element, step: stepAt(scales.x.getValueForPixel(x) ?? 0, scene.view.stepScale) };
  }

  destroy(): void {
    this.chart.destroy();
  }

  private paint(curve: Curve, rows: Int32Array, alarm: Rgb): void {
    this.image.width = rows.length;
    this.image.height = curve.size;
    const context = this.image.getContext('2d');
    if (context === null || curve.size === 0) return;
    const pixels = context.createImageData(rows.length, curve.size);
    const words = new Uint32Array(pixels.data.buffer);
    const column = new Uint32Array(curve.size);
    for (let x = 0; x < rows.length; x++) {
      // Early steps and sparse measurements are many columns wide.
      if (x === 0 || rows[x] !== rows[x - 1]) this.colorRow(curve, rows[x]!, alarm, column);
      for (let element = 0; element < curve.size; element++) words[element * rows.length + x] = column[element]!;
    }
    context.putImageData(pixels, 0, 0);
  }

  private colorRow(curve: Curve, row: number, alarm: Rgb, out: Uint32Array): void {
    for (let element = 0; element < curve.size; element++) {
      const value = row < 0 ? null : curve.value(row, element);
      out[element] = value === null ? 0 : pixelOf(Number.isFinite(value) ? colorOf(this.scale!, value) : alarm);
    }
  }
}

/** An opaque colour as four bytes in memory order: red, green, blue, alpha, little-endian. */
function pixelOf([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** The row that is shown in each pixel column: the last one up to its right edge; -1 before the first and after the last. */
export function rowsAtColumns(
  curve: Pick<Curve, 'rows' | 'bucket'>,
  columns: number,
  scale: 'log' | 'linear',
  range: readonly [number, number],
): Int32Array {
  const left = stepPosition(range[0], scale);
  const perColumn = (stepPosition(range[1], scale) - left) / columns;
  const rows = new Int32Array(columns).fill(-1);
  let row = -1;
  for (let column = 0; column < columns; column++) {
    const until = left + (column + 1) * perColumn;
    while (row + 1 < curve.rows && stepPosition(curve.bucket(row + 1).firstStep, scale) <= until + 1e-9) row++;
    const isPast =
      row === curve.rows - 1 && row >= 0 && stepPosition(curve.bucket(row).step, scale) < until - perColumn - 1e-9;
    rows[column] = isPast ? -1 : row;
  }
  return rows;
}

/**
 * Values among many classes are often far below the bound of the metric (a share of a hundred classes is about 0.01): then the
 * colours end at the highest value.
 */
export function mapBounds(values: readonly (number | null)[], bounds: Panel['bounds']): [number, number] {
  const declared = shownBounds(values, bounds);
  const [low, high] = shownBounds(values);
  const isFarBelow = low >= 0 && high > 0 && high < declared[1] * FAR_BELOW;
  return isFarBelow ? [declared[0], high] : declared;
}

function shownValues(curve: Curve, rows: Int32Array): (number | null)[] {
  const values: (number | null)[] = [];
  for (const row of new Set(rows)) {
    if (row < 0) continue;
    for (let element = 0; element < curve.size; element++) values.push(curve.value(row, element));
  }
  return values;
}
