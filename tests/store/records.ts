/** Records as the relay would hand them over, for the tests of store, server and command line. */
import { type AnyRecord, type MeasurementRecord, packValues, RECORD_VERSION } from '../../src/record.ts';

export const STARTED = 1_700_000_000_000;

/** A run record (seq 1), two declarations (2, 3), then two measurements per step, and an end record if asked. */
export function recordsOf(
  run: string,
  { steps = 10, classes = 3, end = false, name = run, pid = process.pid } = {},
): AnyRecord[] {
  const classNames = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const body = { name, classNames, classCounts: null, config: {}, versions: VERSIONS, pid };
  const records: AnyRecord[] = [{ ...head(run, 1, 0), stream: 'monitor', kind: 'run', body }];
  records.push(declaration(run, 2, 'loss', []), declaration(run, 3, 'class-recall', ['class']));
  for (let step = 0; step < steps; step++) {
    records.push(measurement(run, 4 + 2 * step, step, 'loss', [], [1 / (step + 1)]));
    const recall = Array.from({ length: classes }, (_, i) => ((step + i) % 4 === 0 ? null : (step % 10) / 10));
    records.push(measurement(run, 5 + 2 * step, step, 'class-recall', [classes], recall));
  }
  if (end)
    records.push({ ...head(run, 4 + 2 * steps, steps), stream: 'monitor', kind: 'end', body: { status: 'finished' } });
  return records;
}

export function measurement(
  run: string,
  seq: number,
  step: number,
  metric: string,
  shape: readonly number[],
  values: ArrayLike<number | null>,
): MeasurementRecord {
  return { ...head(run, seq, step), epoch: step / 4, kind: 'measurement', metric, shape, values: packValues(values) };
}

function declaration(run: string, seq: number, id: string, axes: readonly 'class'[]): AnyRecord {
  const body = {
    id,
    stream: 'train',
    help: `What ${id} is.`,
    axes,
    cadence: 'step',
    fold: 'mean',
    panels: [],
  } as const;
  return { ...head(run, seq, 0), kind: 'metric', body };
}

function head(run: string, seq: number, step: number) {
  return { v: RECORD_VERSION, run, seq, time: STARTED + seq, step, epoch: null, stream: 'train' };
}

const VERSIONS = { classwatch: '0.1.0', tfjs: '4.22.0', backend: 'cpu' };
