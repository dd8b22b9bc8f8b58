import { wasmInterface } from './backend.ts';
import { instantiate, type Simd } from './simd-module.ts';

const PAGE = 65_536;
/** Bytes above which work is done in several parts, so that no large memory stays behind. */
export const MOST_BYTES = 16 * 2 ** 20;
export const FLOAT = 4;
export const DOUBLE = 8;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Our SIMD code with a memory of its own, whose contents last until the next call. */
export class SimdMemory {
  readonly simd: Simd;
  private readonly memory: Memory;

  /** Throws where wasm SIMD is missing. */
  constructor() {
    const { Memory } = wasmInterface as unknown as { Memory: new (size: { initial: number }) => Memory };
    this.memory = new Memory({ initial: 1 });
    this.simd = instantiate(this.memory);
  }

  /** Another one each time the memory has grown. */
  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /** Addresses of so many bytes each, one after the other on lines of the cache; the memory grows where it is too small. */
  places(sizes: readonly number[]): number[] {
    // Address 0 means "none" to some of the code.
    let end = 64;
    const places = sizes.map((size) => {
      const place = end;
      end += Math.ceil(size / 64) * 64;
      return place;
    });
    const missing = end - this.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return places;
  }
}
