/** The cells of a heat map: colours, and numbers where there is room. */
import type { Chart } from 'chart.js';
import { type ColorScale, colorOf, cssColor, inkOn, mixed, parseColor, pixelOf, type Rgb } from '../color-scale.ts';
import { formatShare, formatShort } from '../format.ts';
import type { MatrixModel } from '../matrices.ts';
import type { Palette } from '../palette.ts';
import { FONT } from './font.ts';
import { hatch } from './hatch.ts';

/** Most rows and columns that get numbers in their cells. */
const MAX_NUMBERED = 12;
/** Cells narrower than this have no gap between them. */
const GAP_WIDTH = 8;
/** Cells smaller than this, in pixels, are painted all at once: there may be a million. */
const TINY = 4;
/** Lowest cell that has room for a number, and for two. */
const NUMBER_HEIGHT = 14;
const TWO_NUMBERS_HEIGHT = 34;
const SMALLEST_FONT = 9;
const FADED = 0.55;

export class CellPainter {
  private readonly chart: Chart;
  private readonly model: MatrixModel;
  private readonly palette: Palette;
  private readonly scale: ColorScale;
  private readonly width: number;
  private readonly height: number;
  private readonly gap: number;
  /** Size of the numbers; 0 where there is no room for them. */
  private readonly fontSize: number;

  constructor(chart: Chart, model: MatrixModel, palette: Palette, scale: ColorScale) {
    this.chart = chart;
    this.model = model;
    this.palette = palette;
    this.scale = scale;
    this.width = chart.chartArea.width / model.columns;
    this.height = chart.chartArea.height / model.rows;
    this.gap = Math.min(this.width, this.height) >= GAP_WIDTH ? 1 : 0;
    this.fontSize = this.fittingFont();
  }

  /** Paints all cells; `focus` is the class that the others step back for. */
  paint(focus: number | null): void {
    const { rows, columns } = this.model;
    if (Math.min(this.width, this.height) < TINY) {
      this.paintImage(focus);
      return;
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) this.paintCell(row, column, this.isOn(row, column, focus));
    }
  }

  private isOn(row: number, column: number, focus: number | null): boolean {
    const [isRow, isColumn] = this.model.isClass;
    return focus === null || (isRow && focus === row) || (isColumn && focus === column);
  }

  /** One pixel per cell, stretched over the stripes of what is missing. */
  private paintImage(focus: number | null): void {
    const { rows, columns, shown } = this.model;
    const image = document.createElement('canvas');
    image.width = columns;
    image.height = rows;
    const context = image.getContext('2d');
    if (context === null || shown.length === 0) return;
    const pixels = context.createImageData(columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const surface = parseColor(this.palette.surface);
    const alarm = parseColor(this.palette.alarm);
    shown.forEach((value, at) => {
      if (value === null) return;
      const color = Number.isFinite(value) ? colorOf(this.scale, value) : alarm;
      const isOn = this.isOn(Math.floor(at / columns), at % columns, focus);
      words[at] = pixelOf(isOn ? color : mixed(color, surface, FADED));
    });
    context.putImageData(pixels, 0, 0);
    const { ctx, chartArea } = this.chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    hatch(ctx, chartArea, this.palette.grid);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(image, chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.restore();
  }

  private paintCell(row: number, column: number, isOn: boolean): void {
    const { ctx, chartArea } = this.chart;
    const at = row * this.model.columns + column;
    const value = this.model.shown[at] ?? null;
    const x = chartArea.left + column * this.width;
    const y = chartArea.top + row * this.height;
    ctx.save();
    ctx.globalAlpha = isOn ? 1 : 1 - FADED;
    ctx.beginPath();
    ctx.rect(x, y, this.width - this.gap, this.height - this.gap);
    if (value === null) {
      ctx.clip();
      hatch(ctx, { left: x, top: y, width: this.width, height: this.height }, this.palette.grid);
    } else if (!Number.isFinite(value)) this.alarm(x, y, value);
    else this.color(x, y, at, value, colorOf(this.scale, value));
    ctx.restore();
  }

  private color(x: number, y: number, at: number, value: number, color: Rgb): void {
    const { ctx } = this.chart;
    ctx.fillStyle = cssColor(color);
    ctx.fill();
    if (this.fontSize === 0) return;
    const raw = this.model.values[at] ?? null;
    const hasRoom = this.model.isShare && raw !== null && this.height >= TWO_NUMBERS_HEIGHT;
    ctx.fillStyle = inkOn(color);
    const middle = y + this.height / 2;
    // Most cells of a confusion matrix are empty: their zeros step back.
    if (value === 0) ctx.globalAlpha *= 0.5;
    this.write(this.textOf(value), x, hasRoom ? middle - 6 : middle, this.fontSize);
    if (!hasRoom) return;
    ctx.globalAlpha *= 0.75;
    this.write(formatShort(raw), x, middle + 7, this.fontSize - 2);
  }

  /** NaN or infinite: in the colour of errors, with its name where it fits. */
  private alarm(x: number, y: number, value: number): void {
    const { ctx } = this.chart;
    ctx.fillStyle = this.palette.alarm;
    ctx.globalAlpha *= 0.25;
    ctx.fill();
    ctx.globalAlpha *= 4;
    if (this.fontSize > 0) this.write(formatShort(value), x, y + this.height / 2, this.fontSize - 1, 600);
  }

  private write(text: string, x: number, y: number, size: number, weight = 400): void {
    const { ctx } = this.chart;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.font = `${weight} ${size}px ${FONT.family}`;
    ctx.fillText(text, x + (this.width - this.gap) / 2, y);
  }

  private textOf(value: number): string {
    return Math.abs(value) <= 1 && !this.scale.isLog ? formatShare(value) : formatShort(value);
  }

  private fittingFont(): number {
    const { rows, columns, shown } = this.model;
    if (Math.max(columns, rows) > MAX_NUMBERED || this.height < NUMBER_HEIGHT) return 0;
    const { ctx } = this.chart;
    ctx.save();
    ctx.font = `${FONT.size}px ${FONT.family}`;
    const widest = Math.max(
      1,
      ...shown.map((value) => (value === null ? 0 : ctx.measureText(this.textOf(value)).width)),
    );
    ctx.restore();
    const size = Math.min(FONT.size, Math.floor((FONT.size * (this.width - this.gap - 1)) / widest));
    return size < SMALLEST_FONT ? 0 : size;
  }
}
