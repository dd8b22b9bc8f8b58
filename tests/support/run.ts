import { derivedDeclarationOf } from '../../src/derived/frame.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import type { Derived } from '../../src/derived.ts';
import { declarationOf, type OfRun } from '../../src/metric.ts';
import { metrics } from '../../src/metrics/index.ts';
import { type AnyRecord, type Declaration, type EndBody, packValues, type RunBody } from '../../src/record.ts';

const derivedOf = (metric: string): Derived => derivedMetrics.find(({ id }) => id === metric)!;

/** Writes the records of a made-up run, numbered: what the relay would have stored. */
export class RunWriter {
  readonly records: AnyRecord[] = [];
  private readonly declared = new Set<string>();
  private readonly run: string;

  constructor(classNames: readonly string[], run = 'made-up-run', more: Partial<RunBody> = {}) {
    this.run = run;
    const versions = { classwatch: '0', tfjs: '0', backend: 'none' };
    const known = { classNames, classCounts: null, ...more };
    const body: RunBody = { name: 'made up', config: {}, versions, pid: process.pid, ...known };
    this.push({ kind: 'run', step: 0, stream: 'monitor', body });
  }

  /** One measurement of `stream/metric` at a step; declares the metric first, with what it says of the run. */
  measure(
    name: string,
    step: number,
    values: readonly (number | null)[],
    epoch: number | null = null,
    ofRun: OfRun = {},
  ): this {
    const [stream, metric] = name.split('/') as [string, string];
    if (!this.declared.has(name)) {
      this.declared.add(name);
      const measured = metrics.find(({ id }) => id === metric);
      const body: Declaration = measured
        ? declarationOf(measured, stream, ofRun)
        : derivedDeclarationOf(derivedOf(metric));
      this.push({ kind: 'metric', step, stream, body });
    }
    const { axes } = metrics.find(({ id }) => id === metric) ?? derivedOf(metric);
    const rows = ofRun.labels?.length ?? Math.sqrt(values.length);
    const length = axes.length === 0 ? [] : axes.length === 1 ? [values.length] : [rows, values.length / rows];
    this.push({ kind: 'measurement', step, epoch, stream, metric, shape: length, values: packValues(values) });
    return this;
  }

  end(status: EndBody['status'] = 'finished', step = 0): this {
    this.push({ kind: 'end', step, stream: 'monitor', body: { status } });
    return this;
  }

  private push(record: object): void {
    const seq = this.records.length + 1;
    this.records.push({ v: 1, run: this.run, seq, time: 1_700_000_000_000 + seq, epoch: null, ...record } as AnyRecord);
  }
}
