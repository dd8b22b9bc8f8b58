/** A matrix as coloured cells, with names along both sides and numbers in the cells where there is room. */
import { Chart, type Plugin } from 'chart.js';
import type { Panel } from '../../src/record.ts';
import { panelColors, shownBounds } from '../color-bounds.ts';
import type { ColorScale } from '../color-scale.ts';
import { truncate } from '../format.ts';
import type { MatrixModel } from '../matrices.ts';
import type { Palette } from '../palette.ts';
import { STATIC_OPTIONS } from './axes.ts';
import { CellPainter } from './cell-painter.ts';
import { FONT } from './font.ts';
import type { Scene } from './scene.ts';

const LABEL_LENGTH = 12;

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
    this.scale = panelColors(model.shown, panel, palette, shownBounds);
    const [rowTitle, columnTitle] = model.axisTitles;
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
        new CellPainter(chart, model, palette, scale).paint(this.focus);
      },
    };
  }
}
