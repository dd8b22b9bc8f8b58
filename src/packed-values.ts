/** How the values of a measurement are packed, on the wire and on disk. Imports nothing and runs anywhere. */

/** Unpacked values: `data` holds 0 where `missing` (if any) holds 1. */
export interface Values {
  readonly data: Float32Array | Float64Array;
  readonly missing: Uint8Array | null;
}

/** Values at some `places` of a list, ascending, one for each; everything else is missing, and so is `null`. */
export interface SparseValues {
  /** Of the whole list. */
  readonly length: number;
  readonly places: ArrayLike<number>;
  readonly values: ArrayLike<number | null>;
}

/** A row-major list in which `null` is missing, or what is there of one. */
export type Packable = ArrayLike<number | null> | SparseValues;

/** Memory that packed values are written to. */
export interface Room {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
}

const DOUBLE = 1;
const HAS_MISSING = 2;
/** Only the present values and where they are: a matrix of many classes, of which a batch holds few. */
const SPARSE = 4;
/** Bytes of a sparse form beside its values: the flags, and their number. */
const SPARSE_HEAD = 5;

/**
 * Packs row-major values: one flag byte, a bitmap of the missing ones (only if any), then little-endian float32, or
 * float64 on request; or, where that is shorter, the flag byte, the number of present values, their indices (both uint32)
 * and the values. `null` is missing; NaN and Infinity are values and survive.
 */
export function packValues(values: Packable, double = false): Uint8Array {
  const room = roomOf(packedBound(values, double));
  return room.bytes.slice(0, putValues(room, 0, values, double));
}

export function roomOf(size: number): Room {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Bytes that the packed values take at most. */
export function packedBound(values: Packable, double: boolean): number {
  const width = double ? 8 : 4;
  if (isSparse(values)) return SPARSE_HEAD + values.places.length * (4 + width);
  return 1 + mapBytes(values.length) + values.length * width;
}

/** What `packValues` gives, written at `at`; returns where it ends. */
export function putValues(room: Room, at: number, values: Packable, double: boolean): number {
  if (isSparse(values)) return putSome(room, at, values, double);
  if (isComplete(values)) return putAll(room, at, values, double);
  return putSome(room, at, sparseOf(values), double);
}

function putAll(room: Room, at: number, values: ArrayLike<number | null>, double: boolean): number {
  room.bytes[at] = double ? DOUBLE : 0;
  return putNumbers(room.bytes, at + 1, values, double);
}

function putSome(room: Room, at: number, some: SparseValues, double: boolean): number {
  const { length, places, values } = some;
  const present = countPresent(values);
  if (present === length) return putAll(room, at, values, double);
  const width = double ? 8 : 4;
  const mapped = 1 + mapBytes(length) + length * width;
  if (SPARSE_HEAD + present * (4 + width) >= mapped) return putMapped(room, at, some, double);
  const { bytes, view } = room;
  bytes[at] = SPARSE | (double ? DOUBLE : 0);
  view.setUint32(at + 1, present, true);
  at += SPARSE_HEAD;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) continue;
    view.setUint32(at, places[i]!, true);
    at += 4;
  }
  return putNumbers(bytes, at, values, double);
}

/** All values, 0 where one is missing, behind a bitmap of those that are. */
function putMapped({ bytes, view }: Room, at: number, some: SparseValues, double: boolean): number {
  const { length, places, values } = some;
  const width = double ? 8 : 4;
  const map = at + 1;
  const start = map + mapBytes(length);
  const end = start + length * width;
  bytes[at] = HAS_MISSING | (double ? DOUBLE : 0);
  bytes.fill(0, map, end);
  for (let i = 0; i < length; i++) bytes[map + (i >> 3)]! |= 1 << (i & 7);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === null) continue;
    const place = places[i]!;
    bytes[map + (place >> 3)]! ^= 1 << (place & 7);
    putNumber(view, start + place * width, value, double);
  }
  return end;
}

/** Numbers on their way into memory that is not aligned: typed arrays convert several times as fast as a DataView. */
const CHUNK = 128;
const CHUNKS = [new Float32Array(CHUNK), new Float64Array(CHUNK)].map((numbers) => {
  return { numbers, bytes: new Uint8Array(numbers.buffer) };
});

