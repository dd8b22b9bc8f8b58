/** What a line chart says in words and numbers: current values, the window behind them, what was not finite. Pure. */
import type { Curve } from './curves.ts';
import { formatCount, formatNumber, truncate } from './format.ts';
import type { BarModel } from './matrices.ts';
import { axisLabels, type ChartSpec, type Layer, marksOf } from './panels.ts';
import type { ValueList } from './tables.ts';

const NAME_LENGTH = 24;
/** Classes that a sentence names. */
const MOST_NAMES = 10;

/** The last values of a layer, or those of another row; null before its first measurement. */
export function lastValues(
  layer: Layer,
  curve: Curve,
  classNames: readonly string[],
  row = curve.rows - 1,
): ValueList | null {
  if (row < 0) return null;
  const [axis] = layer.declaration.axes;
  const support = curve.support(row);
  return {
    name: layer.name,
    title: layer.label,
    step: curve.bucket(row).step,
    axis: axis === undefined ? 'metric' : typeof axis === 'string' ? axis : axis.name,
    labels: axis === undefined ? [layer.label] : axisLabels(axis, curve.size, classNames),
    values: Array.from({ length: curve.size }, (_, element) => curve.value(row, element)),
    ...(support !== null && axis === 'class' ? { support } : {}),
  };
}

/** "over 640 examples": the window of a row of a scalar; empty where there is none. */
export function totalNote(support: ArrayLike<number> | null): string {
  if (support === null || support.length === 0) return '';
  return `over ${formatCount(Array.from(support).reduce((sum, count) => sum + count, 0))} examples`;
}

/** "over 3,120 examples, rarest class 31 (truck)": the window of a row of a metric of classes; empty where there is none. */
export function windowNote(support: ArrayLike<number> | null, classNames: readonly string[]): string {
  if (support === null || support.length === 0) return '';
  let rarest = -1;
  for (let c = 0; c < support.length; c++) {
    if (support[c]! > 0 && (rarest < 0 || support[c]! < support[rarest]!)) rarest = c;
  }
  if (rarest < 0) return '';
  const name = truncate(classNames[rarest] ?? `class ${rarest}`, NAME_LENGTH);
  return `${totalNote(support)}, rarest class ${formatCount(support[rarest]!)} (${name})`;
}

/** What it means that the last value of a scalar is missing, with its name where it is one of several; empty where it is there. */
export function missingNote({ declaration, panel, label }: Layer, curve: Curve, isOneOfSeveral: boolean): string {
  const { missing } = panel;
  if (missing === undefined || declaration.axes.length > 0 || curve.rows === 0) return '';
  if (curve.value(curve.rows - 1, 0) !== null) return '';
  return isOneOfSeveral ? `${label}: ${missing}` : missing;
}

/** Whether the bars of a metric end in one that is missing, and that means something: they tell no whole. */
export function isUnfinished({ layer, values }: BarModel): boolean {
  const { panel, declaration } = layer;
  return panel.missing !== undefined && declaration.axes[0] !== 'class' && values.at(-1) === null;
}

/** What it means that bars of a metric are missing; empty where all are there. */
export function missingBars(model: BarModel, labels: readonly string[]): string {
  const { layer, values } = model;
  const { missing = '' } = layer.panel;
  if (isUnfinished(model)) {
    const before = values.findLast((value) => value !== null) ?? null;
    return `${layer.label}: ${missing.replace('{}', before === null ? '–' : formatCount(before))}`;
  }
  if (missing === '' || layer.declaration.axes[0] !== 'class') return '';
  const without = labels.filter((_, c) => (values[c] ?? null) === null).map((label) => truncate(label, NAME_LENGTH));
  if (without.length === 0) return '';
  const more = without.length > MOST_NAMES ? ` and ${without.length - MOST_NAMES} more` : '';
  return `${layer.label}: ${missing} (${without.slice(0, MOST_NAMES).join(', ')}${more})`;
}

/** Buckets of a curve in which a measurement was NaN or infinite. Rows before `from` are taken to have `known`. */
export function countNonFinite({ bucket, rows }: Curve, from = 0, known = 0): number {
  let count = known;
  for (let row = from; row < rows; row++) {
    const { seen, sum, last } = bucket(row);
    const values = sum.length > 0 ? sum : last;
    if (values.some((value, i) => seen[i] === 1 && !Number.isFinite(value))) count++;
  }
  return count;
}

/** Values that a log axis cannot show. */
export function countNonPositive(curve: Curve): number {
  let count = 0;
  for (let row = 0; row < curve.rows; row++) {
    for (let element = 0; element < curve.size; element++) {
      const value = curve.value(row, element);
      if (value !== null && value <= 0) count++;
    }
  }
  return count;
}

/** Name of a chart for those who cannot see it. */
export function describeChart(spec: ChartSpec): string {
  const { title, stream, layers, chart } = spec;
  const values = chart === 'bar' ? layers.find(({ panel }) => panel.axisTitles)?.panel.axisTitles?.[1] : undefined;
  const axis = values === undefined ? '' : ` Values: ${values}.`;
  const names = layers.length > 1 ? `: ${layers.map((layer) => layer.label).join(', ')}` : '';
  const marks = marksOf(spec).map(({ value, label }) => `${formatNumber(value)} (${label})`);
  const lines = marks.length > 0 ? ` Reference lines: ${marks.join(', ')}.` : '';
  return `${title} (${stream})${names}.${axis}${lines} The numbers are in the table below the chart.`;
}
