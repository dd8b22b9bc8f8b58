import { type MeasurementRecord, RECORD_VERSION, type Unnumbered } from '../record.ts';

/**
 * The measurements of one step and stream as one buffer, made to be transferred to the relay worker: no structured clone,
 * no copy. Layout (little-endian, 8-byte head fields first): time f64, step f64, epoch f64 (NaN: null), count u32; then per
 * measurement: metric u32 (its number in order of declaration), rank u32, rank x u32, bytes u32, the packed values.
 */
export function encodeFrame(
  measurements: readonly Unnumbered<MeasurementRecord>[],
  numberOf: (measurement: Unnumbered<MeasurementRecord>) => number,
): ArrayBuffer {
  let size = HEAD;
  for (const { shape, values } of measurements) size += 12 + 4 * shape.length + values.length;
  const buffer = new ArrayBuffer(size);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const { time, step, epoch } = measurements[0]!;
  view.setFloat64(0, time, true);
  view.setFloat64(8, step, true);
  view.setFloat64(16, epoch ?? Number.NaN, true);
  view.setUint32(24, measurements.length, true);
  let at = HEAD;
  for (const measurement of measurements) at = putMeasurement(view, bytes, at, measurement, numberOf(measurement));
  return buffer;
}

const HEAD = 28;

function putMeasurement(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  { shape, values }: Unnumbered<MeasurementRecord>,
  number: number,
): number {
  view.setUint32(at, number, true);
  view.setUint32(at + 4, shape.length, true);
  at += 8;
  for (const length of shape) {
    view.setUint32(at, length, true);
    at += 4;
  }
  view.setUint32(at, values.length, true);
  bytes.set(values, at + 4);
  return at + 4 + values.length;
}

/** Inverse of `encodeFrame`; `nameOf` gives stream and id of a metric's number. */
export function parseFrame(
  buffer: ArrayBuffer,
  run: string,
  nameOf: (number: number) => { readonly stream: string; readonly metric: string },
): Unnumbered<MeasurementRecord>[] {
  const view = new DataView(buffer);
  const epoch = view.getFloat64(16, true);
  const head = {
    v: RECORD_VERSION,
    run,
    kind: 'measurement' as const,
    time: view.getFloat64(0, true),
    step: view.getFloat64(8, true),
    epoch: Number.isNaN(epoch) ? null : epoch,
  };
  const out: Unnumbered<MeasurementRecord>[] = [];
  const count = view.getUint32(24, true);
  let at = HEAD;
  for (let i = 0; i < count; i++) {
    const { stream, metric } = nameOf(view.getUint32(at, true));
    const rank = view.getUint32(at + 4, true);
    const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(at + 8 + 4 * axis, true));
    const start = at + 12 + 4 * rank;
    const length = view.getUint32(start - 4, true);
    out.push({ ...head, stream, metric, shape, values: new Uint8Array(buffer, start, length) });
    at = start + length;
  }
  return out;
}
