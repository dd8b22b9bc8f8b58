/**
 * The vocabulary on the wire and on disk: what a record is, and how the values of a measurement are packed.
 * Imports nothing and runs anywhere (training thread, worker, browser).
 */

/** Version of the record format; a reader refuses a record whose `v` is larger than its own. */
export const RECORD_VERSION = 1;

/** One axis of a metric. `class` and `layer` take their labels from the run; a named axis brings its own. */
export type Axis =
  | 'class'
  | 'layer'
  | { readonly name: string; readonly labels?: readonly string[]; readonly values?: readonly number[] };

/** How several steps become one value: weighted mean, sum, or the last one. */
export type Fold = 'mean' | 'sum' | 'last';

/** The metric (bare id, same stream) whose values weigh this one in a mean; `total`: its sum over all classes. */
export interface Weight {
  readonly metric: string;
  readonly total?: boolean;
}

/** How a metric wants to be drawn. Panels with the same group and title share one chart, one series each. */
export interface Panel {
  readonly group: string;
  readonly title: string;
  readonly chart: 'line' | 'bar' | 'heatmap';
  /** Name of this metric in a chart that several metrics share. */
  readonly series?: string;
  /** Which measurement a bar or a heat map shows; default 'last'. */
  readonly at?: 'first' | 'last';
  /** Divide by the sum over all elements before drawing (counts shown as shares). */
  readonly share?: boolean;
  /** Divide each row by its sum before drawing (a confusion matrix shown as recall per row). */
  readonly rowShare?: boolean;
  readonly scale?: 'linear' | 'log';
  readonly bounds?: readonly [number | null, number | null];
  readonly better?: 'higher' | 'lower';
  /** Names of the rows and columns of a heat map. */
  readonly axisTitles?: readonly [string, string];
}

/** What travels before the first measurement of a metric, so that a reader needs to know none by name. */
export interface Declaration {
  readonly id: string;
  readonly stream: string;
  readonly help: string;
  readonly axes: readonly Axis[];
  /** 'step': measured at every step, shown over a sliding window by examples; 'schedule': now and then, shown as it is. */
  readonly cadence: 'step' | 'schedule';
  readonly fold: Fold;
  readonly weight?: Weight;
  readonly panels: readonly Panel[];
}

export interface RunBody {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Training examples per class, where the user said so. */
  readonly classCounts: readonly number[] | null;
  readonly config: { readonly [key: string]: unknown };
  readonly versions: { readonly classwatch: string; readonly tfjs: string; readonly backend: string };
  /** The machine's process that trains; a reader tells a live run from an abandoned one by it. */
  readonly pid: number;
}

export type Level = 'info' | 'warn' | 'error';

/** What a rule found, with everything needed to understand it. */
export interface AlertBody {
  /** `rule/classes@step` of its opening: stable under replay. */
  readonly id: string;
  readonly rule: string;
  readonly level: Level;
  readonly state: 'opened' | 'updated' | 'resolved';
  /** One sentence with the numbers in it. */
  readonly message: string;
  readonly classes: readonly number[];
  /** First and last step of the evidence. */
  readonly steps: readonly [number, number];
  readonly numbers: { readonly [name: string]: number };
  readonly threshold: number;
  readonly remedy: string;
}

export interface EndBody {
  readonly status: 'finished' | 'stopped' | 'failed';
}

interface Head {
  readonly v: number;
  readonly run: string;
  /** Per run, from 1, without gaps; given by the relay worker. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Number of updates that the weights behind this record had. */
  readonly step: number;
  /** Fraction of epochs, going on over several fit calls; null where nobody told. */
  readonly epoch: number | null;
  readonly stream: string;
}

