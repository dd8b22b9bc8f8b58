import { setFlagsFromString } from 'node:v8';
import { describe, expect, test, vi } from 'vitest';
import { FUSED_BINARY } from '../../src/wasm/simd-binary.ts';
import { instantiate } from '../../src/wasm/simd-module.ts';

// Node 20 has relaxed SIMD behind this flag; later ones neither need nor know it.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');

const [EXAMPLES, DIN, DOUT, ROWS] = [21, 61, 35, 3];
const CLASS_OF = Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 5) % ROWS);
const wave = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase));

/** The class Gram of a dense layer as `simd` computes it. */
function ghost(): { gram: Float64Array; squares: Float64Array } {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const { buffer } = memory;
  const [x, d] = [wave(EXAMPLES * DIN, 1), wave(EXAMPLES * DOUT, 2)];
  const [xAt, dAt, rowOf, gram, squares] = [64, 32_768, 65_536, 66_048, 67_072];
  new Float32Array(buffer, xAt, x.length).set(x);
  new Float32Array(buffer, dAt, d.length).set(d);
  new Int32Array(buffer, rowOf, EXAMPLES).set(CLASS_OF);
  instantiate(memory).classGhost!(xAt, dAt, EXAMPLES, DIN, DOUT, rowOf, ROWS, gram, squares, 0, 0);
  return { gram: new Float64Array(buffer, gram, ROWS ** 2), squares: new Float64Array(buffer, squares, EXAMPLES) };
}

/** The same, pair by pair in float64. */
function slowly(): Float64Array {
  const [x, d] = [wave(EXAMPLES * DIN, 1), wave(EXAMPLES * DOUT, 2)];
  const dot = (of: Float32Array, n: number, i: number, j: number) =>
    Array.from({ length: n }, (_, k) => of[i * n + k]! * of[j * n + k]!).reduce((a, b) => a + b, 0);
  const gram = new Float64Array(ROWS ** 2);
  for (let i = 0; i < EXAMPLES; i++) {
    for (let j = 0; j < EXAMPLES; j++) {
      gram[CLASS_OF[i]! * ROWS + CLASS_OF[j]!]! += dot(x, DIN, i, j) * dot(d, DOUT, i, j);
    }
  }
  return gram;
}

/** Runs as an engine without relaxed SIMD does. */
function without<T>(work: () => T): T {
  const { Module } = WebAssembly;
  const refusing = vi.spyOn(WebAssembly, 'Module').mockImplementation(function (this: unknown, bytes: BufferSource) {
    if (bytes.byteLength === atob(FUSED_BINARY).length) throw new WebAssembly.CompileError('invalid opcode');
    return new Module(bytes);
  } as never);
  try {
    return work();
  } finally {
    refusing.mockRestore();
  }
}

describe('the SIMD code', () => {
  test.each([
    ['with', ghost],
    ['without', () => without(ghost)],
  ])('%s fused multiply-add gives the class Gram to float32 rounding', (_, run) => {
    const expected = slowly();
    const largest = Math.max(...expected);
    run().gram.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6 * largest);
    });
  });

  test('takes fused multiply-add where the engine has it: roundings differ', () => {
    expect([...ghost().squares]).not.toEqual([...without(ghost).squares]);
  });

  test('has it in what measures only: the kernels that train round as those of tfjs', () => {
    const module = new WebAssembly.Module(Uint8Array.from(atob(FUSED_BINARY), (c) => c.charCodeAt(0)));
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.filter((name) => name !== 'memory').toSorted()).toEqual([
      'classGhost',
      'classProductGram',
      'classProducts',
      'exampleProduct',
      'foldGram',
    ]);
  });
});
