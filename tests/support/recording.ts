import type { ShownRecord } from '../../src/journal.ts';
import type { DrivenMonitor } from '../../src/monitor.ts';
import type { WatchOptions } from '../../src/options.ts';
import type { ModelLike, TfLike } from '../../src/tf.ts';
import { watchModel } from '../../src/watch.ts';

export type Measurement = Extract<ShownRecord, { kind: 'measurement' }>;

/** A monitor whose records are kept in memory: the whole training side, without relay. */
export interface Recording {
  readonly monitor: DrivenMonitor;
  readonly records: ShownRecord[];
  /** Measurements of `stream/metric`, in order. */
  of(name: string): Measurement[];
}

export async function recording(tf: TfLike, model: ModelLike | null, options: WatchOptions = {}): Promise<Recording> {
  const records: ShownRecord[] = [];
  const monitor = await watchModel(tf, model, options, { onRecord: (record) => records.push(record) });
  const of = (name: string) =>
    records.filter(
      (record): record is Measurement => record.kind === 'measurement' && `${record.stream}/${record.metric}` === name,
    );
  return { monitor, records, of };
}
