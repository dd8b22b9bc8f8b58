import { type MeasurementRecord, RECORD_VERSION, type Unnumbered } from '../record.ts';

/** First byte of a frame: what it holds. */
const RECORD = 1;
const MEASUREMENTS = 2;

/** One record that is not a measurement, as JSON: rare and small. */
export function encodeRecord(record: Unnumbered): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(record));
  const frame = new Uint8Array(1 + text.length);
  frame[0] = RECORD;
  frame.set(text, 1);
  return frame;
}

/** Where frames are put together before they are copied on; grows with the largest. */
let scratch = room(2 ** 16);

function room(size: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** kind u8, time f64, step f64, epoch f64 (NaN: null), count u32. */
const HEAD = 29;

/**
 * The measurements of one step and stream as one frame, little-endian: the head, then per measurement its number in order
 * of declaration u32, rank u32, the shape (rank x u32), the length of its values u32, the values.
 * The bytes are only valid until the next call.
 */
export function encodeMeasurements(
  measurements: readonly Unnumbered<MeasurementRecord>[],
  numberOf: (measurement: Unnumbered<MeasurementRecord>) => number,
): Uint8Array {
  let size = HEAD;
  for (const { shape, values } of measurements) size += 12 + 4 * shape.length + values.length;
  if (scratch.bytes.length < size) scratch = room(2 * size);
  const { bytes, view } = scratch;
  const { time, step, epoch } = measurements[0]!;
  view.setUint8(0, MEASUREMENTS);
  view.setFloat64(1, time, true);
  view.setFloat64(9, step, true);
  view.setFloat64(17, epoch ?? Number.NaN, true);
  view.setUint32(25, measurements.length, true);
  let at = HEAD;
  for (const measurement of measurements) {
    at = putHead(view, at, measurement, numberOf(measurement));
    bytes.set(measurement.values, at);
    at += measurement.values.length;
  }
  return bytes.subarray(0, size);
}

function putHead(view: DataView, at: number, { shape, values }: Unnumbered<MeasurementRecord>, number: number): number {
  view.setUint32(at, number, true);
  view.setUint32(at + 4, shape.length, true);
  at += 8;
  for (const length of shape) {
    view.setUint32(at, length, true);
    at += 4;
  }
  view.setUint32(at, values.length, true);
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
  return Array.from({ length: view.getUint32(25, true) }, () => {
    const name = nameOf(view.getUint32(at, true));
    const rank = view.getUint32(at + 4, true);
    const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(at + 8 + 4 * axis, true));
    const start = at + 12 + 4 * rank;
    at = start + view.getUint32(start - 4, true);
    return { ...head, ...name, shape, values: frame.slice(start, at) };
  });
}
