/** Pairs of classes over steps, most opposed first: which classes pull against each other, and when. */
import { ClassMap } from '../charts/class-map.ts';
import type { Scene } from '../charts/scene.ts';
import { centredBounds } from '../color-bounds.ts';
import { colorScale } from '../color-scale.ts';
import { type Curve, rowAt } from '../curves.ts';
import { element } from '../dom.ts';
import { formatCount, formatNumber } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { type PairSelection, pairCurve, pairFilter, pairLabel, selectPairs, sideOf } from '../pairs.ts';
import type { ChartSpec, Layer } from '../panels.ts';
import { countNonFinite, describeChart } from '../readings.ts';
import { ValueTable } from '../tables.ts';
import { ColorLegend } from './color-legend.ts';
import { type Caption, type Plot, type PlotContext, warningOf } from './plot.ts';

/** Pixels per row, and for the step axis below. */
const ROW_HEIGHT = 14;
const AXIS_HEIGHT = 26;

interface Selected extends PairSelection {
  readonly key: string;
  readonly curve: Curve;
  readonly labels: readonly string[];
}

export class PairPlot implements Plot {
  readonly root = element('div', { class: 'plot' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly layer: Layer;
  private readonly context: PlotContext;
  private readonly holder: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly crosshair = element('div', { class: 'crosshair' });
  private readonly legend = new ColorLegend();
  private readonly table = new ValueTable();
  private readonly unfollow: () => void;
  private map: ClassMap | null = null;
  private selected: Selected | null = null;

  constructor(spec: ChartSpec, context: PlotContext) {
    // Rows are pairs of one matrix: panels of pairs are one metric each.
    this.layer = spec.layers[0]!;
    this.context = context;
    this.canvas = element('canvas', { role: 'img', 'aria-label': describeChart(spec) });
    this.crosshair.hidden = true;
    this.holder = element('div', { class: 'canvas' }, this.canvas, this.crosshair);
    this.root.append(this.holder, this.legend.root);
    this.numbers.append(this.table.root);
    this.unfollow = context.crosshair.follow((step) => this.showCrosshair(step));
    followGestures(this.holder, {
      look: (x, y, event) => this.look(x, y, event),
      leave: () => this.leave(),
      drag: (from, to) => this.zoom(from, to),
      reset: () => context.view.change({ range: null }),
    });
  }

  draw(scene: Scene): void {
    const { curve, pairs, labels } = this.select(scene);
    if (curve.rows === 0) return;
    this.holder.style.minHeight = `${Math.max(208, pairs.length * ROW_HEIGHT + AXIS_HEIGHT)}px`;
    this.map ??= new ClassMap(this.canvas);
    const { highlight } = scene.view;
    const isFaded = (row: number) => highlight !== null && pairs[row]!.a !== highlight && pairs[row]!.b !== highlight;
    const colors = (shown: readonly (number | null)[]) =>
      colorScale(...centredBounds(shown, this.layer.panel.bounds), scene.palette);
    this.map.draw(curve, { labels, isFaded, colors, hasRoom: true }, scene);
    if (this.map.scale !== null) this.legend.show(this.map.scale);
  }

  tabulate(scene: Scene): Caption {
    const { curve, pairs, total, labels } = this.select(scene);
    const last = curve.rows - 1;
    if (last < 0) return { note: 'waiting for the first measurement' };
    const { step } = curve.bucket(last);
    const values = pairs.map((_, row) => curve.value(last, row));
    this.table.update({ name: this.layer.name, title: this.layer.label, axis: 'pair', step, labels, values });
    const warning = warningOf(countNonFinite(curve));
    return {
      note: `${countNote(pairs.length, total)}, ${formatCount(curve.rows)} ${curve.rows === 1 ? 'step' : 'steps'}`,
      ...(warning === '' ? {} : { warning }),
    };
  }

  destroy(): void {
    this.unfollow();
    this.map?.destroy();
  }

  /** Which pairs are worth a row changes with a measurement or with the choice of classes, not with every drawing. */
  private select({ view, classNames }: Scene): Selected {
    const { metric } = this.layer;
    const { buckets } = metric;
    const key = JSON.stringify([
      [buckets.length, buckets.at(-1)?.step, buckets.at(-1)?.count],
      [...view.hidden],
      view.picked,
      classNames.length,
    ]);
    if (this.selected?.key === key) return this.selected;
    const selection = selectPairs(metric, pairFilter(sideOf(metric), view));
    const labels = selection.pairs.map((pair) => pairLabel(pair, classNames));
    this.selected = { ...selection, key, labels, curve: pairCurve(metric, selection.pairs) };
    return this.selected;
  }

  private look(x: number, y: number, event: PointerEvent): void {
    const scene = this.context.scene();
    const { curve, pairs } = this.select(scene);
    const at = this.map?.at(x, y, scene) ?? null;
    const row = at === null ? -1 : rowAt(curve, at.step);
    if (at === null || row < 0) {
      this.leave();
      return;
    }
    const value = curve.value(row, at.element);
    const { step, epoch } = curve.bucket(row);
    const pair = pairs[at.element]!;
    this.context.crosshair.set(step);
    this.context.tooltip.show(event, {
      title: pairLabel(pair, scene.classNames, Infinity),
      rows: [{ label: this.layer.label, value: value === null ? 'missing' : formatNumber(value), isStrong: true }],
      note: `step ${formatCount(step)}${epoch === null ? '' : ` · epoch ${epoch.toFixed(2)}`}`,
    });
  }

  private leave(): void {
    this.context.tooltip.hide();
    this.context.crosshair.set(null);
  }

  private zoom(from: number, to: number): void {
    const scene = this.context.scene();
    const first = this.map?.stepUnder(from, scene) ?? 0;
    const last = this.map?.stepUnder(to, scene) ?? scene.history.lastStep;
    if (last - first >= 1) this.context.view.change({ range: [Math.floor(first), Math.ceil(last)] });
  }

  private showCrosshair(step: number | null): void {
    const x = step === null ? null : (this.map?.pixelOf(step, this.context.scene()) ?? null);
    this.crosshair.hidden = x === null;
    if (x !== null) this.crosshair.style.transform = `translateX(${Math.round(x)}px)`;
  }
}

function countNote(shown: number, total: number): string {
  if (shown === total) return `${formatCount(total)} ${total === 1 ? 'pair' : 'pairs'}`;
  return `${formatCount(shown)} most opposed of ${formatCount(total)} pairs`;
}