/** Those that are there, one after the other. Every machine that runs tfjs is little-endian. */
function putNumbers(target: Uint8Array, at: number, values: ArrayLike<number | null>, double: boolean): number {
  const { numbers, bytes } = CHUNKS[double ? 1 : 0]!;
  const width = double ? 8 : 4;
  let held = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === null) continue;
    numbers[held++] = value;
    if (held < CHUNK) continue;
    target.set(bytes, at);
    at += CHUNK * width;
    held = 0;
  }
  target.set(bytes.subarray(0, held * width), at);
  return at + held * width;
}

function putNumber(view: DataView, at: number, value: number, double: boolean): void {
  if (double) view.setFloat64(at, value, true);
  else view.setFloat32(at, value, true);
}

function mapBytes(length: number): number {
  return (length + 7) >> 3;
}

function isSparse(values: Packable): values is SparseValues {
  return 'places' in values;
}

function isComplete(values: ArrayLike<number | null>): boolean {
  return ArrayBuffer.isView(values) || countPresent(values) === values.length;
}

function countPresent(values: ArrayLike<number | null>): number {
  if (ArrayBuffer.isView(values)) return values.length;
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== null) count++;
  return count;
}

function sparseOf(list: ArrayLike<number | null>): SparseValues {
  const places: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const value = list[i]!;
    if (value === null) continue;
    places.push(i);
    values.push(value);
  }
  return { length: list.length, places, values };
}

/** Sparse values as the list that they are of. */
export function spread({ length, places, values }: SparseValues): (number | null)[] {
  const list = new Array<number | null>(length).fill(null);
  for (let i = 0; i < values.length; i++) list[places[i]!] = values[i]!;
  return list;
}

/** Inverse of `packValues`. Throws a RangeError if the bytes do not hold exactly `size` values. */
export function unpackValues(bytes: Uint8Array, size: number): Values {
  const flags = bytes.length > 0 ? bytes[0]! : 0;
  const double = (flags & DOUBLE) !== 0;
  if (flags === SPARSE || flags === (SPARSE | DOUBLE)) return unpackSparse(bytes, size, double);
  if (flags > SPARSE)
    throw new RangeError(`Expected packed values, got unknown flags ${flags}: the record is damaged.`);
  const mapBytes = flags & HAS_MISSING ? (size + 7) >> 3 : 0;
  checkLength(bytes, 1 + mapBytes + size * (double ? 8 : 4), size);
  return { data: numbersAt(bytes, 1 + mapBytes, double), missing: mapBytes > 0 ? unpackBits(bytes, size) : null };
}

function unpackSparse(bytes: Uint8Array, size: number, double: boolean): Values {
  if (bytes.length < SPARSE_HEAD) checkLength(bytes, SPARSE_HEAD, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const present = view.getUint32(1, true);
  if (present > size) throw new RangeError(`Expected at most ${size} values, got ${present}: the record is damaged.`);
  const start = SPARSE_HEAD + 4 * present;
  checkLength(bytes, start + present * (double ? 8 : 4), size);
  const values = numbersAt(bytes, start, double);
  const data = double ? new Float64Array(size) : new Float32Array(size);
  const missing = new Uint8Array(size).fill(1);
  for (let i = 0, next = 0; i < present; i++) {
    const at = view.getUint32(SPARSE_HEAD + 4 * i, true);
    // Ascending, so that none comes twice.
    if (at >= size || at < next) {
      throw new RangeError(`Expected ascending indices below ${size}, got ${at}: the record is damaged.`);
    }
    next = at + 1;
    data[at] = values[i]!;
    missing[at] = 0;
  }
  return { data, missing };
}

function checkLength(bytes: Uint8Array, expected: number, size: number): void {
  if (bytes.length === expected) return;
  throw new RangeError(`Expected ${expected} bytes for ${size} values, got ${bytes.length}: the record is damaged.`);
}

/** Little-endian numbers from `start` to the end. */
function numbersAt(bytes: Uint8Array, start: number, double: boolean): Float32Array | Float64Array {
  // The slice of a Node Buffer would share its memory.
  const { buffer } = Uint8Array.prototype.slice.call(bytes, start);
  return double ? new Float64Array(buffer) : new Float32Array(buffer);
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
