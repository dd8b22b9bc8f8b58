import { expect, test } from 'vitest';
import { type MeasurementRecord, packValues, type Unnumbered } from '../../src/record.ts';
import { encodeMeasurements, encodeRecord, parseFrame } from '../../src/relay/frame.ts';

const head = { v: 1, run: 'a-run', time: 1_700_000_000_123, stream: 'train' };
const names = [
  { stream: 'train', metric: 'loss' },
  { stream: 'train', metric: 'confusion' },
];

function measurement(metric: string, shape: number[], values: (number | null)[], epoch: number | null) {
  const record: Unnumbered<MeasurementRecord> = {
    ...head,
    kind: 'measurement',
    step: 2 ** 40,
    epoch,
    metric,
    shape,
    values: packValues(values),
  };
  return record;
}

test.each([null, 1.5])('the measurements of a step survive, with epoch %s', (epoch) => {
  const measurements = [
    measurement('loss', [], [0.5], epoch),
    measurement('confusion', [2, 2], [1, 2, null, 4], epoch),
  ];
  const frame = encodeMeasurements(measurements, ({ metric }) => names.findIndex((name) => name.metric === metric));
  expect(parseFrame(frame, 'a-run', (number) => names[number]!)).toEqual(measurements);
});

test('another record survives as it is', () => {
  const record: Unnumbered = { ...head, kind: 'end', step: 3, epoch: null, body: { status: 'finished' } };
  expect(parseFrame(encodeRecord(record), 'a-run', () => names[0]!)).toEqual([record]);
});
