/** Many classes, or pairs of classes, over steps: one row of colours each, sampled at every pixel column. */
import { Chart, type Plugin } from 'chart.js';
import { type ColorScale, colorOf, mixed, parseColor, pixelOf } from '../color-scale.ts';
import type { Curve } from '../curves.ts';
import type { Palette } from '../palette.ts';
import { stepAt, stepPosition } from '../step-axis.ts';
import { STATIC_OPTIONS, stepAxis } from './axes.ts';
import { FONT } from './font.ts';
import { hatch } from './hatch.ts';
import { type Scene, stepRange } from './scene.ts';

/** Rows at least this high have a gap between them, in pixels. */
const GAP_HEIGHT = 8;
/** How much of the surface is mixed into a row that steps back. */
const FADED = 0.7;

/** What the rows of a map stand for, and how they look. */
export interface MapRows {
  /** As they are to be read: cut where they are long. */
  readonly labels: readonly string[];
  /** Colours for what is shown. */
  readonly colors: (shown: readonly (number | null)[]) => ColorScale;
  readonly isFaded?: (element: number) => boolean;
  /** Every row has room for its label. */
  readonly hasRoom?: boolean;
}

export class ClassMap {
  private readonly chart: Chart<'line'>;
  private readonly image = document.createElement('canvas');
  /** Colours of the last drawing. */
  scale: ColorScale | null = null;
  private palette: Palette | null = null;
  /** What the axes were last laid out for. */
  private axes = '';

  constructor(canvas: HTMLCanvasElement) {
    const picture: Plugin<'line'> = { id: 'picture', beforeDatasetsDraw: (chart) => this.show(chart) };
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, layout: { padding: { top: 2, right: 8 } } },
      plugins: [picture],
    });
  }

  draw(curve: Curve, look: MapRows, scene: Scene): void {
    const { palette, view } = scene;
    const range = stepRange(scene);
    const columns = Math.max(50, Math.round(this.chart.chartArea?.width ?? 300));
    const rows = rowsAtColumns(curve, columns, view.stepScale, range);
    this.palette = palette;
    this.scale = look.colors(shownValues(curve, rows));
    this.paint(curve, rows, look, palette);
    const axes = JSON.stringify([palette.theme, view.stepScale, range, look.labels]);
    if (axes === this.axes) this.chart.draw();
    else this.layOut(look, scene, range);
    this.axes = axes;
  }

  private layOut(look: MapRows, { palette, view }: Scene, range: readonly [number, number]): void {
    this.chart.options.scales = {
      x: stepAxis(palette, view.stepScale, range),
      y: {
        type: 'category',
        labels: [...look.labels],
        offset: true,
        grid: { display: false },
        border: { display: false },
        ticks: { color: palette.muted, font: FONT, padding: 3, autoSkip: look.hasRoom !== true },
      },
    };
    this.chart.update('none');
  }

  /** Row and step under a point of the canvas; null outside. */
  at(x: number, y: number, scene: Scene): { element: number; step: number } | null {
    const step = this.stepUnder(x, scene);
    if (step === null) return null;
    const { chartArea } = this.chart;
    const rows = this.image.height;
    const element = Math.floor(((y - chartArea.top) / chartArea.height) * rows);
    return element < 0 || element >= rows ? null : { element, step };
  }

  /** Step under a horizontal position on the canvas, in pixels; null outside the map. */
  stepUnder(x: number, { view }: Scene): number | null {
    const { chartArea, scales } = this.chart;
    if (chartArea === undefined || scales.x === undefined || x < chartArea.left || x > chartArea.right) return null;
    return stepAt(scales.x.getValueForPixel(x) ?? 0, view.stepScale);
  }

  /** Horizontal position of a step on the canvas, in pixels; null outside the map. */
  pixelOf(step: number, { view }: Scene): number | null {
    const { chartArea, scales } = this.chart;
    const x = scales.x?.getPixelForValue(stepPosition(step, view.stepScale));
    return x === undefined || x < chartArea.left - 1 || x > chartArea.right + 1 ? null : x;
  }

  destroy(): void {
    this.chart.destroy();
  }

  private show({ ctx, chartArea }: Chart): void {
    const { width, height } = this.image;
    if (width === 0 || height === 0 || this.palette === null) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    hatch(ctx, chartArea, this.palette.grid);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.image, chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    const rowHeight = chartArea.height / height;
    ctx.fillStyle = this.palette.surface;
    for (let row = 1; rowHeight >= GAP_HEIGHT && row < height; row++) {
      ctx.fillRect(chartArea.left, chartArea.top + row * rowHeight - 0.5, chartArea.width, 1);
    }
    ctx.restore();
  }

  private paint(curve: Curve, rows: Int32Array, look: MapRows, palette: Palette): void {
    this.image.width = rows.length;
    this.image.height = curve.size;
    const context = this.image.getContext('2d');
    if (context === null || curve.size === 0) return;
    const pixels = context.createImageData(rows.length, curve.size);
    const words = new Uint32Array(pixels.data.buffer);
    const column = new Uint32Array(curve.size);
    for (let x = 0; x < rows.length; x++) {
      // Early steps and sparse measurements are many columns wide.
      if (x === 0 || rows[x] !== rows[x - 1]) this.colorRow(curve, rows[x]!, look, palette, column);
      for (let element = 0; element < curve.size; element++) words[element * rows.length + x] = column[element]!;
    }
    context.putImageData(pixels, 0, 0);
  }

  /** Where nothing was measured is the surface; what is missing in a measurement lets the stripes behind the picture through. */
  private colorRow(curve: Curve, row: number, { isFaded }: MapRows, palette: Palette, out: Uint32Array): void {
    const surface = parseColor(palette.surface);
    const alarm = parseColor(palette.alarm);
    if (row < 0) out.fill(pixelOf(surface));
    for (let element = 0; row >= 0 && element < curve.size; element++) {
      const value = curve.value(row, element);
      const color = value === null || !Number.isFinite(value) ? alarm : colorOf(this.scale!, value);
      out[element] = value === null ? 0 : pixelOf(isFaded?.(element) ? mixed(color, surface, FADED) : color);
    }
  }
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

function shownValues(curve: Curve, rows: Int32Array): (number | null)[] {
  const values: (number | null)[] = [];
  for (const row of new Set(rows)) {
    if (row < 0) continue;
    for (let element = 0; element < curve.size; element++) values.push(curve.value(row, element));
  }
  return values;
}
