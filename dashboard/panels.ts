/** What to draw, from what the records declare: sections of charts, each with the metrics that share it. Pure; knows no metric by name. */
import type { MetricHistory, RunHistory } from '../src/history.ts';
import type { Axis, Declaration, Mark, Panel } from '../src/record.ts';

/** One metric in one chart. */
export interface Layer {
  /** `stream/metric`. */
  readonly name: string;
  readonly metric: MetricHistory;
  readonly declaration: Declaration;
  readonly panel: Panel;
  /** Name of the metric in a chart that several share; falls back to its id. */
  readonly label: string;
}

export interface ChartSpec {
  /** Stable over the run. */
  readonly key: string;
  readonly title: string;
  readonly stream: string;
  readonly chart: Panel['chart'];
  readonly layers: readonly Layer[];
}

export interface Section {
  readonly group: string;
  readonly charts: readonly ChartSpec[];
}

/**
 * Charts of a run in order of declaration, those of stream `monitor` last; panels of the same group, title and stream share one. Charts of the same title in other
 * streams follow at once, so that the same quantity is side by side.
 */
export function sectionsOf(history: RunHistory): Section[] {
  const groups = new Map<string, Map<string, ChartSpec & { layers: Layer[] }>>();
  for (const [name, metric] of history.metrics) {
    for (const panel of metric.declaration.panels) {
      const charts = groups.get(panel.group) ?? new Map();
      groups.set(panel.group, charts);
      addLayer(charts, name, metric, panel);
    }
  }
  const sections = [...groups].map(([group, charts]) => ({
    group,
    charts: byTitle([...charts.values()].filter((spec) => !isOfMarksAlone(spec))),
  }));
  return [...sections.filter((section) => !isOfMonitor(section)), ...sections.filter(isOfMonitor)];
}

/** Marks have a place only in what others draw. */
const isOfMarksAlone = ({ chart, layers }: ChartSpec) =>
  chart === 'distribution' && layers.every(({ panel }) => panel.role === 'mark');

/** What classwatch says about itself stands last, though it is declared before the first step has ended. */
const isOfMonitor = ({ charts }: Section) => charts.every(({ stream }) => stream === 'monitor');

function byTitle(charts: readonly ChartSpec[]): ChartSpec[] {
  const titles = [...new Set(charts.map((spec) => spec.title))];
  return titles.flatMap((title) => charts.filter((spec) => spec.title === title));
}

/** Whether two specs draw the same metrics in the same way. */
export function isSameChart(a: ChartSpec, b: ChartSpec): boolean {
  return (
    a.key === b.key &&
    a.layers.length === b.layers.length &&
    a.layers.every(({ metric }, i) => metric === b.layers[i]!.metric)
  );
}

function addLayer(
  charts: Map<string, ChartSpec & { layers: Layer[] }>,
  name: string,
  metric: MetricHistory,
  panel: Panel,
): void {
  const { declaration } = metric;
  // Lines and bars of several metrics fit into one chart; cells of several matrices do not.
  const own = panel.chart === 'heatmap' || panel.chart === 'pairs' ? declaration.id : '';
  const key = JSON.stringify([declaration.stream, panel.group, panel.title, panel.chart, own]);
  let spec = charts.get(key);
  if (spec === undefined) {
    spec = { key, title: panel.title, stream: declaration.stream, chart: panel.chart, layers: [] };
    charts.set(key, spec);
  }
  spec.layers.push({ name, metric, declaration, panel, label: panel.series ?? declaration.id });
}

/** Reference lines of a chart: those of all its metrics, each once. */
export function marksOf({ layers }: ChartSpec): Mark[] {
  const marks = layers.flatMap(({ panel }) => panel.marks ?? []);
  return [...new Map(marks.map((mark) => [JSON.stringify([mark.value, mark.label]), mark])).values()];
}

/**
 * The history of the metric that says over how many examples this one is shown: the one that weighs it, or, where that one is weighed by
 * another, the one at the end of the chain. Undefined where it has none.
 */
export function supportOf(history: RunHistory, declaration: Declaration): MetricHistory | undefined {
  const seen = new Set<MetricHistory | undefined>();
  let support = weightOf(history, declaration);
  // A count weighs itself, and what came from outside may go round in a circle.
  while (support?.declaration.weight !== undefined && !seen.has(support)) {
    seen.add(support);
    support = weightOf(history, support.declaration);
  }
  return support;
}

function weightOf(history: RunHistory, { stream, weight }: Declaration): MetricHistory | undefined {
  return weight === undefined ? undefined : history.metrics.get(`${stream}/${weight.metric}`);
}

/** Labels along an axis of `size` elements: class names from the run, an axis' own, else numbers. */
export function axisLabels(axis: Axis, size: number, classNames: readonly string[]): string[] {
  return Array.from({ length: size }, (_, i) => axisLabel(axis, i, classNames));
}

function axisLabel(axis: Axis, i: number, classNames: readonly string[]): string {
  if (axis === 'class') return classNames[i] ?? `class ${i}`;
  if (axis === 'rank') return String(i + 1);
  if (axis === 'layer') return `layer ${i}`;
  return axis.labels?.[i] ?? axis.values?.[i]?.toString() ?? `${axis.name} ${i}`;
}
