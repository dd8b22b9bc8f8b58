/** Bars per class, one colour per metric that shares the chart. */
import { BarChart, seriesColor } from '../charts/bar.ts';
import type { Scene } from '../charts/scene.ts';
import { plainCurve } from '../curves.ts';
import { element, setLines, setText } from '../dom.ts';
import { formatCount, formatNumber } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { type BarModel, barModel } from '../matrices.ts';
import { axisLabels, type ChartSpec, supportOf } from '../panels.ts';
import { describeChart, missingBars } from '../readings.ts';
import { ValueTable } from '../tables.ts';
import type { Caption, Plot, PlotContext } from './plot.ts';

export class BarPlot implements Plot {
  readonly root = element('div', { class: 'plot' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly spec: ChartSpec;
  private readonly context: PlotContext;
  private readonly canvas: HTMLCanvasElement;
  private readonly legend = element('ul', { class: 'series-legend' });
  private readonly notes = element('div', { class: 'plot-notes' });
  private readonly tables: readonly ValueTable[];
  private chart: BarChart | null = null;

  constructor(spec: ChartSpec, context: PlotContext) {
    this.spec = spec;
    this.context = context;
    this.canvas = element('canvas', { role: 'img', 'aria-label': describeChart(spec) });
    const holder = element('div', { class: 'canvas' }, this.canvas);
    this.root.append(this.legend, holder, this.notes);
    this.tables = spec.layers.map(() => new ValueTable());
    this.numbers.append(...this.tables.map((table) => table.root));
    followGestures(holder, { look: (x, y, event) => this.look(x, y, event), leave: () => this.leave() });
  }

  draw(scene: Scene): void {
    const models = this.models(scene);
    if (models.length === 0) return;
    this.chart ??= new BarChart(this.canvas);
    this.chart.draw(models, labelsOf(models, scene), scene);
    this.nameSeries(models, scene);
  }

  tabulate(scene: Scene): Caption {
    const models = this.models(scene);
    const labels = labelsOf(models, scene);
    this.spec.layers.forEach((layer, i) => {
      const model = models.find((candidate) => candidate.layer === layer);
      if (model === undefined) return;
      this.tables[i]!.update({
        name: layer.name,
        title: layer.label,
        step: model.step,
        axis: 'class',
        labels,
        values: model.values,
        ...(layer.panel.share ? { shares: model.shown } : {}),
      });
    });
    setLines(
      this.notes,
      models.map((model) => missingBars(model, labels)).filter((sentence) => sentence !== ''),
    );
    const [first] = models;
    if (first === undefined) return { note: 'waiting for the first measurement' };
    const examples = models.find((model) => model.examples !== null)?.examples;
    return {
      note: `step ${formatCount(first.step)}${examples === undefined || examples === null ? '' : `, over ${formatCount(examples)} examples`}`,
    };
  }

  destroy(): void {
    this.chart?.destroy();
  }

  private models(scene: Scene): BarModel[] {
    return this.spec.layers.flatMap((layer) => {
      const support = supportOf(scene.history, layer.declaration);
      const curve = scene.curves.curve(layer.metric, support);
      return barModel(layer, curve, support === undefined ? null : plainCurve(support)) ?? [];
    });
  }

  private nameSeries(models: readonly BarModel[], { palette }: Scene): void {
    const names = models.map((model) => model.layer.label);
    if (this.legend.childElementCount !== names.length) {
      this.legend.replaceChildren(
        ...names.map(() => element('li', {}, element('span', { class: 'dot' }), element('span'))),
      );
    }
    names.forEach((name, i) => {
      const [dot, text] = this.legend.children[i]!.children as unknown as [HTMLElement, HTMLElement];
      dot.style.background = seriesColor(models, i, palette);
      setText(text, name);
    });
    this.legend.hidden = names.length < 2;
  }

  private look(x: number, y: number, event: PointerEvent): void {
    const scene = this.context.scene();
    const models = this.models(scene);
    const at = this.chart?.elementAt(x, y) ?? null;
    if (at === null || models.length === 0) {
      this.leave();
      return;
    }
    this.context.view.change({ highlight: at });
    this.context.tooltip.show(event, {
      title: labelsOf(models, scene)[at] ?? '',
      rows: models.map((model, i) => ({
        label: model.layer.label,
        value: valueText(model, at),
        color: seriesColor(models, i, scene.palette),
      })),
    });
  }

  private leave(): void {
    this.context.tooltip.hide();
    this.context.view.change({ highlight: null });
  }
}

function labelsOf(models: readonly BarModel[], { classNames }: Scene): string[] {
  const size = Math.max(0, ...models.map((model) => model.values.length));
  const axis = models[0]?.layer.declaration.axes[0];
  return axis === undefined
    ? models.map((model) => model.layer.label).slice(0, size)
    : axisLabels(axis, size, classNames);
}

function valueText({ values, shown, layer }: BarModel, at: number): string {
  const value = values[at] ?? null;
  if (value === null) return 'missing';
  const share = shown[at] ?? null;
  if (layer.panel.share && share !== null) return `${formatNumber(share)} (${formatCount(value)})`;
  const [of, low = -1, high = -1] = layer.panel.interval ?? [];
  const [from, to] = [values[low] ?? null, values[high] ?? null];
  const interval = of === at && from !== null && to !== null ? ` (${formatNumber(from)} to ${formatNumber(to)})` : '';
  return `${formatNumber(value)}${interval}`;
}
