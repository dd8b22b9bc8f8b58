/** How the values of a measurement are packed, on the wire and on disk. Imports nothing and runs anywhere. */

/** Unpacked values: `data` holds 0 where `missing` (if any) holds 1. */
export interface Values {
  readonly data: Float32Array | Float64Array;
  readonly missing: Uint8Array | null;
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
export function packValues(values: ArrayLike<number | null>, double = false): Uint8Array {
  const missing = countMissing(values);
  const start = 1 + (missing > 0 ? (values.length + 7) >> 3 : 0);
  const width = double ? 8 : 4;
  const present = values.length - missing;
  if (missing > 0 && SPARSE_HEAD + present * (4 + width) < start + values.length * width) {
    return packSparse(values, present, double);
  }
  // Typed arrays convert much faster than a DataView (null becomes 0), but need aligned memory: pack beside, then copy.
  // Every machine that runs tfjs is little-endian.
  const data = double ? new Float64Array(values as ArrayLike<number>) : new Float32Array(values as ArrayLike<number>);
  const bytes = new Uint8Array(start + data.byteLength);
  bytes[0] = (double ? DOUBLE : 0) | (missing > 0 ? HAS_MISSING : 0);
  bytes.set(new Uint8Array(data.buffer), start);
  for (let i = 0; missing > 0 && i < values.length; i++) if (values[i] === null) bytes[1 + (i >> 3)]! |= 1 << (i & 7);
  return bytes;
}

function countMissing(values: ArrayLike<number | null>): number {
  if (ArrayBuffer.isView(values)) return 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === null) count++;
  return count;
}

function packSparse(values: ArrayLike<number | null>, present: number, double: boolean): Uint8Array {
  const indices = new Uint32Array(present);
  const data = double ? new Float64Array(present) : new Float32Array(present);
  for (let i = 0, next = 0; next < present; i++) {
    const value = values[i]!;
    if (value === null) continue;
    indices[next] = i;
    data[next++] = value;
  }
  const bytes = new Uint8Array(SPARSE_HEAD + indices.byteLength + data.byteLength);
  bytes[0] = SPARSE | (double ? DOUBLE : 0);
  bytes.set(new Uint8Array(Uint32Array.of(present).buffer), 1);
  bytes.set(new Uint8Array(indices.buffer), SPARSE_HEAD);
  bytes.set(new Uint8Array(data.buffer), SPARSE_HEAD + indices.byteLength);
  return bytes;
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
