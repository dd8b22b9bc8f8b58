/**
 * The messages between a training process, a server and a page: binary MessagePack frames over websockets.
 * docs/protocol.md describes them for other writers; runs in Node and in the browser.
 */
import { decode, encode } from '@msgpack/msgpack';
import { type Bucket, RunHistory } from './history.ts';
import type { AnyRecord, Declaration } from './record.ts';
import type { RunSummary } from './store/store.ts';

/** Version of the messages; a peer with another one is told so and turned away. */
export const PROTOCOL_VERSION = 1;

/** A metric's folded history on the wire: one row per bucket; arrays as little-endian bytes of float64, or of float32 where all values fit. */
export interface MetricWire {
  readonly declaration: Declaration;
  readonly shape: readonly number[];
  readonly buckets: readonly BucketWire[];
}
export interface BucketWire {
  readonly i: number;
  readonly f: number;
  readonly s: number;
  readonly e: number | null;
  readonly t: number;
  readonly n: number;
  readonly seen: Uint8Array;
  readonly last: Uint8Array;
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly sum: Uint8Array;
  readonly weight: Uint8Array;
}

/** Server to page. */
export type PageMessage =
  | { readonly t: 'hello'; readonly v: number; readonly version: string; readonly runs: readonly RunSummary[] }
  | { readonly t: 'runs'; readonly runs: readonly RunSummary[] }
  /** Everything up to `seq`: what a page that comes late, or fell behind, draws from. */
  | {
      readonly t: 'seed';
      readonly run: string;
      readonly seq: number;
      readonly step: number;
      readonly time: number;
      readonly notices: readonly AnyRecord[];
      readonly metrics: readonly MetricWire[];
    }
  /** The records after the last seen seq, in order. */
  | { readonly t: 'records'; readonly run: string; readonly records: readonly AnyRecord[] }
  | { readonly t: 'error'; readonly message: string };

/** Page to server: show this run; records after `since` if they are at hand, else a seed. */
export type ViewerMessage = { readonly t: 'watch'; readonly run: string; readonly since: number };

/** Writer to server. */
export type WriterMessage =
  | { readonly t: 'open'; readonly v: number; readonly run: string }
  | {
      readonly t: 'records';
      readonly run: string;
      readonly records: readonly AnyRecord[];
      /** Numbers [first, last] that the writer had to let go; sent only then. */
      readonly gaps?: readonly (readonly [number, number])[];
    };

/** Server to writer: everything up to `seq` is stored. */
export type IngestMessage =
  | { readonly t: 'have'; readonly run: string; readonly seq: number }
  | { readonly t: 'error'; readonly message: string };

/** One message as the bytes of one websocket frame. */
export function encodeMessage(message: PageMessage | ViewerMessage | WriterMessage | IngestMessage): Uint8Array {
  return encode(message, { ignoreUndefined: true });
}

/** Bytes of one frame as whatever they hold: check before use when they come from outside. Throws on what is no MessagePack. */
export function decodeMessage(bytes: Uint8Array): unknown {
  // Not as a Node Buffer: its slices, and so the values of the records, would share its memory.
  return decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** A run's history as the seed of a page. */
export function seedOf(run: string, history: RunHistory): PageMessage {
  return {
    t: 'seed',
    run,
    seq: history.lastSeq,
    step: history.lastStep,
    time: history.lastTime,
    notices: history.notices,
    metrics: [...history.metrics.values()].map(({ declaration, shape, buckets }) => ({
      declaration,
      shape,
      buckets: buckets.map(bucketToWire),
    })),
  };
}

/** Inverse of `seedOf`. */
export function historyOf(seed: Extract<PageMessage, { t: 'seed' }>): RunHistory {
  const history = new RunHistory();
  for (const wire of seed.metrics) {
    history.adopt(wire.declaration, wire.shape, wire.buckets.map(bucketFromWire));
  }
  history.notices.push(...seed.notices);
  history.lastSeq = seed.seq;
  history.lastStep = seed.step;
  history.lastTime = seed.time;
  return history;
}

function bucketToWire(bucket: Bucket): BucketWire {
  return {
    i: bucket.index,
    f: bucket.firstStep,
    s: bucket.step,
    e: bucket.epoch,
    t: bucket.time,
    n: bucket.count,
    seen: bucket.seen,
    last: toBytes(bucket.last),
    min: toBytes(bucket.min),
    max: toBytes(bucket.max),
    sum: toBytes(bucket.sum),
    weight: toBytes(bucket.weight),
  };
}

function bucketFromWire(wire: BucketWire): Bucket {
  const values = (bytes: Uint8Array) => fromBytes(bytes, wire.seen.length);
  return {
    index: wire.i,
    firstStep: wire.f,
    step: wire.s,
    epoch: wire.e,
    time: wire.t,
    count: wire.n,
    seen: wire.seen.slice(),
    last: values(wire.last),
    min: values(wire.min),
    max: values(wire.max),
    sum: values(wire.sum),
    weight: values(wire.weight),
  };
}

// Every platform that runs Node or a browser today is little-endian; a copy also aligns the bytes.
/** Most values were recorded as float32: as such they are half of a seed that may be of 100 MB. */
function toBytes(values: Float64Array): Uint8Array {
  const isExact = values.every((value) => Object.is(Math.fround(value), value));
  const { buffer, byteOffset, byteLength } = isExact ? new Float32Array(values) : values;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
function fromBytes(bytes: Uint8Array, size: number): Float64Array {
  const { buffer } = bytes.slice();
  return bytes.length === size * Float32Array.BYTES_PER_ELEMENT
    ? new Float64Array(new Float32Array(buffer))
    : new Float64Array(buffer);
}
