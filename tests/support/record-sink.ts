import type { JournalSink } from '../../src/journal.ts';
import type { Unnumbered } from '../../src/record.ts';
import { encodeMeasurements, parseFrame } from '../../src/relay/frame.ts';

/** Hands on the records that come out on the other side of the ring. */
export function recordSink(run: string, add: (record: Unnumbered) => void): JournalSink {
  const names: { readonly stream: string; readonly metric: string }[] = [];
  return {
    write(record) {
      if (record.kind === 'metric') names.push({ stream: record.stream, metric: record.body.id });
      add(record);
    },
    send(at, measurements) {
      for (const one of parseFrame(encodeMeasurements(at, measurements), run, (n) => names[n]!)) add(one);
    },
  };
}
