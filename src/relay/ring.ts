/**
 * The way from the training thread to the relay worker: a ring of bytes in shared memory, one writer, one reader. The
 * writer copies and moves on; it wakes nobody (waking a thread is a system call, and costs more than the copy), so the
 * reader looks in every few milliseconds. Each frame is its length (u32) and its bytes.
 */

/** Smallest ring: a second of 1,000 steps with 100 classes. */
const MIN_BYTES = 4 * 2 ** 20;
/** Largest ring: matrices of more classes than fit are dropped, and counted. */
const MAX_BYTES = 256 * 2 ** 20;

/** Capacity (a power of two) for a number of classes: room for four matrices of float32 at a time. */
export function ringBytes(classes: number): number {
  const wanted = Math.max(MIN_BYTES, 16 * classes * classes);
  return Math.min(MAX_BYTES, 2 ** Math.ceil(Math.log2(wanted)));
}

/** Where the training thread and the worker stand; the first words of `state`. */
const WRITTEN = 0;
const READ = 1;
const SHOULD_STOP = 2;
const DRAINED = 3;

/** Shared memory of one run: travels to the worker as it is. */
export interface Ring {
  /** Bytes written, bytes read (both modulo 2^32), whether to stop, whether everything is put away. */
  readonly state: Int32Array;
  readonly bytes: Uint8Array;
}

export function shareRing(size: number): Ring {
  return {
    state: new Int32Array(new SharedArrayBuffer(16)),
    bytes: new Uint8Array(new SharedArrayBuffer(size)),
  };
}

/** Touches every page, on the reader's thread: the writer would pay for each page that it is first to write. */
export function warmRing({ bytes }: Ring): void {
  bytes.fill(0);
}

/** Copies a frame. False if there is no room: nothing was written. */
export function writeFrame({ state, bytes }: Ring, frame: Uint8Array): boolean {
  const written = state[WRITTEN]!;
  const used = (written - Atomics.load(state, READ)) >>> 0;
  if (used + frame.length + 4 > bytes.length) return false;
  const at = put(bytes, putLength(bytes, written >>> 0, frame.length), frame);
  Atomics.store(state, WRITTEN, at | 0);
  return true;
}

/** Takes every frame that is there, oldest first. */
export function* readFrames({ state, bytes }: Ring): Generator<Uint8Array> {
  let read = state[READ]! >>> 0;
  while (read !== Atomics.load(state, WRITTEN) >>> 0) {
    const head = take(bytes, read, 4);
    const length = new DataView(head.buffer).getUint32(0, true);
    const frame = take(bytes, (read + 4) >>> 0, length);
    read = (read + 4 + length) >>> 0;
    Atomics.store(state, READ, read | 0);
    yield frame;
  }
}

/** Set by the worker once a rule of `stopOn` has fired. */
export const shouldStop = {
  get: ({ state }: Ring): boolean => Atomics.load(state, SHOULD_STOP) === 1,
  set: ({ state }: Ring): void => void Atomics.store(state, SHOULD_STOP, 1),
};

/** Set by the worker at the end of the process, when everything is put away. */
export const drained = {
  /** Blocks this thread, at most `timeoutMs`. */
  wait: ({ state }: Ring, timeoutMs: number): void => void Atomics.wait(state, DRAINED, 0, timeoutMs),
  set({ state }: Ring): void {
    Atomics.store(state, DRAINED, 1);
    Atomics.notify(state, DRAINED);
  },
};

const lengthBytes = new Uint8Array(4);
const lengthView = new DataView(lengthBytes.buffer);

function putLength(bytes: Uint8Array, at: number, length: number): number {
  lengthView.setUint32(0, length, true);
  return put(bytes, at, lengthBytes);
}

/** Copies `part` to position `at` (modulo 2^32), around the end if need be; returns the position behind it. */
function put(bytes: Uint8Array, at: number, part: Uint8Array): number {
  const start = at & (bytes.length - 1);
  const room = bytes.length - start;
  if (part.length <= room) bytes.set(part, start);
  else {
    bytes.set(part.subarray(0, room), start);
    bytes.set(part.subarray(room), 0);
  }
  return (at + part.length) >>> 0;
}

function take(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const start = at & (bytes.length - 1);
  const out = new Uint8Array(length);
  const room = Math.min(length, bytes.length - start);
  out.set(bytes.subarray(start, start + room));
  out.set(bytes.subarray(0, length - room), room);
  return out;
}
