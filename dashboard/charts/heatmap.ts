/** A matrix as coloured cells, with names along both sides and numbers in the cells where there is room. */
import { Chart, type Plugin } from 'chart.js';
import type { Panel } from '../../src/record.ts';
import { type ColorScale, colorOf, colorScale, cssColor, inkOn } from '../color-scale.ts';
import { formatShare, formatShort, truncate } from '../format.ts';
import { type MatrixModel, shownBounds } from '../matrices.ts';
import type { Palette } from '../palette.ts';
import { STATIC_OPTIONS } from './axes.ts';
import { FONT } from './font.ts';
import type { Scene } from './scene.ts';

/** Most rows and columns that get numbers in their cells. */
const MAX_NUMBERED = 12;
const LABEL_LENGTH = 12;
/** Cells narrower than this have no gap between them. */
const GAP_WIDTH = 8;

interface Cell {
  readonly row: number;
  readonly column: number;
}

export class Heatmap {
  private readonly chart: Chart<'line'>;
  private model: MatrixModel | null = null;
  private palette: Palette | null = null;
  private focus: number | null = null;
  /** Colours of the last drawing. */
  scale: ColorScale | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, layout: { padding: { top: 2, right: 2 } } },
      plugins: [this.cells()],
    });
  }

  draw(model: MatrixModel, panel: Panel, { palette, view }: Scene): void {
    const focus = view.highlight;
    const isMeasured = model.step === this.model?.step && model.count === this.model.count;
    if (isMeasured && palette === this.palette && focus === this.focus) return;
    this.model = model;
    this.palette = palette;
    this.focus = focus;
    this.scale = colorScale(...shownBounds(model.shown, panel.bounds), palette);
    const [rowTitle, columnTitle] = panel.axisTitles ?? ['', ''];
    this.chart.options.scales = {
      x: this.axis(model.columnLabels, columnTitle, palette, true),
      y: this.axis(model.rowLabels, rowTitle, palette, false),
    };
    this.chart.update('none');
  }

  /** Cell under a point of the canvas; null outside. */
  cellAt(x: number, y: number): Cell | null {
    const { chartArea } = this.chart;
    if (this.model === null || chartArea === undefined) return null;
    const column = Math.floor(((x - chartArea.left) / chartArea.width) * this.model.columns);
    const row = Math.floor(((y - chartArea.top) / chartArea.height) * this.model.rows);
    const inside = column >= 0 && row >= 0 && column < this.model.columns && row < this.model.rows;
    return inside ? { row, column } : null;
  }

  destroy(): void {
    this.chart.destroy();
  }

  private axis(labels: readonly string[], title: string, palette: Palette, isX: boolean) {
    return {
      type: 'category' as const,
      labels: labels.map((label) => truncate(label, LABEL_LENGTH)),
      offset: true,
      grid: { display: false },
      border: { display: false },
      title: { display: title !== '', text: title, color: palette.muted, font: FONT, padding: 2 },
      ticks: {
        color: palette.muted,
        font: FONT,
        padding: 3,
        maxRotation: isX ? 60 : 0,
        minRotation: 0,
        autoSkip: true,
      },
    };
  }

  private cells(): Plugin<'line'> {
    return {
      id: 'cells',
      beforeDatasetsDraw: (chart) => {
        const { model, palette, scale } = this;
        if (model === null || palette === null || scale === null) return;
        const painter = new CellPainter(chart, model, palette, scale);
        for (let row = 0; row < model.rows; row++) {
          for (let column = 0; column < model.columns; column++) painter.paint(row, column, this.focus);
        }
      },
    };
  }
}

class CellPainter {
  private readonly chart: Chart;
  private readonly model: MatrixModel;
  private readonly palette: Palette;
  private readonly scale: ColorScale;
  private readonly width: number;
  private readonly height: number;
  private readonly gap: number;
  private readonly isNumbered: boolean;

  constructor(chart: Chart, model: MatrixModel, palette: Palette, scale: ColorScale) {
    this.chart = chart;
    this.model = model;
    this.palette = palette;
    this.scale = scale;
    this.width = chart.chartArea.width / model.columns;
    this.height = chart.chartArea.height / model.rows;
    this.gap = Math.min(this.width, this.height) >= GAP_WIDTH ? 1 : 0;
    this.isNumbered = Math.max(model.columns, model.rows) <= MAX_NUMBERED && this.width >= 22 && this.height >= 14;
  }

  paint(row: number, column: number, focus: number | null): void {
    const { ctx, chartArea } = this.chart;
    const at = row * this.model.columns + column;
    const value = this.model.shown[at] ?? null;
    const x = chartArea.left + column * this.width;
    const y = chartArea.top + row * this.height;
    ctx.save();
    ctx.globalAlpha = focus === null || focus === row || focus === column ? 1 : 0.45;
    ctx.beginPath();
    ctx.rect(x, y, this.width - this.gap, this.height - this.gap);
    if (value === null) this.hatch(x, y);
    else if (!Number.isFinite(value)) this.alarm(x, y, value);
    else {
      const color = colorOf(this.scale, value);
      ctx.fillStyle = cssColor(color);
      ctx.fill();
      if (this.isNumbered) this.number(x, y, at, value, inkOn(color));
    }
    ctx.restore();
  }

  private number(x: number, y: number, at: number, value: number, ink: string): void {
    const { ctx } = this.chart;
    const raw = this.model.values[at] ?? null;
    const hasRoom = this.model.isShare && raw !== null && this.height >= 34;
    ctx.fillStyle = ink;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.font = `${FONT.size}px ${FONT.family}`;
    const middle = y + this.height / 2;
    // Most cells of a confusion matrix are empty: their zeros step back.
    if (value === 0) ctx.globalAlpha *= 0.5;
    ctx.fillText(
      Math.abs(value) <= 1 ? formatShare(value) : formatShort(value),
      x + this.width / 2,
      hasRoom ? middle - 6 : middle,
    );
    if (!hasRoom) return;
    ctx.globalAlpha *= 0.75;
    ctx.font = `${FONT.size - 2}px ${FONT.family}`;
    ctx.fillText(formatShort(raw), x + this.width / 2, middle + 7);
  }

  /** Missing: no fill, thin stripes. */
  private hatch(x: number, y: number): void {
    const { ctx } = this.chart;
    ctx.clip();
    ctx.strokeStyle = this.palette.grid;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let offset = -this.height; offset < this.width; offset += 5) {
      ctx.moveTo(x + offset, y + this.height);
      ctx.lineTo(x + offset + this.height, y);
    }
    ctx.stroke();
  }

  /** NaN or infinite: outlined in the colour of errors, with its name where it fits. */
  private alarm(x: number, y: number, value: number): void {
    const { ctx } = this.chart;
    ctx.fillStyle = this.palette.alarm;
    ctx.globalAlpha *= 0.25;
    ctx.fill();
    ctx.globalAlpha *= 4;
    if (!this.isNumbered) return;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.font = `600 ${FONT.size - 1}px ${FONT.family}`;
    ctx.fillText(formatShort(value), x + this.width / 2, y + this.height / 2);
  }
}
