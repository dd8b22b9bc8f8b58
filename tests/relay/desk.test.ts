import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { listValues, type MeasurementRecord, sizeOf, type Unnumbered } from '../../src/record.ts';
import { Desk } from '../../src/relay/desk.ts';
import { encodeMeasurements, encodeRecord } from '../../src/relay/frame.ts';
import type { RelayOptions } from '../../src/relay/message.ts';
import { shareRing, shouldStop, writeFrame } from '../../src/relay/ring.ts';
import { RunWriter } from '../support/run.ts';

/** What a desk prints of a run, and whether it asked the training to stop. */
function printed(writer: RunWriter, stopOn: readonly string[] = []) {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => {
    port1.close();
    port2.close();
  });
  const ring = shareRing(1 << 20);
  const lines: string[] = [];
  const print = (sentence: string) => lines.push(sentence);
  const nowhere = { logdir: '', host: undefined, port: undefined, token: undefined, url: undefined, dashboard: '' };
  const options: RelayOptions = { run: 'made-up-run', mode: 'offline', rules: undefined, stopOn, ring, ...nowhere };
  const desk = new Desk(port1, options, { keep: () => {}, publish: () => {}, print });
  const numbers = new Map<string, number>();
  for (const { seq: _, ...record } of writer.records) {
    if (record.kind === 'metric') numbers.set(`${record.stream}/${record.body.id}`, numbers.size);
    const frame =
      record.kind === 'measurement'
        ? frameOf(record as MeasurementRecord, numbers)
        : encodeRecord(record as Unnumbered);
    expect(writeFrame(ring, frame)).toBe(true);
    desk.drain();
  }
  return { lines, stopped: shouldStop.get(ring) };
}

function frameOf(record: MeasurementRecord, numbers: ReadonlyMap<string, number>): Uint8Array {
  const { stream, metric, shape, values } = record;
  const of = { number: numbers.get(`${stream}/${metric}`)!, stream, metric, shape, double: false };
  return encodeMeasurements(record, [{ of, values: listValues(values, sizeOf(shape)) }]);
}

test('an alert is printed once at each level: when it opens, when it has become graver, and, with rule, classes and step alone, when it is over', () => {
  const writer = new RunWriter(['a', 'b', 'c', 'd'], 'made-up-run', { classCounts: [500, 500, 5, 5] });
  for (let i = 0; i < 40; i++) {
    const step = 100 + 10 * i;
    const [ratio, cosine] = i < 25 ? [3, i < 15 ? 0.2 : 0.95] : [0.5, 0.2];
    writer.measure('model/minority-cosine', step, [cosine]).measure('model/collapse-ratio', step, [ratio]);
  }
  const { lines, stopped } = printed(writer, ['minority-collapse']);
  expect(lines.map((line) => line.slice(0, 90))).toEqual([
    '[warn] The rows of "c" and "d" in the last dense layer are heading for one direction: coll',
    '[error] The rows of "c" and "d" in the last dense layer have become one direction: mean co',
    '[resolved] minority-collapse of "c" and "d", at step 370',
  ]);
  expect(stopped).toBe(true);
});
