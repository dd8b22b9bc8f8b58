/** A line chart over steps: one line per metric, or one per class. */
import { Chart } from 'chart.js';
import { type Curve, nearestRow } from '../curves.ts';
import { type Frame, traceOf } from '../decimate.ts';
import { truncate } from '../format.ts';
import { axisLabels, type ChartSpec, type Layer, marksOf, supportOf } from '../panels.ts';
import { stepAt, stepPosition } from '../step-axis.ts';
import { STATIC_OPTIONS, stepAxis, valueAxis } from './axes.ts';
import { type Line, lineMarks } from './line-marks.ts';
import { referenceLines } from './reference-lines.ts';
import { elementStyle, focusOn, lineElements, type Scene, stepRange } from './scene.ts';
import { type ValueRange, valueRange } from './value-bounds.ts';
import { zeroLine } from './zero-line.ts';

/** With at most this many lines the single measurements behind every line are shown. */
const MAX_BANDS = 2;
const TAG_LENGTH = 12;
/** Names of metrics are few, and told apart by their ends. */
const METRIC_TAG_LENGTH = 16;
/** Room for the labels at the ends of the lines, in pixels per character and at most. */
const TAG_CHARACTER = 6;
const MAX_TAG = 108;
/** Pixels per column that a curve is fitted to. */
const COLUMN_WIDTH = 1.5;
/** Farthest that the pointer may be from a line to be on it, in pixels. */
const REACH = 24;

export class LineChart {
  private readonly chart: Chart<'line'>;
  private readonly spec: ChartSpec;
  private lines: readonly Line[] = [];
  /** What the axes were last laid out for. */
  private axes = '';
  private scene: Scene | null = null;

  constructor(canvas: HTMLCanvasElement, spec: ChartSpec) {
    this.spec = spec;
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS },
      plugins: [
        zeroLine(() => this.scene?.palette.reference ?? ''),
        referenceLines(marksOf(spec), () => this.scene?.palette ?? null),
        lineMarks(() => this.lines),
      ],
    });
  }

  /** Draws the run as it stands. */
  draw(scene: Scene): void {
    const range = stepRange(scene);
    const columns = Math.max(50, Math.round((this.chart.chartArea?.width ?? 300) / COLUMN_WIDTH));
    this.scene = scene;
    this.lines = linesOf(this.spec, scene, { scale: scene.view.stepScale, range, columns });
    const { panel } = this.spec.layers[0]!;
    const scale = panel.scale ?? 'linear';
    const marks = marksOf(this.spec).map(({ value }) => value);
    const values = valueRange(this.lines, scale, panel.bounds, marks);
    const axes = JSON.stringify([scene.palette.theme, scene.view.stepScale, range, values, this.tagRoom()]);
    if (axes === this.axes) this.chart.draw();
    else this.layOut(scene, range, scale, values);
    this.axes = axes;
  }

  /** A new axis costs many times more than new lines on the one there is. */
  private layOut(
    { palette, view }: Scene,
    range: readonly [number, number],
    scale: 'linear' | 'log',
    values: ValueRange,
  ): void {
    this.chart.options.scales = { x: stepAxis(palette, view.stepScale, range), y: valueAxis(palette, scale, values) };
    this.chart.options.layout = { padding: { top: 8, right: this.tagRoom() } };
    this.chart.update('none');
  }

  private tagRoom(): number {
    const widest = Math.max(0, ...this.lines.map((line) => line.tag.length));
    return this.lines.length > 1 ? Math.min(MAX_TAG, 14 + widest * TAG_CHARACTER) : 10;
  }

  /** The lines of the last drawing. */
  get drawn(): readonly Line[] {
    return this.lines;
  }

  /** Step under a horizontal position on the canvas, in pixels; null outside the plot. */
  stepUnder(x: number): number | null {
    const { chartArea, scales } = this.chart;
    if (this.scene === null || chartArea === undefined || scales.x === undefined) return null;
    if (x < chartArea.left - 2 || x > chartArea.right + 2) return null;
    return Math.max(0, stepAt(scales.x.getValueForPixel(x) ?? 0, this.scene.view.stepScale));
  }

  /** Horizontal position of a step on the canvas, in pixels; null outside the plot. */
  pixelOf(step: number): number | null {
    const { chartArea, scales } = this.chart;
    if (this.scene === null || chartArea === undefined || scales.x === undefined) return null;
    const x = scales.x.getPixelForValue(stepPosition(step, this.scene.view.stepScale));
    return x < chartArea.left - 1 || x > chartArea.right + 1 ? null : x;
  }

  /** The line that a height is nearest to at a step, if it is near any. */
  lineNear(step: number, y: number): Line | null {
    const scale = this.chart.scales.y;
    let nearest: Line | null = null;
    let distance = REACH;
    for (const line of this.lines) {
      const value = valueNear(line, step);
      const away = value === null || scale === undefined ? Infinity : Math.abs(scale.getPixelForValue(value) - y);
      if (away < distance) [nearest, distance] = [line, away];
    }
    return nearest;
  }

  destroy(): void {
    this.chart.destroy();
  }
}

/** Value of a line at its measurement nearest to a step; null where it is missing. */
export function valueNear({ curve, element }: Pick<Line, 'curve' | 'element'>, step: number): number | null {
  const row = nearestRow(curve, step);
  return row < 0 ? null : curve.value(row, element ?? 0);
}

function linesOf(spec: ChartSpec, scene: Scene, frame: Frame): Line[] {
  const lines = spec.layers.flatMap((layer, i) => {
    const curve = scene.curves.curve(layer.metric, supportOf(scene.history, layer.declaration));
    const [axis] = layer.declaration.axes;
    if (axis === undefined) return [scalarLine(layer, i, curve, scene, frame)];
    const labels = axisLabels(axis, curve.size, scene.classNames);
    const focus = focusOn(axis, scene);
    return lineElements(axis, curve.size, scene).map((element) => ({
      ...elementLine(labels[element]!, element, curve, scene, frame),
      ...emphasis(element, focus),
    }));
  });
  return lines.length <= MAX_BANDS ? lines.map((line) => ({ ...line, band: true })) : lines;
}

/** The line in focus is drawn strong and with its single measurements, the others step back. */
function emphasis(element: number, focus: number | null): Pick<Line, 'width' | 'alpha' | 'band'> {
  if (focus === null) return { width: 1.5, alpha: 1, band: false };
  return focus === element ? { width: 2.5, alpha: 1, band: true } : { width: 1.5, alpha: 0.18, band: false };
}

function scalarLine(layer: Layer, index: number, curve: Curve, { palette }: Scene, frame: Frame): Line {
  return {
    label: layer.label,
    tag: truncate(layer.label, METRIC_TAG_LENGTH),
    element: null,
    curve,
    trace: traceOf(curve, 0, frame),
    color: palette.series[index % palette.series.length]!,
    dash: [],
    width: 1.75,
    alpha: 1,
    band: true,
  };
}

function elementLine(label: string, element: number, curve: Curve, scene: Scene, frame: Frame) {
  return {
    label,
    tag: truncate(label, TAG_LENGTH),
    element,
    curve,
    trace: traceOf(curve, element, frame),
    ...elementStyle(element, curve.size, scene),
  };
}
