/** Lines over steps, or a map of class by step where there are too many classes for lines. */
import { ClassMap } from '../charts/class-map.ts';
import { LineChart } from '../charts/line.ts';
import { isFew, type Scene } from '../charts/scene.ts';
import { mapBounds, panelColors } from '../color-bounds.ts';
import { type Curve, nearestRow, rowAt } from '../curves.ts';
import { element } from '../dom.ts';
import { formatCount, formatNumber, truncate } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { axisLabels, type ChartSpec, type Layer, supportOf } from '../panels.ts';
import {
  countNonFinite,
  countNonPositive,
  describeChart,
  lastValues,
  missingNote,
  totalNote,
  windowNote,
} from '../readings.ts';
import { ValueTable } from '../tables.ts';
import { ColorLegend } from './color-legend.ts';
import { type Caption, type Plot, type PlotContext, warningOf } from './plot.ts';
import { cellContent, pointContent } from './point-content.ts';

const LABEL_LENGTH = 12;

export class LinePlot implements Plot {
  readonly root = element('div', { class: 'plot' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly spec: ChartSpec;
  private readonly context: PlotContext;
  private readonly lines = element('div', { class: 'canvas' });
  private readonly map = element('div', { class: 'canvas' });
  private readonly legend = new ColorLegend();
  private readonly crosshair = element('div', { class: 'crosshair' });
  private readonly tables: readonly ValueTable[];
  private readonly unfollow: () => void;
  private readonly nonFinite = new WeakMap<Curve['metric'], { rows: number; count: number }>();
  private lineChart: LineChart | null = null;
  private classMap: ClassMap | null = null;

  constructor(spec: ChartSpec, context: PlotContext) {
    this.spec = spec;
    this.context = context;
    this.tables = spec.layers.map(() => new ValueTable());
    this.numbers.append(...this.tables.map((table) => table.root));
    this.crosshair.hidden = true;
    this.map.hidden = true;
    this.legend.root.hidden = true;
    this.root.append(this.lines, this.map, this.legend.root);
    this.unfollow = context.crosshair.follow((step) => this.showCrosshair(step));
    followGestures(this.lines, {
      look: (x, y, event) => this.look(x, y, event),
      leave: () => this.leave(),
      drag: (from, to) => this.zoom(from, to),
      reset: () => context.view.change({ range: null }),
    });
    followGestures(this.map, { look: (x, y, event) => this.lookAtMap(x, y, event), leave: () => this.leave() });
  }

  draw(scene: Scene): void {
    const many = this.manyLayer(scene);
    const hasLines = many === null || scene.view.picked.length > 0;
    this.lines.hidden = !hasLines;
    this.map.hidden = many === null;
    this.legend.root.hidden = many === null;
    if (hasLines) {
      this.lineChart ??= new LineChart(this.canvasIn(this.lines), this.spec);
      this.lineChart.draw(scene);
    }
    if (many === null) return;
    this.classMap ??= new ClassMap(this.canvasIn(this.map));
    const curve = curveOf(many, scene);
    const labels = axisLabels(many.declaration.axes[0]!, curve.size, scene.classNames);
    const look = {
      labels: labels.map((label) => truncate(label, LABEL_LENGTH)),
      colors: (shown: readonly (number | null)[]) => panelColors(shown, many.panel, scene.palette, mapBounds),
    };
    this.classMap.draw(curve, look, scene);
    if (this.classMap.scale !== null) this.legend.show(this.classMap.scale);
  }

  tabulate(scene: Scene): Caption {
    const curves = this.spec.layers.map((layer) => curveOf(layer, scene));
    const lists = this.spec.layers.map((layer, i) => lastValues(layer, curves[i]!, scene.classNames));
    lists.forEach((list, i) => {
      if (list !== null) this.tables[i]!.update(list);
    });
    const isLog = this.spec.layers[0]!.panel.scale === 'log';
    const broken = curves.reduce((sum, curve) => sum + this.brokenIn(curve), 0);
    const hidden = isLog ? curves.reduce((sum, curve) => sum + countNonPositive(curve), 0) : 0;
    const warning = warningOf(broken, hidden);
    const [only] = lists.length === 1 && this.spec.layers[0]!.declaration.axes.length === 0 ? lists : [];
    const value = only?.values[0];
    const { layers } = this.spec;
    const missing = layers.map((layer, i) => missingNote(layer, curves[i]!, layers.length > 1));
    return {
      note: [...missing, this.noteOf(curves, scene)].filter(Boolean).join('; '),
      ...(value === undefined || value === null ? {} : { value: formatNumber(value) }),
      ...(warning === '' ? {} : { warning }),
    };
  }

  destroy(): void {
    this.unfollow();
    this.lineChart?.destroy();
    this.classMap?.destroy();
  }

  private canvasIn(parent: HTMLElement): HTMLCanvasElement {
    const canvas = element('canvas', { role: 'img', 'aria-label': describeChart(this.spec) });
    parent.prepend(canvas);
    if (parent === this.lines) parent.append(this.crosshair);
    return canvas;
  }

  private manyLayer(scene: Scene): Layer | null {
    const isMany = (layer: Layer) => layer.declaration.axes.length > 0 && !isFew(curveOf(layer, scene).size);
    return this.spec.layers.find(isMany) ?? null;
  }

  private noteOf(curves: readonly Curve[], scene: Scene): string {
    const [curve] = curves;
    if (curve === undefined || curve.rows === 0) return 'waiting for the first measurement';
    const support = curve.support(curve.rows - 1);
    const isScalar = curve.metric.declaration.axes.length === 0;
    const note = isScalar ? totalNote(support) : windowNote(support, scene.classNames);
    if (note !== '') return note;
    const bucket = curve.bucket(curve.rows - 1);
    return `${formatCount(curve.rows)} ${curve.rows === 1 ? 'measurement' : 'measurements'}, last at step ${formatCount(bucket.step)}`;
  }

  private brokenIn(curve: Curve): number {
    const known = this.nonFinite.get(curve.metric) ?? { rows: 0, count: 0 };
    const closed = Math.max(0, curve.rows - 1);
    const count = countNonFinite({ ...curve, rows: closed }, Math.min(known.rows, closed), known.count);
    this.nonFinite.set(curve.metric, { rows: closed, count });
    return countNonFinite(curve, closed, count);
  }

  private look(x: number, y: number, event: PointerEvent): void {
    const step = this.lineChart?.stepUnder(x) ?? null;
    const lines = this.lineChart?.drawn ?? [];
    const row = step === null || lines[0] === undefined ? -1 : nearestRow(lines[0].curve, step);
    if (step === null || row < 0) {
      this.leave();
      return;
    }
    const near = this.lineChart?.lineNear(step, y) ?? null;
    if (this.spec.layers.some((layer) => layer.declaration.axes[0] === 'class')) {
      this.context.view.change({ highlight: near?.element ?? null });
    }
    this.context.crosshair.set(lines[0]!.curve.bucket(row).step);
    this.context.tooltip.show(event, pointContent(lines, row, near));
  }

  private lookAtMap(x: number, y: number, event: PointerEvent): void {
    const scene = this.context.scene();
    const layer = this.manyLayer(scene);
    const curve = layer === null ? null : curveOf(layer, scene);
    const at = curve === null ? null : (this.classMap?.at(x, y, scene) ?? null);
    const row = curve === null || at === null ? -1 : rowAt(curve, at.step);
    if (layer === null || curve === null || at === null || row < 0) {
      this.leave();
      return;
    }
    const label = axisLabels(layer.declaration.axes[0]!, curve.size, scene.classNames)[at.element]!;
    this.context.crosshair.set(curve.bucket(row).step);
    this.context.tooltip.show(event, cellContent(curve, row, at.element, label));
  }

  private leave(): void {
    this.context.tooltip.hide();
    this.context.crosshair.set(null);
    this.context.view.change({ highlight: null });
  }

  private zoom(from: number, to: number): void {
    const first = this.lineChart?.stepUnder(from) ?? 0;
    const last = this.lineChart?.stepUnder(to) ?? this.context.scene().history.lastStep;
    if (last - first >= 1) this.context.view.change({ range: [Math.floor(first), Math.ceil(last)] });
  }

  private showCrosshair(step: number | null): void {
    const x = step === null ? null : (this.lineChart?.pixelOf(step) ?? null);
    this.crosshair.hidden = x === null;
    if (x !== null) this.crosshair.style.transform = `translateX(${Math.round(x)}px)`;
  }
}

function curveOf(layer: Layer, scene: Scene): Curve {
  return scene.curves.curve(layer.metric, supportOf(scene.history, layer.declaration));
}