export interface RunRecord extends Head {
  readonly kind: 'run';
  readonly body: RunBody;
}
export interface MetricRecord extends Head {
  readonly kind: 'metric';
  readonly body: Declaration;
}
export interface MeasurementRecord extends Head {
  readonly kind: 'measurement';
  /** Bare id; the full name is `stream/metric`. */
  readonly metric: string;
  readonly shape: readonly number[];
  /** Row-major, packed by `packValues`. */
  readonly values: Uint8Array;
}
export interface AlertRecord extends Head {
  readonly kind: 'alert';
  readonly body: AlertBody;
}
export interface EndRecord extends Head {
  readonly kind: 'end';
  readonly body: EndBody;
}

/** One message: what is spooled, stored, served and drawn. */
export type AnyRecord = RunRecord | MetricRecord | MeasurementRecord | AlertRecord | EndRecord;

/** A record before the relay worker has numbered it. */
export type Unnumbered<R extends AnyRecord = AnyRecord> = R extends AnyRecord ? Omit<R, 'seq'> : never;

/** `stream/metric`. */
export function fullName(record: { readonly stream: string; readonly metric: string }): string {
  return `${record.stream}/${record.metric}`;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Unpacked values: `data` holds 0 where `missing` (if any) holds 1. */
export interface Values {
  readonly data: Float32Array | Float64Array;
  readonly missing: Uint8Array | null;
}

const DOUBLE = 1;
const HAS_MISSING = 2;

/**
 * Packs row-major values: one flag byte, a bitmap of the missing ones (only if any), then little-endian float32, or
 * float64 on request. `null` is missing; NaN and Infinity are values and survive.
 */
export function packValues(values: ArrayLike<number | null>, double = false): Uint8Array {
  const missing = hasMissing(values);
  const start = 1 + (missing ? (values.length + 7) >> 3 : 0);
  // Typed arrays convert much faster than a DataView (null becomes 0), but need aligned memory: pack beside, then copy.
  // Every machine that runs tfjs is little-endian.
  const data = double ? new Float64Array(values as ArrayLike<number>) : new Float32Array(values as ArrayLike<number>);
  const bytes = new Uint8Array(start + data.byteLength);
  bytes[0] = (double ? DOUBLE : 0) | (missing ? HAS_MISSING : 0);
  bytes.set(new Uint8Array(data.buffer), start);
  for (let i = 0; missing && i < values.length; i++) if (values[i] === null) bytes[1 + (i >> 3)]! |= 1 << (i & 7);
  return bytes;
}

function hasMissing(values: ArrayLike<number | null>): boolean {
  if (ArrayBuffer.isView(values)) return false;
  for (let i = 0; i < values.length; i++) if (values[i] === null) return true;
  return false;
}

/** Inverse of `packValues`. Throws a RangeError if the bytes do not hold exactly `size` values. */
export function unpackValues(bytes: Uint8Array, size: number): Values {
  const flags = bytes.length > 0 ? bytes[0]! : 0;
  const double = (flags & DOUBLE) !== 0;
  const mapBytes = flags & HAS_MISSING ? (size + 7) >> 3 : 0;
  const expected = 1 + mapBytes + size * (double ? 8 : 4);
  if (bytes.length !== expected) {
    throw new RangeError(`Expected ${expected} bytes for ${size} values, got ${bytes.length}: the record is damaged.`);
  }
  // The slice of a Node Buffer would share its memory.
  const { buffer } = Uint8Array.prototype.slice.call(bytes, 1 + mapBytes);
  const data = double ? new Float64Array(buffer) : new Float32Array(buffer);
  return { data, missing: mapBytes > 0 ? unpackBits(bytes, size) : null };
}

/** The same as a flat row-major list with `null` for missing: the form that users and rules see. */
export function listValues(bytes: Uint8Array, size: number): (number | null)[] {
  const { data, missing } = unpackValues(bytes, size);
  return Array.from(data, (value, i) => (missing?.[i] ? null : value));
}

function unpackBits(bytes: Uint8Array, size: number): Uint8Array {
  const missing = new Uint8Array(size);
  for (let i = 0; i < size; i++) missing[i] = (bytes[1 + (i >> 3)]! >> (i & 7)) & 1;
  return missing;
}
