import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Channel } from '../../src/server/channel.ts';
import { RecordRing } from '../../src/server/record-ring.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { folder } from '../store/folder.ts';
import { measurement, recordsOf } from '../store/records.ts';

test('the ring gives everything after a seq, or says that some of it is gone; never a part', () => {
  const values = new Float32Array(1024);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 }),
      fc.nat(3000),
      (sizes, since) => {
        const ring = new RecordRing(0);
        let seq = 0;
        for (const size of sizes) {
          const packed = measurement(
            'run-a',
            1,
            0,
            'm',
            [size * values.length],
            new Float32Array(size * values.length),
          );
          for (let i = 0; i < 250; i++) ring.push({ ...packed, seq: ++seq });
        }
        const records = ring.since(since);
        if (records === null) expect(since).toBeLessThan(seq);
        else
          expect(records.map((record) => record.seq)).toEqual(
            Array.from({ length: Math.max(0, seq - since) }, (_, i) => since + 1 + i),
          );
        expect(ring.since(seq)).toEqual([]);
        expect(ring.since(seq - 1)).toHaveLength(1);
      },
    ),
    { numRuns: 60 },
  );
});

test('what is published while a run is still being read from disk comes after it, once', async () => {
  const store = openStore(folder());
  const records = recordsOf('run-a', { steps: 20_000 });
  const from = records.length - 500;
  store.append(records.slice(0, from));
  store.flush();
  const channel = new Channel('run-a');
  const read = channel.catchUp(store);
  expect(channel.isReading).toBe(true);
  for (let i = from; i < records.length; i += 50) {
    store.append(records.slice(i, i + 50));
    channel.add(records.slice(i - 10, i + 50));
    await new Promise(setImmediate);
  }
  await read;
  expect(channel.lastSeq).toBe(records.length);
  const message = channel.messageSince(from - 100);
  expect(message.t === 'records' && message.records).toEqual(records.slice(from - 100));
});
