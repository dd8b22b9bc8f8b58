/**
 * A chunk: consecutive measurements of one metric as columns, packed into one blob. A row per record would cost five
 * times the space and most of the time.
 */
import { decode, encode } from '@msgpack/msgpack';
import type { MeasurementRecord } from '../record.ts';

/** A chunk is full at this many measurements … */
export const CHUNK_ROWS = 256;
/** … or at this many bytes of values, whatever comes first. */
export const CHUNK_BYTES = 32 * 1024;

/** Integers up to here keep their differences exact. */
const MAX_DELTA = 2 ** 50;
/** Bytes of the longest difference: 52 bits, 7 in a byte. */
const MAX_VARINT = 8;

const DOUBLES = 0;
const DELTAS = 1;

interface ChunkColumns {
  readonly v: number;
  readonly stream: string;
  readonly metric: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly seq: Uint8Array;
  readonly time: Uint8Array;
  readonly step: Uint8Array;
  /** NaN stands for null; empty where all are null. */
  readonly epoch: Uint8Array;
  /** Bytes of each measurement's packed values, which follow each other in `values`. */
  readonly sizes: Uint8Array;
  readonly values: Uint8Array;
}

/** Whether a measurement may stand in the same chunk as another one: same metric, same shape. */
export function fitsChunk(a: MeasurementRecord, b: MeasurementRecord): boolean {
  return (
    a.v === b.v &&
    a.metric === b.metric &&
    a.stream === b.stream &&
    a.shape.length === b.shape.length &&
    a.shape.every((size, i) => size === b.shape[i])
  );
}

/** Packs measurements that fit each other, at least one, in order of seq. */
export function encodeChunk(records: readonly MeasurementRecord[]): Uint8Array {
  const { v, stream, metric, shape } = records[0]!;
  const noEpoch = records.every(({ epoch }) => epoch === null);
  const columns: ChunkColumns = {
    v,
    stream,
    metric,
    shape,
    count: records.length,
    seq: packColumn(records.map(({ seq }) => seq)),
    time: packColumn(records.map(({ time }) => time)),
    step: packColumn(records.map(({ step }) => step)),
    epoch: noEpoch ? new Uint8Array(0) : packColumn(records.map(({ epoch }) => epoch ?? NaN)),
    sizes: packColumn(records.map(({ values }) => values.length)),
    values: joinBytes(records),
  };
  return encode(columns);
}

/** Inverse of `encodeChunk`; `run` comes from the file that holds the chunk. Throws a RangeError if it is damaged. */
export function decodeChunk(bytes: Uint8Array, run: string): MeasurementRecord[] {
  const { v, stream, metric, shape, count, values, ...columns } = decode(bytes) as ChunkColumns;
  if (!(count > 0 && count <= CHUNK_ROWS)) throw new RangeError('A chunk of the run is damaged: its count is wrong.');
  const seq = unpackColumn(columns.seq, count);
  const time = unpackColumn(columns.time, count);
  const step = unpackColumn(columns.step, count);
  const epoch = columns.epoch.length > 0 ? unpackColumn(columns.epoch, count) : null;
  const sizes = unpackColumn(columns.sizes, count);
  const records: MeasurementRecord[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + sizes[i]!;
    records.push({
      v,
      run,
      seq: seq[i]!,
      time: time[i]!,
      step: step[i]!,
      epoch: epoch === null || Number.isNaN(epoch[i]) ? null : epoch[i]!,
      stream,
      kind: 'measurement',
      metric,
      shape,
      values: values.subarray(at, end),
    });
    at = end;
  }
  if (at !== values.length) throw new RangeError('A chunk of the run is damaged: its values have the wrong length.');
  return records;
}

/** One column: differences as variable-length integers where all are whole numbers, else float64. */
export function packColumn(values: readonly number[]): Uint8Array {
  const whole = values.every((value) => Number.isInteger(value) && Math.abs(value) < MAX_DELTA);
  return whole && !values.some((value) => Object.is(value, -0)) ? packDeltas(values) : packDoubles(values);
}

/** Inverse of `packColumn`. Throws a RangeError if the bytes do not hold exactly `count` numbers. */
export function unpackColumn(bytes: Uint8Array, count: number): number[] {
  if (bytes[0] === DELTAS) return unpackDeltas(bytes, count);
  if (bytes[0] !== DOUBLES || bytes.length !== 1 + count * 8) {
    throw new RangeError(`A chunk of the run is damaged: expected a column of ${count} numbers.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => view.getFloat64(1 + i * 8, true));
}

function packDoubles(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(1 + values.length * 8);
  const view = new DataView(bytes.buffer);
  bytes[0] = DOUBLES;
  for (let i = 0; i < values.length; i++) view.setFloat64(1 + i * 8, values[i]!, true);
  return bytes;
}

function packDeltas(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(1 + values.length * MAX_VARINT);
  bytes[0] = DELTAS;
  let at = 1;
  let previous = 0;
  for (const value of values) {
    const delta = value - previous;
    // Zigzag: small differences of either sign become small naturals. Beyond 31 bits only division is exact.
    let rest = delta < 0 ? -2 * delta - 1 : 2 * delta;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
    bytes[at++] = rest;
    previous = value;
  }
  return bytes.slice(0, at);
}

function unpackDeltas(bytes: Uint8Array, count: number): number[] {
  const values: number[] = [];
  let at = 1;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    let rest = 0;
    let unit = 1;
    for (; at < bytes.length && bytes[at]! >= 128; at++) {
      rest += (bytes[at]! - 128) * unit;
      unit *= 128;
    }
    if (at >= bytes.length) throw new RangeError(`A chunk of the run is damaged: expected ${count} numbers, got ${i}.`);
    rest += bytes[at++]! * unit;
    previous += rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2;
    values.push(previous);
  }
  return values;
}

function joinBytes(records: readonly MeasurementRecord[]): Uint8Array {
  let size = 0;
  for (const { values } of records) size += values.length;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const { values } of records) {
    joined.set(values, at);
    at += values.length;
  }
  return joined;
}
