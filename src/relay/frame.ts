import { type MeasurementRecord, RECORD_VERSION, type Unnumbered } from '../record.ts';

/** First byte of a frame: what it holds. */
const RECORD = 1;
const MEASUREMENTS = 2;

/** One record that is not a measurement, as JSON: rare and small. */
export function encodeRecord(record: Unnumbered): Uint8Array[] {
  return [Uint8Array.of(RECORD), new TextEncoder().encode(JSON.stringify(record))];
}

/** Where heads are put together before they are copied on; grows with the largest step. */
let scratch = new DataView(new ArrayBuffer(4096));

/** kind u8, time f64, step f64, epoch f64 (NaN: null), count u32. */
const HEAD = 29;

/**
 * The measurements of one step and stream as the parts of a frame, little-endian: the head, then per measurement its
 * number in order of declaration u32, rank u32, the shape (rank x u32), the length of the values u32; then all values.
 * The parts are only valid until the next call.
 */
export function encodeMeasurements(
  measurements: readonly Unnumbered<MeasurementRecord>[],
  numberOf: (measurement: Unnumbered<MeasurementRecord>) => number,
): Uint8Array[] {
  let size = HEAD;
  for (const { shape } of measurements) size += 12 + 4 * shape.length;
  if (scratch.byteLength < size) scratch = new DataView(new ArrayBuffer(2 * size));
  const { time, step, epoch } = measurements[0]!;
  scratch.setUint8(0, MEASUREMENTS);
  scratch.setFloat64(1, time, true);
  scratch.setFloat64(9, step, true);
  scratch.setFloat64(17, epoch ?? Number.NaN, true);
  scratch.setUint32(25, measurements.length, true);
  let at = HEAD;
  for (const measurement of measurements) at = putHead(at, measurement, numberOf(measurement));
  return [new Uint8Array(scratch.buffer, 0, size), ...measurements.map(({ values }) => values)];
}

function putHead(at: number, { shape, values }: Unnumbered<MeasurementRecord>, number: number): number {
  scratch.setUint32(at, number, true);
  scratch.setUint32(at + 4, shape.length, true);
  at += 8;
  for (const length of shape) {
    scratch.setUint32(at, length, true);
    at += 4;
  }
  scratch.setUint32(at, values.length, true);
  return at + 4;
}

/** Inverse of both; `nameOf` gives stream and id of a metric's number. */
export function parseFrame(
  frame: Uint8Array,
  run: string,
  nameOf: (number: number) => { readonly stream: string; readonly metric: string },
): Unnumbered[] {
  if (frame[0] === RECORD) return [JSON.parse(new TextDecoder().decode(frame.subarray(1)))];
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const epoch = view.getFloat64(17, true);
  const head = {
    v: RECORD_VERSION,
    run,
    kind: 'measurement' as const,
    time: view.getFloat64(1, true),
    step: view.getFloat64(9, true),
    epoch: Number.isNaN(epoch) ? null : epoch,
  };
  let at = HEAD;
  const lengths: number[] = [];
  const heads = Array.from({ length: view.getUint32(25, true) }, () => {
    const name = nameOf(view.getUint32(at, true));
    const rank = view.getUint32(at + 4, true);
    const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(at + 8 + 4 * axis, true));
    lengths.push(view.getUint32(at + 8 + 4 * rank, true));
    at += 12 + 4 * rank;
    return { ...head, ...name, shape };
  });
  return heads.map((measurement, i) => {
    const values = frame.slice(at, at + lengths[i]!);
    at += lengths[i]!;
    return { ...measurement, values };
  });
}
