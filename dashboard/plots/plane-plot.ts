/** Classes in a plane, with a slider over the measurements that are kept. */
import { drawnClasses, PlaneChart, planeColor } from '../charts/plane.ts';
import type { Scene } from '../charts/scene.ts';
import { element, setLines } from '../dom.ts';
import { formatCount, truncate } from '../format.ts';
import { followGestures } from '../gestures.ts';
import { matrixModel, measurementAt } from '../matrices.ts';
import type { ChartSpec, Layer } from '../panels.ts';
import { classesNear, drawnLayer, type Near, type PlaneModel, planeModel } from '../planes.ts';
import { describeChart } from '../readings.ts';
import { MatrixTable } from '../tables.ts';
import type { TooltipContent } from '../tooltip.ts';
import { LookBack } from './look-back.ts';
import type { Caption, Plot, PlotContext } from './plot.ts';

/** Farthest that the pointer may be from a ray's end or a point to be on it, in pixels. */
const REACH = 12;
/** Classes that the tooltip lists. */
const NAMED = 8;
const NAME_LENGTH = 24;

export class PlanePlot implements Plot {
  readonly root = element('div', { class: 'plot tall' });
  readonly numbers = element('div', { class: 'tables' });
  private readonly spec: ChartSpec;
  private readonly layer: Layer;
  private readonly context: PlotContext;
  private readonly canvas: HTMLCanvasElement;
  private readonly notes = element('div', { class: 'plot-notes' });
  private readonly lookBack: LookBack;
  private readonly table: MatrixTable;
  private chart: PlaneChart | null = null;

  constructor(spec: ChartSpec, context: PlotContext) {
    this.spec = spec;
    this.layer = drawnLayer(spec) ?? spec.layers[0]!;
    this.context = context;
    this.canvas = element('canvas', { role: 'img', 'aria-label': describeChart(spec) });
    this.lookBack = new LookBack(this.layer.panel, () => this.redraw());
    const holder = element('div', { class: 'canvas' }, this.canvas);
    this.root.append(legendOf(this.layer), holder, this.lookBack.root, this.notes);
    this.table = new MatrixTable(this.layer.name, spec.title);
    this.numbers.append(this.table.root);
    followGestures(holder, { look: (x, y, event) => this.look(x, y, event), leave: () => this.leave() });
  }

  draw(scene: Scene): void {
    const model = this.model(scene);
    if (model === null) return;
    this.chart ??= new PlaneChart(this.canvas);
    this.chart.draw(model, scene);
  }

  tabulate(scene: Scene): Caption {
    const model = this.model(scene);
    const { buckets } = this.layer.metric;
    const kept = buckets.length;
    this.lookBack.show(kept, model?.step ?? null);
    if (model === null) return { note: 'waiting for the first measurement' };
    setLines(this.notes, model.notes);
    const bucket = buckets[measurementAt(this.layer.panel, kept, this.lookBack.chosen)]!;
    this.table.update(matrixModel(this.layer, bucket, scene.classNames));
    const missing = model.classes.filter(({ ray, point }) => ray === null || point === null).length;
    const without = missing > 0 ? `, ${formatCount(missing)} ${missing === 1 ? 'class' : 'classes'} incomplete` : '';
    return { note: `${formatCount(kept)} ${kept === 1 ? 'measurement' : 'measurements'} kept${without}` };
  }

  destroy(): void {
    this.chart?.destroy();
  }

  private model({ classNames }: Scene): PlaneModel | null {
    return planeModel(this.spec, this.lookBack.chosen, classNames);
  }

  private redraw(): void {
    this.tabulate(this.context.scene());
    this.draw(this.context.scene());
  }

  private look(x: number, y: number, event: PointerEvent): void {
    const scene = this.context.scene();
    const model = this.model(scene);
    const under = this.chart?.placeUnder(x, y) ?? null;
    const near =
      model === null || under === null
        ? []
        : classesNear(drawnClasses(model.classes, scene), under.place, REACH * under.pixel);
    if (model === null || near.length === 0) {
      this.leave();
      return;
    }
    this.context.view.change({ highlight: near[0]!.of.element });
    this.context.tooltip.show(event, contentOf(near, model, this.layer, scene));
  }

  private leave(): void {
    this.context.tooltip.hide();
    this.context.view.change({ highlight: null });
  }
}

function legendOf({ panel }: Layer): HTMLElement {
  const [ray, point] = panel.axisTitles ?? ['ray', 'point'];
  const item = (kind: string, text: string) =>
    element('li', {}, element('span', { class: `sign ${kind}` }), element('span', { text }));
  return element('ul', { class: 'series-legend' }, item('line', ray), item('mark', point));
}

/** Everything that lies under the pointer: in a bundle several classes. */
function contentOf(near: readonly Near[], model: PlaneModel, { panel }: Layer, scene: Scene): TooltipContent {
  const [rayTitle, pointTitle] = panel.axisTitles ?? ['ray', 'point'];
  const rest = near.length - NAMED;
  const step = `step ${formatCount(model.step)}`;
  return {
    title: near.length === 1 ? near[0]!.of.label : `${formatCount(near.length)} classes`,
    rows: near.slice(0, NAMED).map(({ of, ray, point }, i) => ({
      label: truncate(of.label, NAME_LENGTH),
      value: [...(ray ? [rayTitle] : []), ...(point ? [pointTitle] : [])].join(', '),
      color: planeColor(of.element, model.classes.length, scene),
      isStrong: i === 0 && near.length > 1,
    })),
    note: rest > 0 ? `and ${formatCount(rest)} more; ${step}` : step,
  };
}
