import { wasmInterface } from '../wasm/backend.ts';
import { instantiate, type Simd } from '../wasm/simd-module.ts';
import type { Workplace } from '../wasm/workplace.ts';

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Room {
  readonly address: number;
  readonly bytes: number;
}

const PAGE = 1 << 16;
/** Rooms start on lines of the processor's cache; address 0 is left alone: the code takes it for none. */
const LINE = 64;

/** SIMD code in a memory of its own. A room that grows moves to the end, to twice its size at least, and gives nothing back. */
export class OwnMemory implements Workplace {
  readonly simd: Simd;
  private readonly memory: Memory;
  private readonly rooms = new Map<string, Room>();
  private end = LINE;

  /** Throws where wasm SIMD is missing. */
  constructor() {
    this.memory = new (wasmInterface.Memory as unknown as new (size: { initial: number }) => Memory)({ initial: 1 });
    this.simd = instantiate(this.memory);
  }

  room(name: string, bytes: number): number {
    const held = this.rooms.get(name);
    if (held !== undefined && held.bytes >= bytes) return held.address;
    const address = this.end;
    const taken = Math.max(bytes, 2 * (held?.bytes ?? 0));
    const end = address + Math.ceil(taken / LINE) * LINE;
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.end = end;
    this.rooms.set(name, { address, bytes: taken });
    return address;
  }

  ints(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }
}
