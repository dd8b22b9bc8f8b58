import type { Simd } from './simd-module.ts';

/** The memory that SIMD code works in. Addresses are in bytes; views and addresses are good until the next room is taken. */
export interface Workplace {
  readonly simd: Simd;
  /** Address of room under a name, kept for the next one who asks for it; what it held is lost where it grows. Not cleared. */
  room(name: string, bytes: number): number;
  ints(address: number, length: number): Int32Array;
  floats(address: number, length: number): Float32Array;
  doubles(address: number, length: number): Float64Array;
}
