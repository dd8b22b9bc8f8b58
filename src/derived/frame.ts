import type { Derived } from '../derived.ts';
import type { RunHistory } from '../history.ts';
import {
  type AnyRecord,
  type Declaration,
  fullName,
  type MeasurementRecord,
  type Packable,
  packValues,
  RECORD_VERSION,
  type RunBody,
  shapeOf,
  sizeOf,
  type Unnumbered,
} from '../record.ts';

interface Entry {
  readonly metric: Derived;
  /** What it said the last time; null before it said anything. */
  last: Packable | null;
}

/** Derives metrics from the records of one run: a declaration before the first measurement, then the values. */
export class DerivedFrame {
  private readonly run: string;
  private readonly entries: readonly Entry[];
  private readonly failed: (metric: Derived, error: unknown) => void;

  constructor(run: string, metrics: readonly Derived[], failed: (metric: Derived, error: unknown) => void) {
    this.run = run;
    this.entries = metrics.map((metric) => ({ metric, last: null }));
    this.failed = failed;
  }

  /** What follows from these records, which `history` holds already. */
  derive(records: readonly AnyRecord[], body: RunBody, history: RunHistory): Unnumbered[] {
    const measured = records.filter((record): record is MeasurementRecord => record.kind === 'measurement');
    const names = new Set(measured.map(fullName));
    return this.entries.flatMap((entry) => {
      const { reads } = entry.metric;
      if (!reads.some((name) => names.has(name))) return [];
      // It belongs to the newest of the measurements that it was made of.
      const newest = measured.findLast((record) => reads.includes(fullName(record)))!;
      return this.ask(entry, newest, body, history);
    });
  }

  private ask(entry: Entry, newest: MeasurementRecord, run: RunBody, history: RunHistory): Unnumbered[] {
    const { metric, last } = entry;
    try {
      const shape = shapeOf(metric.axes, run.classNames.length);
      const said = metric.derive({ run, history }, last);
      if (said === null) return [];
      const values = typeof said === 'number' ? [said] : said;
      if (values.length !== sizeOf(shape)) {
        throw new RangeError(`Expected ${sizeOf(shape)} values, as its axes say, got ${values.length}.`);
      }
      const { time, step, epoch } = newest;
      const head = { v: RECORD_VERSION, run: this.run, time, step, epoch, stream: metric.stream };
      const measurement = {
        ...head,
        kind: 'measurement' as const,
        metric: metric.id,
        shape,
        values: packValues(values),
      };
      entry.last = values;
      return last === null
        ? [{ ...head, kind: 'metric', body: derivedDeclarationOf(metric) }, measurement]
        : [measurement];
    } catch (error) {
      this.failed(metric, error);
      return [];
    }
  }
}

/** What travels before the first measurement. */
export function derivedDeclarationOf({ id, stream, help, axes, fold = 'last', panels }: Derived): Declaration {
  return { id, stream, help, axes, cadence: 'schedule', fold, panels };
}
