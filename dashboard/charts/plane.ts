/** Classes in a plane: a ray from the origin and a point each, one scale for both axes, names where there is room. */
import { Chart, type Plugin } from 'chart.js';
import type { Place, PlaneClass, PlaneModel } from '../planes.ts';
import { STATIC_OPTIONS } from './axes.ts';
import { FONT } from './font.ts';
import { type Name, placeNames } from './plane-names.ts';
import { elementStyle, isFew, type Scene } from './scene.ts';

/** Room around the plot for names, in pixels. */
const MARGIN = { x: 44, y: 18 };
const POINT = 4.5;
const SMALL_POINT = 2.5;
const ARROW = 7;
/** Nearer to the origin than this a class has no name. */
const NAME_DISTANCE = 9;
const FADED = 0.2;

/** How one class is drawn. */
interface Look {
  readonly color: string;
  readonly dash: readonly number[];
  readonly alpha: number;
  readonly isNamed: boolean;
}

/** Classes that are drawn: those not switched off; where there are too many for colours all, the picked ones in colour and on top. */
export function drawnClasses(classes: readonly PlaneClass[], { view }: Scene): PlaneClass[] {
  if (isFew(classes.length)) return classes.filter(({ element }) => !view.hidden.has(element));
  const isPicked = ({ element }: PlaneClass) => view.picked.includes(element);
  return [...classes.filter((one) => !isPicked(one)), ...classes.filter(isPicked)];
}

/** Colour of a class in a plane of so many. */
export function planeColor(element: number, size: number, scene: Scene): string {
  const { view, palette } = scene;
  const isOwn = isFew(size) || view.picked.includes(element);
  return isOwn ? elementStyle(element, size, scene).color : palette.reference;
}

export class PlaneChart {
  private readonly chart: Chart<'line'>;
  private model: PlaneModel | null = null;
  private scene: Scene | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, scales: { x: { display: false }, y: { display: false } } },
      plugins: [this.classes()],
    });
  }

  draw(model: PlaneModel, scene: Scene): void {
    this.model = model;
    this.scene = scene;
    this.chart.draw();
  }

  /** The place under a point of the canvas, and how long a pixel is there; null before the first drawing. */
  placeUnder(x: number, y: number): { readonly place: Place; readonly pixel: number } | null {
    if (this.model === null) return null;
    const { scale, middle } = frameOf(this.chart, this.model);
    return { place: [(x - middle[0]) / scale, (middle[1] - y) / scale], pixel: 1 / scale };
  }

  destroy(): void {
    this.chart.destroy();
  }

  private classes(): Plugin<'line'> {
    return {
      id: 'plane',
      beforeDatasetsDraw: (chart) => {
        const { model, scene } = this;
        if (model === null || scene === null || chart.chartArea === undefined) return;
        new Sheet(chart, model, scene).draw();
      },
    };
  }
}

interface Frame {
  /** Pixels per unit, the same along both axes. */
  readonly scale: number;
  /** The origin, in pixels. */
  readonly middle: Place;
}

function frameOf({ chartArea }: Chart, { reach }: PlaneModel): Frame {
  const { left, top, width, height } = chartArea;
  const [[x0, x1], [y0, y1]] = reach;
  const scale = Math.max(1, Math.min((width - 2 * MARGIN.x) / (x1 - x0), (height - 2 * MARGIN.y) / (y1 - y0)));
  const middle: Place = [left + (width - (x0 + x1) * scale) / 2, top + (height + (y0 + y1) * scale) / 2];
  return { scale, middle };
}

/** The plot's area for one drawing. */
class Sheet {
  private readonly ctx: CanvasRenderingContext2D;
  private readonly model: PlaneModel;
  private readonly scene: Scene;
  private readonly frame: Frame;
  private readonly sides: { readonly left: number; readonly right: number };

  constructor(chart: Chart<'line'>, model: PlaneModel, scene: Scene) {
    this.ctx = chart.ctx;
    this.model = model;
    this.scene = scene;
    this.frame = frameOf(chart, model);
    this.sides = { left: chart.chartArea.left, right: chart.chartArea.right };
  }

