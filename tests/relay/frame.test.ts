import { expect, test } from 'vitest';
import type { Measurement } from '../../src/journal.ts';
import { type Packable, packValues, type Unnumbered } from '../../src/record.ts';
import { encodeMeasurements, encodeRecord, parseFrame } from '../../src/relay/frame.ts';

const head = { v: 1, run: 'a-run', time: 1_700_000_000_123, stream: 'train' };
const names = ['loss', 'confusion', 'class-recall', 'support'].map((metric) => ({ stream: 'train', metric }));

function measurement(number: number, shape: number[], values: Packable, double = false): Measurement {
  return { of: { number, ...names[number]!, shape, double }, values };
}

test.each([null, 1.5])('the measurements of a step survive, with epoch %s', (epoch) => {
  const at = { time: head.time, step: 2 ** 40, epoch };
  const measurements = [
    measurement(0, [], [0.5]),
    measurement(1, [2, 2], [1, 2, null, 4]),
    measurement(2, [1000], { length: 1000, places: [7, 999], values: [0.25, NaN] }),
    measurement(3, [3], Float64Array.of(2 ** 40 + 1, 0, 3), true),
  ];
  const frame = encodeMeasurements(at, measurements);
  expect(parseFrame(frame, 'a-run', (number) => names[number]!)).toEqual(
    measurements.map(({ of: { number, shape, double }, values }) => {
      return { ...head, ...at, kind: 'measurement', ...names[number]!, shape, values: packValues(values, double) };
    }),
  );
});

test('a frame larger than any before it survives, and nothing of it shows in the next', () => {
  const at = { time: 1, step: 2, epoch: null };
  const values = Float64Array.from({ length: 300_000 }, (_, i) => i + 0.5);
  const few = measurement(2, [9], [null, 1, 2, 3, 4, 5, 6, 7, null]);
  const sent = [[measurement(3, [300_000], values, true)], [few]];
  const got = sent.flatMap((of) => parseFrame(encodeMeasurements(at, of), 'a-run', (n) => names[n]!));
  const bytes = got.map((record) => Buffer.from(record.kind === 'measurement' ? record.values : []));
  // Compared as buffers: a matcher takes a minute for so many values.
  expect(bytes[0]!.equals(packValues(values, true))).toBe(true);
  expect(bytes[1]!.equals(packValues(few.values))).toBe(true);
});

test('another record survives as it is', () => {
  const record: Unnumbered = { ...head, kind: 'end', step: 3, epoch: null, body: { status: 'finished' } };
  expect(parseFrame(encodeRecord(record), 'a-run', () => names[0]!)).toEqual([record]);
});
