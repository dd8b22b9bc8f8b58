/** A line chart over steps: one line per metric, or one per class. */
import { Chart } from 'chart.js';
import type { Curve } from '../curves.ts';
import { type Frame, type Trace, traceOf } from '../decimate.ts';
import { classStyle, type Palette } from '../palette.ts';
import { type ChartSpec, type Layer, supportOf } from '../panels.ts';
import { STATIC_OPTIONS, stepAxis, valueAxis } from './axes.ts';
import { type Line, lineMarks } from './line-marks.ts';
import { type Scene, stepRange } from './scene.ts';
import { valueBounds } from './value-bounds.ts';

/** With at most this many lines the single measurements behind every line are shown. */
const MAX_BANDS = 2;

export class LineChart {
  private readonly chart: Chart<'line', { x: number; y: number }[]>;
  private readonly spec: ChartSpec;
  private lines: Line[] = [];

  constructor(canvas: HTMLCanvasElement, spec: ChartSpec) {
    this.spec = spec;
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { ...STATIC_OPTIONS, layout: { padding: { top: 8, right: 8 } } },
      plugins: [lineMarks(() => this.lines)],
    });
  }

  /** Draws the run as it stands. Returns the lines drawn. */
  draw(scene: Scene): readonly Line[] {
    const { palette, view } = scene;
    const range = stepRange(scene);
    const frame = {
      scale: view.stepScale,
      range,
      columns: Math.max(50, Math.round(this.chart.chartArea?.width ?? 300)),
    };
    this.lines = this.spec.layers.flatMap((layer, i) => linesOf(layer, i, scene, frame));
    showBands(this.lines, scene);
    const { panel } = this.spec.layers[0]!;
    const scale = panel.scale ?? 'linear';
    this.chart.data.datasets = this.lines.map((line) => datasetOf(line, scale));
    this.chart.options.scales = {
      x: stepAxis(palette, view.stepScale, range),
      y: valueAxis(palette, scale, valueBounds(this.lines, scale, panel.bounds)),
    };
    const widest = Math.max(0, ...this.lines.map((line) => line.tag.length));
    this.chart.options.layout = {
      padding: { top: 8, right: this.lines.length > 1 ? Math.min(76, 14 + widest * 6) : 10 },
    };
    this.chart.update('none');
    return this.lines;
  }

  destroy(): void {
    this.chart.destroy();
  }
}

function linesOf(layer: Layer, index: number, scene: Scene, frame: Frame): Line[] {
  const curve = scene.curves.curve(layer.metric, supportOf(scene.history, layer.declaration));
  if (layer.declaration.axes.length === 0) return [scalarLine(layer, index, curve, scene.palette, frame)];
  const lines: Line[] = [];
  for (let element = 0; element < curve.size; element++) {
    if (scene.view.hidden.has(element)) continue;
    lines.push(classLine(element, curve, scene, frame));
  }
  return lines;
}

function scalarLine(layer: Layer, index: number, curve: Curve, palette: Palette, frame: Frame): Line {
  const color = palette.series[index % palette.series.length]!;
  return {
    label: layer.label,
    tag: layer.label,
    element: null,
    curve,
    trace: traceOf(curve, 0, frame),
    color,
    dash: [],
    width: 1.75,
    alpha: 1,
    band: true,
  };
}

function classLine(element: number, curve: Curve, scene: Scene, frame: Frame): Line {
  const { highlight } = scene.view;
  const trace: Trace = traceOf(curve, element, frame);
  const label = scene.classNames[element] ?? `class ${element}`;
  const isFocus = highlight === element;
  return {
    label,
    tag: [...label].slice(0, 10).join(''),
    element,
    curve,
    trace,
    ...classStyle(scene.palette, element),
    width: isFocus ? 2.5 : 1.5,
    alpha: highlight === null || isFocus ? 1 : 0.18,
    band: false,
  };
}

function showBands(lines: Line[], { view }: Scene): void {
  for (const line of lines) {
    if (line.element !== null) line.band = lines.length <= MAX_BANDS || line.element === view.highlight;
  }
}

function datasetOf(line: Line, scale: 'linear' | 'log') {
  const { points } = line.trace;
  const data = scale === 'log' ? points.map(({ x, y }) => ({ x, y: y > 0 ? y : Number.NaN })) : [...points];
  return {
    data,
    borderColor: withAlpha(line.color, line.alpha),
    borderDash: [...line.dash],
    borderWidth: line.width,
    borderJoinStyle: 'round' as const,
    // A lone measurement between two gaps has no line to show it, and the first steps of a run are few.
    pointRadius: points.length <= 24 ? 2 : 0,
    pointBackgroundColor: withAlpha(line.color, line.alpha),
    pointBorderWidth: 0,
    spanGaps: false,
    order: line.alpha < 1 ? 1 : 0,
  };
}

/** A colour of the palette (`#rrggbb`) with an opacity. */
export function withAlpha(color: string, alpha: number): string {
  return alpha >= 1
    ? color
    : `${color}${Math.round(alpha * 255)
        .toString(16)
        .padStart(2, '0')}`;
}
