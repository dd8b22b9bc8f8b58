/** What a record from outside may look like: every name, list and number has a limit. */
import * as v from 'valibot';
import { type AnyRecord, RECORD_VERSION, sizeOf, unpackValues } from '../record.ts';
import { isRunId } from '../store/run-id.ts';

/** Characters of a class, run, metric, stream or axis name. */
export const MAX_NAME = 256;
/** Characters of a sentence: help, message, remedy. */
export const MAX_TEXT = 4096;
/** Classes, layers or positions along one axis. */
export const MAX_LABELS = 65_536;
/** Axes of a metric. */
export const MAX_AXES = 4;
/** Panels of a metric. */
export const MAX_PANELS = 16;
/** Reference lines of a panel. */
export const MAX_MARKS = 16;
/** Values of one measurement. */
export const MAX_VALUES = 2_000_000;
/** Named numbers of an alert, groups of classes, and entries of the config. */
export const MAX_ENTRIES = 1024;

const name = v.pipe(v.string(), v.maxLength(MAX_NAME));
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const names = v.pipe(v.array(name), v.maxLength(MAX_LABELS));
const numbers = v.pipe(v.array(v.number()), v.maxLength(MAX_LABELS));
/** What a rule found may be NaN, in a run that has diverged. */
const found = v.union([v.number(), v.nan()]);

const head = {
  v: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(RECORD_VERSION)),
  run: v.custom<string>(isRunId),
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  time: v.pipe(v.number(), v.finite()),
  step: count,
  epoch: v.nullable(v.number()),
  stream: name,
};

const axis = v.union([
  v.picklist(['class', 'rank', 'layer']),
  v.strictObject({ name, labels: v.exactOptional(names), values: v.exactOptional(numbers) }),
]);

const bound = v.nullable(v.number());
const mark = v.strictObject({ value: v.pipe(v.number(), v.finite()), label: name });
const panel = v.strictObject({
  group: name,
  title: name,
  chart: v.picklist(['line', 'bar', 'heatmap', 'pairs', 'distribution', 'plane']),
  role: v.exactOptional(v.picklist(['law', 'sample', 'mark', 'note'])),
  note: v.exactOptional(text),
  series: v.exactOptional(name),
  at: v.exactOptional(v.picklist(['first', 'last'])),
  share: v.exactOptional(v.boolean()),
  rowShare: v.exactOptional(v.boolean()),
  scale: v.exactOptional(v.picklist(['linear', 'log'])),
  bounds: v.exactOptional(v.strictTuple([bound, bound])),
  better: v.exactOptional(v.picklist(['higher', 'lower'])),
  interval: v.exactOptional(v.strictTuple([count, count, count])),
  axisTitles: v.exactOptional(v.strictTuple([name, name])),
  marks: v.exactOptional(v.pipe(v.array(mark), v.maxLength(MAX_MARKS))),
  missing: v.exactOptional(name),
});

const runBody = v.strictObject({
  name,
  classNames: names,
  classCounts: v.nullable(numbers),
  groups: v.exactOptional(
    v.pipe(v.record(name, v.pipe(v.array(count), v.maxLength(MAX_LABELS))), v.maxEntries(MAX_ENTRIES)),
  ),
  inherited: v.exactOptional(text),
  config: v.pipe(v.record(name, v.unknown()), v.maxEntries(MAX_ENTRIES)),
  versions: v.strictObject({ classwatch: name, tfjs: name, backend: name }),
  pid: count,
});

const declaration = v.strictObject({
  id: name,
  stream: name,
  help: text,
  axes: v.pipe(v.array(axis), v.maxLength(MAX_AXES)),
  cadence: v.picklist(['step', 'schedule']),
  fold: v.picklist(['mean', 'sum', 'last']),
  weight: v.exactOptional(v.strictObject({ metric: name, total: v.exactOptional(v.boolean()) })),
  panels: v.pipe(v.array(panel), v.maxLength(MAX_PANELS)),
});

const alertBody = v.strictObject({
  id: name,
  rule: name,
  level: v.picklist(['info', 'warn', 'error']),
  state: v.picklist(['opened', 'updated', 'resolved']),
  message: text,
  classes: v.pipe(v.array(count), v.maxLength(MAX_LABELS)),
  steps: v.strictTuple([count, count]),
  numbers: v.pipe(v.record(name, found), v.maxEntries(MAX_ENTRIES)),
  threshold: found,
  remedy: text,
});

const measurement = v.pipe(
  v.strictObject({
    ...head,
    kind: v.literal('measurement'),
    metric: name,
    shape: v.pipe(v.array(count), v.maxLength(MAX_AXES)),
    values: v.instance(Uint8Array),
  }),
  v.check(({ shape, values }) => holds(values, sizeOf(shape)), 'values do not fit the shape'),
);

const record = v.variant('kind', [
  measurement,
  v.strictObject({ ...head, kind: v.literal('run'), body: runBody }),
  v.strictObject({ ...head, kind: v.literal('metric'), body: declaration }),
  v.strictObject({ ...head, kind: v.literal('alert'), body: alertBody }),
  v.strictObject({
    ...head,
    kind: v.literal('end'),
    body: v.strictObject({ status: v.picklist(['finished', 'stopped', 'failed']) }),
  }),
]);

/** A record from outside as what it is. Throws a RangeError that names the part which does not fit. */
export function parseRecord(value: unknown): AnyRecord {
  const result = v.safeParse(record, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const part = v.getDotPath(issue)?.slice(0, MAX_NAME) ?? 'kind';
  throw new RangeError(
    `Expected a record as docs/protocol.md describes it${which(value)}; its ${part} does not fit (${issue.message.slice(0, MAX_NAME)}).`,
  );
}

/** Which record it was, as far as it says. */
function which(value: unknown): string {
  const { seq } = Object(value) as { readonly seq?: unknown };
  return typeof seq === 'number' ? `, got one with seq ${seq}` : '';
}

function holds(values: Uint8Array, size: number): boolean {
  if (size > MAX_VALUES) return false;
  try {
    unpackValues(values, size);
    return true;
  } catch {
    return false;
  }
}
