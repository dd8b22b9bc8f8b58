/** What a heat map or a bar chart shows, from the declarations and the kept measurements. Pure. */
import type { Bucket } from '../src/history.ts';
import type { Axis, Panel } from '../src/record.ts';
import type { Curve } from './curves.ts';
import { axisLabels, type Layer } from './panels.ts';

/** One measurement of a matrix metric. Arrays are row-major. */
export interface MatrixModel {
  readonly step: number;
  /** Number of measurements at this step: the end of an epoch may measure it again. */
  readonly count: number;
  readonly epoch: number | null;
  readonly rows: number;
  readonly columns: number;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  /** What rows and columns are called; empty where both are the same and the panel gives no names. */
  readonly axisTitles: readonly [string, string];
  /** Whether a row, a column is a class. */
  readonly isClass: readonly [boolean, boolean];
  /** What was measured; null is missing. */
  readonly values: readonly (number | null)[];
  /** What is coloured: the values, or their shares of the row. */
  readonly shown: readonly (number | null)[];
  readonly isShare: boolean;
}

/** Which kept measurement a panel shows: the one chosen, else the first or last as declared; -1 if there is none. */
export function measurementAt(panel: Panel, kept: number, chosen: number | null): number {
  if (chosen !== null) return Math.min(chosen, kept - 1);
  return panel.at === 'first' ? Math.min(0, kept - 1) : kept - 1;
}

/** A kept measurement of a layer as a matrix. A vector is a matrix of one row. */
export function matrixModel(
  { metric, panel, declaration }: Layer,
  bucket: Bucket,
  classNames: readonly string[],
): MatrixModel {
  const isMatrix = metric.shape.length > 1;
  const columns = (isMatrix ? metric.shape[1] : bucket.last.length) ?? 0;
  const rows = columns > 0 ? Math.floor(bucket.last.length / columns) : 0;
  const values = Array.from(bucket.last, (value, i) => (bucket.seen[i] ? value : null));
  const [rowAxis, columnAxis] = isMatrix ? declaration.axes : [undefined, declaration.axes[0]];
  return {
    step: bucket.step,
    count: bucket.count,
    epoch: bucket.epoch,
    rows,
    columns,
    rowLabels: rowAxis === undefined ? [''] : axisLabels(rowAxis, rows, classNames),
    columnLabels: columnAxis === undefined ? [''] : axisLabels(columnAxis, columns, classNames),
    axisTitles: panel.axisTitles ?? titlesOf(rowAxis, columnAxis),
    isClass: [rowAxis === 'class', columnAxis === 'class'],
    values,
    shown: panel.rowShare ? rowShares(values, columns) : panel.share ? shares(values) : values,
    isShare: panel.rowShare === true || panel.share === true,
  };
}

function titlesOf(row: Axis | undefined, column: Axis | undefined): readonly [string, string] {
  const [rowName, columnName] = [row, column].map((axis) => (typeof axis === 'object' ? axis.name : (axis ?? '')));
  return rowName === columnName ? ['', ''] : [rowName!, columnName!];
}

/** Each value divided by the sum of its row; missing where that sum is 0. */
export function rowShares(values: readonly (number | null)[], columns: number): (number | null)[] {
  const shown: (number | null)[] = [];
  for (let at = 0; at < values.length; at += columns) shown.push(...shares(values.slice(at, at + columns)));
  return shown;
}

/** Each value divided by the sum of all present ones; missing where that sum is 0. */
export function shares(values: readonly (number | null)[]): (number | null)[] {
  const total = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return values.map((value) => (value === null || total === 0 ? null : value / total));
}

/** The bars of one metric: one per element. */
export interface BarModel {
  readonly layer: Layer;
  readonly step: number;
  readonly epoch: number | null;
  readonly values: readonly (number | null)[];
  readonly shown: readonly (number | null)[];
  /** Examples behind the bars, where the metric names its support; else null. */
  readonly examples: number | null;
}

/** The bars of a layer at its first or last measurement; null before there is one. */
export function barModel(layer: Layer, curve: Curve, support: Curve | null): BarModel | null {
  const row = measurementAt(layer.panel, curve.rows, null);
  if (row < 0) return null;
  const { step, epoch, index } = curve.bucket(row);
  const values = Array.from({ length: curve.size }, (_, i) => curve.value(row, i));
  return {
    layer,
    step,
    epoch,
    values,
    shown: layer.panel.share ? shares(values) : values,
    examples: examplesAt(curve, row, support, index),
  };
}

/** Elements that have bars: all but the ends of intervals. */
export function barElements(models: readonly BarModel[], size: number): number[] {
  const ends = new Set(models.flatMap(({ layer }) => layer.panel.interval?.slice(1) ?? []));
  return Array.from({ length: size }, (_, i) => i).filter((i) => !ends.has(i));
}

function examplesAt(curve: Curve, row: number, support: Curve | null, index: number): number | null {
  const windowed = curve.support(row);
  if (windowed !== null) return windowed.reduce((sum, count) => sum + count, 0);
  if (support === null) return null;
  for (let at = 0; at < support.rows; at++) {
    const bucket = support.bucket(at);
    if (bucket.index === index) return bucket.last.reduce((sum, count) => sum + count, 0);
  }
  return null;
}