  draw(): void {
    const drawn = drawnClasses(this.model.classes, this.scene).map((of) => ({ of, look: this.lookOf(of) }));
    this.ctx.save();
    for (const { of, look } of drawn) this.ray(of, look);
    this.origin();
    for (const { of, look } of drawn) this.point(of, look);
    // Where names would cover each other the one in focus comes first.
    const named = drawn.filter(({ look }) => look.isNamed);
    const inOrder = named.toSorted((a, b) => b.look.alpha - a.look.alpha);
    this.write(inOrder.flatMap(({ of, look }) => this.nameOf(of, look)));
    this.ctx.restore();
  }

  private lookOf({ element }: PlaneClass): Look {
    const { scene } = this;
    const size = this.model.classes.length;
    const { highlight, picked } = scene.view;
    const isOwn = isFew(size) || picked.includes(element);
    const isFocus = highlight === element;
    const alpha = highlight === null || isFocus ? 1 : FADED;
    const dash = isOwn ? elementStyle(element, size, scene).dash : [];
    const color = planeColor(element, size, scene);
    return { color, dash, alpha: isOwn || isFocus ? alpha : Math.min(alpha, 0.5), isNamed: isOwn || isFocus };
  }

  private ray({ ray }: PlaneClass, { color, dash, alpha }: Look): void {
    if (ray === null) return;
    const { ctx } = this;
    const [[x0, y0], [x1, y1]] = [this.frame.middle, this.at(ray)];
    const length = Math.hypot(x1 - x0, y1 - y0);
    ctx.globalAlpha = alpha;
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.lineWidth = 1.75;
    ctx.setLineDash([...dash]);
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
    ctx.setLineDash([]);
    if (length < ARROW) return;
    const [dx, dy] = [((x1 - x0) / length) * ARROW, ((y1 - y0) / length) * ARROW];
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x1 - dx + dy / 2, y1 - dy - dx / 2);
    ctx.lineTo(x1 - dx - dy / 2, y1 - dy + dx / 2);
    ctx.fill();
  }

  private origin(): void {
    const { ctx } = this;
    ctx.globalAlpha = 1;
    ctx.fillStyle = this.scene.palette.muted;
    ctx.beginPath();
    ctx.arc(...this.frame.middle, 2, 0, 2 * Math.PI);
    ctx.fill();
  }

  private point({ point }: PlaneClass, { color, alpha }: Look): void {
    if (point === null) return;
    const { ctx } = this;
    ctx.globalAlpha = alpha;
    ctx.fillStyle = color;
    ctx.strokeStyle = this.scene.palette.surface;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(...this.at(point), isFew(this.model.classes.length) ? POINT : SMALL_POINT, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  }

  /** Where the name of a class stands: outside of whatever of it is farther out; none in the middle. */
  private nameOf({ label, ray, point }: PlaneClass, { color, alpha }: Look): Name[] {
    const ends = [ray, point].filter((place) => place !== null);
    const [far] = ends.toSorted((a, b) => Math.hypot(...b) - Math.hypot(...a));
    if (far === undefined || Math.hypot(...far) * this.frame.scale < NAME_DISTANCE) return [];
    const length = Math.hypot(...far);
    return [{ label, color, alpha, at: this.at(far), direction: [far[0] / length, -far[1] / length] }];
  }

  private write(names: readonly Name[]): void {
    const { ctx } = this;
    ctx.font = `${FONT.size}px ${FONT.family}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    const widthOf = (text: string) => ctx.measureText(text).width;
    for (const { text, color, alpha, x, y } of placeNames(names, { height: FONT.size, ...this.sides, widthOf })) {
      ctx.globalAlpha = alpha;
      ctx.fillStyle = color ?? this.scene.palette.text;
      ctx.fillText(text, x, y);
    }
  }

  private at([x, y]: Place): Place {
    const { scale, middle } = this.frame;
    return [middle[0] + x * scale, middle[1] - y * scale];
  }
}
