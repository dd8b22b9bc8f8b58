import type { Measurement, Moment } from '../journal.ts';
import { packedBound, putValues, type Room, roomOf } from '../packed-values.ts';
import { RECORD_VERSION, type Unnumbered } from '../record.ts';

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
let scratch = roomOf(2 ** 16);

/** kind u8, time f64, step f64, epoch f64 (NaN: null), count u32. */
const HEAD = 29;

/**
 * The measurements of one step and stream as one frame, little-endian: the head, then per measurement its number in order
 * of declaration u32, rank u32, the shape (rank x u32), the length of its values u32, the values.
 * The bytes are only valid until the next call.
 */
export function encodeMeasurements({ time, step, epoch }: Moment, measurements: readonly Measurement[]): Uint8Array {
  let bound = HEAD;
  for (const { of, values } of measurements) bound += 12 + 4 * of.shape.length + packedBound(values, of.double);
  if (scratch.bytes.length < bound) scratch = roomOf(2 * bound);
  const { bytes, view } = scratch;
  bytes[0] = MEASUREMENTS;
  view.setFloat64(1, time, true);
  view.setFloat64(9, step, true);
  view.setFloat64(17, epoch ?? Number.NaN, true);
  view.setUint32(25, measurements.length, true);
  let at = HEAD;
  for (const measurement of measurements) at = putMeasurement(scratch, at, measurement);
  return bytes.subarray(0, at);
}

function putMeasurement(room: Room, at: number, { of, values }: Measurement): number {
  const { view } = room;
  const { number, shape, double } = of;
  view.setUint32(at, number, true);
  view.setUint32(at + 4, shape.length, true);
  at += 8;
  for (const length of shape) {
    view.setUint32(at, length, true);
    at += 4;
  }
  const end = putValues(room, at + 4, values, double);
  view.setUint32(at, end - at - 4, true);
  return end;
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
