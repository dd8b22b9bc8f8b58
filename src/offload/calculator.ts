import { wasmInterface } from '../wasm/backend.ts';
import { instantiate, type Simd } from '../wasm/simd-module.ts';
import type { Product, Slot } from './slots.ts';

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE = 1 << 16;
/** Arrays start on lines of the processor's cache; address 0 is left alone: the code takes it for none. */
const LINE = 64;

/** Computes class products with the SIMD code in memory of its own: bit for bit as the training thread would. */
export class Calculator {
  private readonly memory: Memory;
  private readonly simd: Simd;

  /** Throws where wasm SIMD is missing. */
  constructor() {
    this.memory = new (wasmInterface.Memory as unknown as new (size: { initial: number }) => Memory)({ initial: 1 });
    this.simd = instantiate(this.memory);
  }

  /** Leaves the results of all products in the slot. */
  compute(slot: Slot): void {
    for (const product of slot.products) this.product(product, slot);
  }

  private product({ x, d, din, dout, gram, squares, factor }: Product, { rowOf, rows }: Slot): void {
    const sums = [gram, squares, ...(factor === null ? [] : [factor.gram, factor.squares])];
    const [xAt, dAt, rowOfAt, ...rest] = places([x, d, rowOf, ...sums]) as [number, number, number, ...number[]];
    this.reserve(rest.at(-1)!);
    const { buffer } = this.memory;
    const here = sums.map(({ length }, i) => new Float64Array(buffer, rest[i]!, length).fill(0));
    new Float32Array(buffer, xAt, x.length).set(x);
    new Float32Array(buffer, dAt, d.length).set(d);
    new Int32Array(buffer, rowOfAt, rowOf.length).set(rowOf);
    const to = [...here.map(({ byteOffset }) => byteOffset), ...(factor === null ? [0, 0] : [])];
    this.simd.classGhost!(xAt, dAt, rowOf.length, din, dout, rowOfAt, rows, ...to);
    sums.forEach((sum, i) => {
      sum.set(here[i]!);
    });
  }

  private reserve(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
  }
}

/** Where arrays stand one after the other, and where the last one ends. */
function places(arrays: readonly { readonly byteLength: number }[]): number[] {
  let next = LINE;
  const starts = arrays.map(({ byteLength }) => {
    const at = next;
    next += Math.ceil(byteLength / LINE) * LINE;
    return at;
  });
  return [...starts, next];
}
