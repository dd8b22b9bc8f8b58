import { wasmInterface } from './backend.ts';
import { FUSED_BINARY, SIMD_BINARY } from './simd-binary.ts';

/** The functions of simd/index.ts. All arguments are numbers: addresses in bytes, sizes in values unless said there. */
export interface Simd {
  readonly [name: string]: (...args: number[]) => void;
  readonly allFinite: (from: number, length: number) => number;
  readonly squareSum: (from: number, length: number) => number;
  readonly dotProduct: (a: number, b: number, length: number) => number;
}

/**
 * Our SIMD code, working in a memory. What measures uses fused multiply-add where the engine has it (relaxed SIMD: Node 22,
 * browsers of 2024): 1.1 to 1.4 times as fast, and its last digits may differ from one machine to the next. Throws where wasm SIMD is missing.
 */
export function instantiate(memory: object): Simd {
  const plain = exportsOf(compiled(SIMD_BINARY), memory);
  const fused = fusedModule();
  return fused === null ? plain : { ...plain, ...exportsOf(fused, memory) };
}

/** Null where the engine refuses it. */
function fusedModule(): object | null {
  try {
    return compiled(FUSED_BINARY);
  } catch {
    return null;
  }
}

function compiled(binary: string): object {
  return new wasmInterface.Module(Uint8Array.from(atob(binary), (c) => c.charCodeAt(0)));
}

function exportsOf(module: object, memory: object): Simd {
  return new wasmInterface.Instance(module, { env: { memory } }).exports as unknown as Simd;
}
