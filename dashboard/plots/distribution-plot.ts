/** Laws, samples and the run in one chart, with what is to be said of them in sentences. */
import { DistributionChart, distributionColors } from '../charts/distribution.ts';
import type { Scene } from '../charts/scene.ts';
import { plainCurve } from '../curves.ts';
import { type DistributionModel, distributionModel, intervalOf } from '../distributions.ts';
import { element, setLines } from '../dom.ts';
import { formatCount, formatNumber, truncate } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { measurementAt } from '../matrices.ts';
import type { ChartSpec, Layer } from '../panels.ts';
import { describeChart, lastValues } from '../readings.ts';
import { ValueTable } from '../tables.ts';
import type { TooltipRow } from '../tooltip.ts';
import type { Caption, Plot, PlotContext } from './plot.ts';

/** Marks that the tooltip lists by name. */
const NAMED = 6;
const NAME_LENGTH = 24;

export class DistributionPlot implements Plot {
  readonly root = element('div', { class: 'plot' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly spec: ChartSpec;
  private readonly context: PlotContext;
  private readonly canvas: HTMLCanvasElement;
  private readonly holder: HTMLElement;
  private readonly legend = element('ul', { class: 'series-legend' });
  private readonly notes = element('div', { class: 'plot-notes' });
  private readonly tables: readonly ValueTable[];
  private chart: DistributionChart | null = null;
  private named = '';

  constructor(spec: ChartSpec, context: PlotContext) {
    this.spec = spec;
    this.context = context;
    this.canvas = element('canvas', { role: 'img', 'aria-label': describeChart(spec) });
    this.holder = element('div', { class: 'canvas' }, this.canvas);
    this.root.append(this.legend, this.holder, this.notes);
    this.tables = spec.layers.map(() => new ValueTable());
    this.numbers.append(...this.tables.map((table) => table.root));
    followGestures(this.holder, { look: (x, _, event) => this.look(x, event), leave: () => this.leave() });
  }

  draw(scene: Scene): void {
    const model = distributionModel(this.spec, scene.classNames);
    if (model === null) return;
    this.chart ??= new DistributionChart(this.canvas);
    this.chart.draw(model, scene);
    this.name(model, scene);
  }

  tabulate(scene: Scene): Caption {
    const model = distributionModel(this.spec, scene.classNames);
    if (model === null) return { note: 'waiting for the first measurement' };
    this.spec.layers.forEach((layer, i) => {
      this.tabulateLayer(layer, this.tables[i]!, model, scene);
    });
    setLines(this.notes, model.notes);
    return { note: `step ${formatCount(model.step)}` };
  }

  destroy(): void {
    this.chart?.destroy();
  }

  /** Laws and samples by interval, as they are drawn; everything else as it was measured. */
  private tabulateLayer(layer: Layer, table: ValueTable, model: DistributionModel, { classNames }: Scene): void {
    const course = [...model.laws, ...model.samples].find((one) => one.layer === layer);
    if (course === undefined) {
      const curve = plainCurve(layer.metric);
      const list = lastValues(layer, curve, classNames, measurementAt(layer.panel, curve.rows, null));
      if (list !== null) table.update(list);
      return;
    }
    const labels = course.shares.map((_, i) => intervalText(model, i));
    table.update({
      name: layer.name,
      title: layer.label,
      step: model.step,
      axis: 'range',
      labels,
      values: course.shares,
    });
  }

  private name(model: DistributionModel, { palette }: Scene): void {
    const named = JSON.stringify([palette.theme, model.laws.length, model.samples.length, model.marks.length > 0]);
    if (named === this.named) return;
    this.named = named;
    const colors = distributionColors(palette);
    setLines(this.notes, model.notes);
    const items = [
      ...model.samples.map(({ layer }) => legendItem('bar', layer.label, colors.sample)),
      ...model.laws.map(({ layer }, i) => legendItem(i === 0 ? 'line' : 'line dashed', layer.label, colors.law(i))),
      ...model.marks.slice(0, 1).map(({ layer }) => legendItem('mark', layer.label, colors.mark)),
    ];
    this.legend.replaceChildren(...items);
  }

  private look(x: number, event: PointerEvent): void {
    const scene = this.context.scene();
    const model = distributionModel(this.spec, scene.classNames);
    const at = this.chart?.intervalUnder(x) ?? null;
    if (model === null || at === null) {
      this.leave();
      return;
    }
    const rest = this.rest(model, at);
    this.context.tooltip.show(event, {
      title: intervalText(model, at),
      rows: rowsOf(model, at, scene),
      ...(rest > 0 ? { note: `and ${formatCount(rest)} more classes of this run` } : {}),
    });
  }

  private rest({ marks, edges }: DistributionModel, at: number): number {
    return marks.filter(({ value }) => intervalOf(value, edges) === at).length - NAMED;
  }

  private leave(): void {
    this.context.tooltip.hide();
  }
}

function legendItem(kind: string, label: string, color: string): HTMLElement {
  const sign = element('span', { class: `sign ${kind}` });
  sign.style.color = color;
  return element('li', {}, sign, element('span', { text: label }));
}

function intervalText({ edges }: DistributionModel, at: number): string {
  return `${formatNumber(edges[at]!)} to ${formatNumber(edges[at + 1]!)}`;
}

function rowsOf({ laws, samples, marks, edges }: DistributionModel, at: number, { palette }: Scene): TooltipRow[] {
  const colors = distributionColors(palette);
  const here = marks.filter(({ value }) => intervalOf(value, edges) === at);
  return [
    ...samples.map(({ layer, shares, counts, size }) => ({
      label: layer.label,
      value: `${formatNumber(shares[at]!)} (${formatCount(counts[at]!)} of ${formatCount(size)})`,
      color: colors.sample,
    })),
    ...laws.map(({ layer, shares }, i) => ({
      label: layer.label,
      value: formatNumber(shares[at]!),
      color: colors.law(i),
    })),
    ...here.slice(0, NAMED).map(({ layer, label, value }) => ({
      label: `${layer.label}: ${truncate(label, NAME_LENGTH)}`,
      value: formatNumber(value),
      color: colors.mark,
      isStrong: true,
    })),
  ];
}
