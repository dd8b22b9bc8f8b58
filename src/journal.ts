import type { Snapshot } from './capture/snapshot.ts';
import { declarationOf, type Measured, type Metric, roleOf } from './metric.ts';
import {
  type AnyRecord,
  type Axis,
  type Declaration,
  listValues,
  type MeasurementRecord,
  type MetricRecord,
  packValues,
  RECORD_VERSION,
  sizeOf,
  type Unnumbered,
} from './record.ts';
import { shortened } from './target.ts';

/** Where the journal goes: the relay. Must not throw. */
export interface JournalSink {
  /** One record that is not a measurement. */
  write(record: Unnumbered): void;
  /** The measurements of one step and stream, each of a metric that was written before. */
  send(measurements: readonly Unnumbered<MeasurementRecord>[]): void;
}

/** The record that `monitor.on('record')` hands out: without seq, values as a flat row-major list with null for missing. */
export type ShownRecord =
  | (Omit<Unnumbered<MeasurementRecord>, 'values'> & { readonly values: readonly (number | null)[] })
  | Exclude<Unnumbered<AnyRecord>, { readonly kind: 'measurement' }>;

interface Entry {
  readonly metric: Metric;
  /** Measured only where the snapshot is due. */
  readonly onSchedule: boolean;
  /** Where an axis is the layers: those of the first measurement; null before it, and in all other metrics. */
  layers: readonly string[] | null;
  shape: readonly number[];
  declared: boolean;
}

/** Applies metrics to snapshots and writes what they say: a declaration before the first measurement, then the values. */
export class Journal {
  /** Called with every record while anybody listens. */
  readonly listeners = new Set<(record: ShownRecord) => void>();
  private readonly entries = new Map<string, Entry[]>();
  private readonly run: string;
  private readonly metrics: readonly Metric[];
  private readonly sink: JournalSink;
  private readonly troubles = new Map<string, number>();
  private readonly report: (sentence: string) => void;

  constructor(run: string, metrics: readonly Metric[], sink: JournalSink, report: (sentence: string) => void) {
    this.run = run;
    this.metrics = metrics;
    this.sink = sink;
    this.report = report;
  }

  /** Measures every metric of the snapshot's stream. */
  measure(snapshot: Snapshot, epoch: number | null): void {
    const time = Date.now();
    const measurements: Unnumbered<MeasurementRecord>[] = [];
    for (const entry of this.entriesOf(snapshot)) {
      if (entry.onSchedule && !snapshot.due) continue;
      const measured = this.ask(entry, snapshot);
      if (measured === null) continue;
      const { stream, step } = snapshot;
      const { id: metric } = entry.metric;
      if (!entry.declared) {
        entry.declared = true;
        this.declare(resolved(entry, stream), { time, step, epoch });
      }
      const values = packValues(typeof measured === 'number' ? [measured] : measured, entry.metric.double);
      // Written out: eight spreads a step took longer than all metrics together.
      measurements.push({
        v: RECORD_VERSION,
        run: this.run,
        kind: 'measurement',
        time,
        step,
        epoch,
        stream,
        metric,
        shape: entry.shape,
        values,
      });
    }
    if (measurements.length > 0) this.send(measurements);
  }

  /** Writes a declaration. */
  declare(body: Declaration, at: { time: number; step: number; epoch: number | null }): void {
    const record: Unnumbered<MetricRecord> = {
      v: RECORD_VERSION,
      run: this.run,
      kind: 'metric',
      stream: body.stream,
      ...at,
      body,
    };
    this.write(record);
  }

  write(record: Exclude<Unnumbered, { readonly kind: 'measurement' }>): void {
    this.sink.write(record);
    for (const listener of this.listeners) this.tell(listener, record);
  }

  send(measurements: readonly Unnumbered<MeasurementRecord>[]): void {
    this.sink.send(measurements);
    if (this.listeners.size === 0) return;
    for (const record of measurements) {
      const shown = { ...record, values: listValues(record.values, sizeOf(record.shape)) };
      for (const listener of this.listeners) this.tell(listener, shown);
    }
  }

  /** Counts an error of the monitor; the first of each kind is told. Training goes on. */
  trouble(what: string, error: unknown): void {
    const count = (this.troubles.get(what) ?? 0) + 1;
    this.troubles.set(what, count);
    if (count > 1) return;
    const message = error instanceof Error ? error.message : String(error);
    this.report(`${what} failed and is not measured; training goes on. ${message}`);
  }

  /** Says once that the batches carry no labels. */
  unlabelled(): void {
    const what = 'labels';
    if (this.troubles.has(what)) return;
    this.troubles.set(what, 1);
    this.report(
      'No labels seen: wrap the predictions in monitor.observe(predictions, labels) inside the loss function.',
    );
  }

  /** Number of errors so far, and how often labels were missed. */
  get troubleCount(): number {
    let sum = 0;
    for (const count of this.troubles.values()) sum += count;
    return sum;
  }

  private ask(entry: Entry, snapshot: Snapshot): Measured {
    const { metric } = entry;
    try {
      const measured = metric.measure(snapshot);
      if (measured === null) return null;
      if (metric.axes.includes('layer')) resolveLayers(entry, snapshot);
      const length = typeof measured === 'number' ? 1 : measured.length;
      const expected = sizeOf(entry.shape);
      if (length === expected) return measured;
      throw new RangeError(`Expected ${expected} values, as its axes say, got ${length}.`);
    } catch (error) {
      this.trouble(`The metric ${metric.id}`, error);
      return null;
    }
  }

  private tell(listener: (record: ShownRecord) => void, record: ShownRecord): void {
    try {
      listener(record);
    } catch (error) {
      this.trouble("A listener of monitor.on('record')", error);
    }
  }

  private entriesOf({ stream, classes }: Snapshot): Entry[] {
    let entries = this.entries.get(stream);
    if (entries === undefined) {
      entries = this.metrics
        .filter((metric) => metric.streams.includes(roleOf(stream)))
        .map((metric) => ({
          metric,
          onSchedule: declarationOf(metric, stream).cadence === 'schedule',
          layers: null,
          shape: shapeOf(metric.axes, classes, 0),
          declared: false,
        }));
      this.entries.set(stream, entries);
    }
    return entries;
  }
}

function shapeOf(axes: readonly Axis[], classes: number, layers: number): number[] {
  return axes.map((axis) => {
    if (axis === 'class') return classes;
    return axis === 'layer' ? layers : (axis.labels ?? axis.values ?? []).length;
  });
}

/** Takes the layers of the first measurement for all. Throws a RangeError where there are none, or where they are others later. */
function resolveLayers(entry: Entry, { gradients, classes }: Snapshot): void {
  const layers = gradients?.layers;
  if (layers === undefined) throw new RangeError('Expected a metric by layer to read class gradients, got none.');
  const { layers: known } = entry;
  if (known === null) {
    entry.layers = layers;
    entry.shape = shapeOf(entry.metric.axes, classes, layers.length);
  } else if (known !== layers && (known.length !== layers.length || known.some((name, i) => name !== layers[i]))) {
    throw new RangeError(
      `Expected the ${known.length} layers of the first measurement, got ${layers.length}, or others: give another model a run of its own.`,
    );
  }
}

/** The declaration with its layers by name. */
function resolved({ metric, layers }: Entry, stream: string): Declaration {
  const declaration = declarationOf(metric, stream);
  if (layers === null) return declaration;
  const axis: Axis = { name: 'layer', labels: layers.map(shortened) };
  return { ...declaration, axes: declaration.axes.map((of) => (of === 'layer' ? axis : of)) };
}
