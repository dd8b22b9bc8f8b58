/** What the tooltip of a line chart says. Pure. */
import { valueNear } from '../charts/line.ts';
import type { Line } from '../charts/line-marks.ts';
import type { Curve } from '../curves.ts';
import { formatCount, formatNumber } from '../format.ts';
import { MAX_LINES } from '../palette.ts';
import { totalNote } from '../readings.ts';
import type { TooltipContent, TooltipRow } from '../tooltip.ts';

/** All lines at a row of the first one, the highest value on top; `near` is the line under the pointer. */
export function pointContent(lines: readonly Line[], row: number, near: Line | null): TooltipContent {
  const first = lines[0]!;
  const { step, epoch } = first.curve.bucket(row);
  return {
    title: `step ${formatCount(step)}${epoch === null ? '' : ` · epoch ${epoch.toFixed(2)}`}`,
    rows: rowsOf(lines, step, near),
    note: noteOf(near ?? first, row),
  };
}

/** One class of a map of class by step. */
export function cellContent(curve: Curve, row: number, element: number, label: string): TooltipContent {
  const value = curve.value(row, element);
  return {
    title: `step ${formatCount(curve.bucket(row).step)}`,
    rows: [{ label, value: value === null ? 'missing' : formatNumber(value), isStrong: true }],
    note: supportNote(curve, row, element),
  };
}

function rowsOf(lines: readonly Line[], step: number, near: Line | null): TooltipRow[] {
  return lines
    .map((line) => ({ line, value: valueNear(line, step) }))
    .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity))
    .slice(0, MAX_LINES)
    .map(({ line, value }) => ({
      label: line.label,
      value: value === null ? '–' : formatNumber(value),
      color: line.color,
      isStrong: line === near && lines.length > 1,
    }));
}

/** The single measurements behind a point, and the examples of the window. */
function noteOf({ curve, element }: Line, row: number): string {
  const bucket = curve.bucket(row);
  const i = element ?? 0;
  const parts: string[] = [];
  if (bucket.count > 1 && bucket.min.length > i && bucket.min[i]! <= bucket.max[i]!) {
    const steps = `${formatCount(bucket.firstStep)}–${formatCount(bucket.step)}`;
    parts.push(`single values in steps ${steps}: ${formatNumber(bucket.min[i]!)} to ${formatNumber(bucket.max[i]!)}`);
  }
  parts.push(supportNote(curve, row, element));
  return parts.filter(Boolean).join('; ');
}

/** The examples behind a value: of its class, or of all where it is not one of a class. */
function supportNote({ support, metric }: Curve, row: number, element: number | null): string {
  const examples = support(row);
  if (element === null || metric.declaration.axes[0] !== 'class') return totalNote(examples);
  return examples === null ? '' : `${formatCount(examples[element] ?? 0)} examples of the class in the window`;
}
