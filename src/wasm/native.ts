import { type Info, type WasmBackend, type WasmMemory, wasmInterface } from './backend.ts';
import { SIMD_BINARY } from './simd-binary.ts';

/** The functions of simd/index.ts. All arguments are numbers: addresses in bytes, sizes in values unless said there. */
export type Simd = { readonly [name: string]: (...args: number[]) => void };

/** A kernel needs this much room at most; a frame of one image beyond it is a mistake or an attack. */
const MAX_SCRATCH_BYTES = 1 << 30;
const PAGE = 4096;

const natives = new WeakMap<object, Native>();

/** Our SIMD code, working inside the memory of one tfjs backend. */
export class Native {
  readonly simd: Simd;
  readonly #backend: WasmBackend;
  readonly #memory: WasmMemory;
  #scratch = { address: 0, bytes: 0 };

  private constructor(backend: WasmBackend) {
    this.#backend = backend;
    this.#memory = backend.wasm.asm.memory;
    const module = new wasmInterface.Module(Uint8Array.from(atob(SIMD_BINARY), (c) => c.charCodeAt(0)));
    this.simd = new wasmInterface.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Simd;
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

  /**
   * Room for one kernel call, kept for the next one. Taken anew only when it is too small, so that steps of the same
   * shapes allocate nothing. Invalidates what an earlier call got.
   */
  scratch(bytes: number): number {
    if (bytes > this.#scratch.bytes) {
      if (bytes > MAX_SCRATCH_BYTES) {
        throw new Error(`Expected a kernel that needs at most ${MAX_SCRATCH_BYTES} bytes of room, got ${bytes}.`);
      }
      this.release();
      const rounded = Math.ceil(bytes / PAGE) * PAGE;
      const address = this.#backend.wasm._malloc(rounded) >>> 0;
      if (address === 0) throw new Error(`The memory of the wasm backend has no room for ${rounded} more bytes.`);
      this.#scratch = { address, bytes: rounded };
    }
    return this.#scratch.address;
  }

  /** Gives the scratch memory back. */
  release(): void {
    if (this.#scratch.bytes > 0) this.#backend.wasm._free(this.#scratch.address);
    this.#scratch = { address: 0, bytes: 0 };
  }

  /** A view of int32 values; any allocation may invalidate it. */
  ints(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length);
  }

  /** A view of float32 values; any allocation may invalidate it. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }

  zero(info: Info): void {
    this.#backend.typedArrayFromHeap(info).fill(0);
  }
}
