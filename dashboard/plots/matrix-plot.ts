/** A matrix as a heat map, with a slider over the measurements that are kept. */
import { Heatmap } from '../charts/heatmap.ts';
import type { Scene } from '../charts/scene.ts';
import { element } from '../dom.ts';
import { formatCount, formatNumber } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { type MatrixModel, matrixModel, measurementAt } from '../matrices.ts';
import type { ChartSpec, Layer } from '../panels.ts';
import { describeChart } from '../readings.ts';
import { MatrixTable } from '../tables.ts';
import type { TooltipContent } from '../tooltip.ts';
import { ColorLegend } from './color-legend.ts';
import { LookBack } from './look-back.ts';
import { type Caption, type Plot, type PlotContext, warningOf } from './plot.ts';

export class MatrixPlot implements Plot {
  readonly root = element('div', { class: 'plot tall' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly layer: Layer;
  private readonly context: PlotContext;
  private readonly canvas: HTMLCanvasElement;
  private readonly legend = new ColorLegend();
  private readonly lookBack: LookBack;
  private readonly table: MatrixTable;
  private heatmap: Heatmap | null = null;

  constructor(spec: ChartSpec, context: PlotContext) {
    // Matrices cannot share one set of cells: panels of heat maps are one metric each.
    this.layer = spec.layers[0]!;
    this.context = context;
    this.canvas = element('canvas', { role: 'img', 'aria-label': describeChart(spec) });
    this.lookBack = new LookBack(this.layer.panel, () => this.redraw(), this.legend.root);
    const holder = element('div', { class: 'canvas' }, this.canvas);
    this.root.append(holder, this.lookBack.root);
    this.table = new MatrixTable(this.layer.name, spec.title);
    this.numbers.append(this.table.root);
    followGestures(holder, { look: (x, y, event) => this.look(x, y, event), leave: () => this.leave() });
  }

  draw(scene: Scene): void {
    const model = this.model(scene);
    if (model === null) return;
    this.heatmap ??= new Heatmap(this.canvas);
    this.heatmap.draw(model, this.layer.panel, scene);
    if (this.heatmap.scale !== null) this.legend.show(this.heatmap.scale);
  }

  tabulate(scene: Scene): Caption {
    const model = this.model(scene);
    const kept = this.layer.metric.buckets.length;
    this.lookBack.show(kept, model?.step ?? null);
    if (model === null) return { note: 'waiting for the first measurement' };
    this.table.update(model);
    const broken = model.values.filter((value) => value !== null && !Number.isFinite(value)).length;
    const hidden =
      this.layer.panel.scale === 'log' ? model.values.filter((value) => value !== null && value <= 0).length : 0;
    const missing = model.values.filter((value) => value === null).length;
    const warning = warningOf(broken, hidden);
    return {
      note: `${formatCount(kept)} ${kept === 1 ? 'measurement' : 'measurements'} kept${missing > 0 ? `, ${formatCount(missing)} cells missing` : ''}`,
      ...(warning === '' ? {} : { warning }),
    };
  }

  destroy(): void {
    this.heatmap?.destroy();
  }

  private model({ classNames }: Scene): MatrixModel | null {
    const { buckets } = this.layer.metric;
    const bucket = buckets[measurementAt(this.layer.panel, buckets.length, this.lookBack.chosen)];
    return bucket === undefined ? null : matrixModel(this.layer, bucket, classNames);
  }

  private redraw(): void {
    this.tabulate(this.context.scene());
    this.draw(this.context.scene());
  }

  private look(x: number, y: number, event: PointerEvent): void {
    const cell = this.heatmap?.cellAt(x, y) ?? null;
    const model = this.model(this.context.scene());
    if (cell === null || model === null) {
      this.leave();
      return;
    }
    this.context.tooltip.show(event, cellContent(model, cell.row, cell.column));
  }

  private leave(): void {
    this.context.tooltip.hide();
  }
}

function cellContent(
  { rowLabels, columnLabels, axisTitles, columns, values, shown, isShare, step }: MatrixModel,
  row: number,
  column: number,
): TooltipContent {
  const [rowTitle, columnTitle] = axisTitles;
  const value = values[row * columns + column] ?? null;
  const share = shown[row * columns + column] ?? null;
  const total = values.slice(row * columns, (row + 1) * columns).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const shared = share === null ? '–' : `${formatNumber(100 * share)} %`;
  const text =
    value === null
      ? 'missing'
      : isShare
        ? `${shared} (${formatCount(value)} of ${formatCount(total)})`
        : formatNumber(value);
  return {
    title: text,
    rows: [
      { label: rowTitle || 'row', value: rowLabels[row] ?? '' },
      { label: columnTitle || 'column', value: columnLabels[column] ?? '' },
    ],
    note: `step ${formatCount(step)}`,
  };
}
