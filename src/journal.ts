import type { Snapshot } from './capture/snapshot.ts';
import { type DeclaredMetric, type Entry, entryOf, resolve, resolved } from './journal-entry.ts';
import { type Metric, roleOf } from './metric.ts';
import {
  type AnyRecord,
  type Declaration,
  listValues,
  type MeasurementRecord,
  type MetricRecord,
  type Packable,
  packValues,
  RECORD_VERSION,
  sizeOf,
  type Unnumbered,
} from './record.ts';

export type { DeclaredMetric };

/** Where measurements belong in time: see `Head` of a record. */
export interface Moment {
  readonly time: number;
  readonly step: number;
  readonly epoch: number | null;
}

/** As many values as the shape says. */
export interface Measurement {
  readonly of: DeclaredMetric;
  readonly values: Packable;
}

/** Where the journal goes: the relay. Must not throw. */
export interface JournalSink {
  /** One record that is not a measurement. */
  write(record: Unnumbered): void;
  /** The measurements of one step and stream, each of a metric that was written before. The values are only lent. */
  send(at: Moment, measurements: readonly Measurement[]): void;
}

/** The record that `monitor.on('record')` hands out: without seq, values as a flat row-major list with null for missing. */
export type ShownRecord =
  | (Omit<Unnumbered<MeasurementRecord>, 'values'> & { readonly values: readonly (number | null)[] })
  | Exclude<Unnumbered<AnyRecord>, { readonly kind: 'measurement' }>;

/** Applies metrics to snapshots and writes what they say: a declaration before the first measurement, then the values. */
export class Journal {
  /** Who hears every record, and what the user knows them as. */
  private readonly listeners = new Map<(record: ShownRecord) => void, string>();
  private readonly entries = new Map<string, Entry[]>();
  private readonly run: string;
  private readonly metrics: readonly Metric[];
  private readonly sink: JournalSink;
  private declarations = 0;
  private readonly troubles = new Map<string, number>();
  private readonly report: (sentence: string) => void;

  constructor(run: string, metrics: readonly Metric[], sink: JournalSink, report: (sentence: string) => void) {
    this.run = run;
    this.metrics = metrics;
    this.sink = sink;
    this.report = report;
  }

  /** Calls `listener` with every record from now on; `name`: what to call it where it throws. */
  listen(listener: (record: ShownRecord) => void, name: string): void {
    this.listeners.set(listener, name);
  }

  /** Measures every metric of the snapshot's stream, or of the part that it is about. */
  measure(snapshot: Snapshot, epoch: number | null): void {
    const { stream, step, due, part } = snapshot;
    const at: Moment = { time: Date.now(), step, epoch };
    const measurements: Measurement[] = [];
    for (const entry of this.entriesOf(snapshot)) {
      if ((entry.onSchedule && !due) || (part !== null && part !== entry.metric.part)) continue;
      const values = this.ask(entry, snapshot);
      if (values === null) continue;
      const { shape, metric } = entry;
      entry.declared ??= this.declare(resolved(entry, stream), at, shape, metric.double);
      measurements.push({ of: entry.declared, values });
    }
    if (measurements.length > 0) this.send(at, measurements);
  }

  /** Writes a declaration; its measurements will have this shape. */
  declare(body: Declaration, at: Moment, shape: readonly number[] = [], double = false): DeclaredMetric {
    const { id: metric, stream } = body;
    const record: Unnumbered<MetricRecord> = { v: RECORD_VERSION, run: this.run, kind: 'metric', stream, ...at, body };
    this.write(record);
    return { number: this.declarations++, stream, metric, shape, double };
  }

  write(record: Exclude<Unnumbered, { readonly kind: 'measurement' }>): void {
    this.sink.write(record);
    this.tell(record);
  }

  send(at: Moment, measurements: readonly Measurement[]): void {
    this.sink.send(at, measurements);
    if (this.listeners.size === 0) return;
    for (const measurement of measurements) {
      this.tell(shownOf(this.run, at, measurement));
    }
  }

  /** Counts an error of the monitor; the first of each kind is told. Training goes on. */
  trouble(what: string, error: unknown, happened = 'failed and is not measured'): void {
    const count = (this.troubles.get(what) ?? 0) + 1;
    this.troubles.set(what, count);
    if (count > 1) return;
    const message = error instanceof Error ? error.message : String(error);
    this.report(`${what} ${happened}; training goes on. ${message}`);
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

  private ask(entry: Entry, snapshot: Snapshot): Packable | null {
    const { metric } = entry;
    try {
      const measured = metric.measure(snapshot);
      if (measured === null) return null;
      resolve(entry, snapshot);
      const values = typeof measured === 'number' ? [measured] : measured;
      if (values.length === entry.size) return values;
      throw new RangeError(`Expected ${entry.size} values, as its axes say, got ${values.length}.`);
    } catch (error) {
      this.trouble(`The metric ${metric.id}`, error);
      return null;
    }
  }

  private tell(record: ShownRecord): void {
    for (const [listener, name] of this.listeners) {
      try {
        listener(record);
      } catch (error) {
        this.trouble(name, error, 'failed');
      }
    }
  }

  private entriesOf({ stream, classes }: Snapshot): Entry[] {
    let entries = this.entries.get(stream);
    if (entries === undefined) {
      entries = this.metrics
        .filter((metric) => metric.streams.includes(roleOf(stream)))
        .map((metric) => entryOf(metric, stream, classes));
      this.entries.set(stream, entries);
    }
    return entries;
  }
}

/** What listeners see: the values as they are stored. */
function shownOf(run: string, { time, step, epoch }: Moment, { of, values }: Measurement): ShownRecord {
  const { stream, metric, shape, double } = of;
  const stored = listValues(packValues(values, double), sizeOf(shape));
  return { v: RECORD_VERSION, run, kind: 'measurement', time, step, epoch, stream, metric, shape, values: stored };
}
