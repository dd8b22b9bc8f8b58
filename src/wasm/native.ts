import type { Info, WasmBackend, WasmMemory } from './backend.ts';
import { instantiate, type Simd } from './simd-module.ts';

/** A room is this large at most; a frame of one image beyond it is a mistake or an attack. */
const MAX_ROOM_BYTES = 1 << 30;
const PAGE = 4096;

interface Room {
  readonly address: number;
  readonly bytes: number;
}

const natives = new WeakMap<object, Native>();

/** Our SIMD code, working inside the memory of one tfjs backend. */
export class Native {
  readonly simd: Simd;
  readonly #backend: WasmBackend;
  readonly #memory: WasmMemory;
  readonly #rooms = new Map<string, Room>();

  private constructor(backend: WasmBackend) {
    this.#backend = backend;
    this.#memory = backend.wasm.asm.memory;
    this.simd = instantiate(this.#memory);
  }

  /** The instance of a backend; a backend that was removed and made anew gets a new one. Throws where wasm SIMD is missing. */
  static of(backend: WasmBackend): Native {
    let native = natives.get(backend);
    if (native === undefined) {
      native = new Native(backend);
      natives.set(backend, native);
    }
    return native;
  }

  /** Address of a tensor's values. */
  address({ dataId }: Info): number {
    return this.#backend.dataIdMap.get(dataId).memoryOffset! >>> 0;
  }

  /** Whether the backend holds this tensor's values. */
  has({ dataId }: Info): boolean {
    return this.#backend.dataIdMap.has(dataId);
  }

  /** The room of one kernel call, kept for the next one: invalidates what an earlier call got. */
  scratch(bytes: number): number {
    return this.room('scratch', bytes);
  }

  /**
   * Address of room under a name, kept until `release`. Taken anew only when it is too small, so that steps of the same
   * shapes allocate nothing; what it held is lost then. Not cleared. Throws where the memory has no more room.
   */
  room(name: string, bytes: number): number {
    const held = this.#rooms.get(name);
    if (held !== undefined && bytes <= held.bytes) return held.address;
    if (bytes > MAX_ROOM_BYTES) {
      throw new Error(`Expected a kernel that needs at most ${MAX_ROOM_BYTES} bytes of room, got ${bytes}.`);
    }
    this.#free(name);
    const rounded = Math.max(1, Math.ceil(bytes / PAGE)) * PAGE;
    const address = this.#backend.wasm._malloc(rounded) >>> 0;
    if (address === 0) throw new Error(`The memory of the wasm backend has no room for ${rounded} more bytes.`);
    this.#rooms.set(name, { address, bytes: rounded });
    return address;
  }

  /** Gives all rooms back. */
  release(): void {
    for (const name of [...this.#rooms.keys()]) this.#free(name);
  }

  #free(name: string): void {
    const held = this.#rooms.get(name);
    if (held !== undefined) this.#backend.wasm._free(held.address);
    this.#rooms.delete(name);
  }

  /** A view of int32 values; any allocation may invalidate it. */
  ints(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length);
  }

  /** A view of float32 values; any allocation may invalidate it. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }

  /** A view of float64 values; any allocation may invalidate it. */
  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, address, length);
  }

  zero(info: Info): void {
    this.#backend.typedArrayFromHeap(info).fill(0);
  }
}
