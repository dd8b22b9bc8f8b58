import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import '../support/properties.ts';
import type { Native } from '../../src/wasm/native.ts';
import { dot, tf, uniform } from './backends.ts';
import * as memory from './memory.ts';
import { startNative } from './memory.ts';

const TOLERANCE = 1e-6;

let native: Native;
beforeAll(async () => {
  native = await startNative();
});
const put = (name: string, values: ArrayLike<number>) => memory.put(native, name, values);

describe('sums over many values', () => {
  const ofTwo = (n: number, seed: number) => [uniform([n], seed).values, uniform([n], seed + 1).values] as const;
  const check = (a: Float32Array, b: Float32Array) => {
    const [left, right] = [put('a', a), put('b', b)];
    const { simd } = native;
    const norm = Math.sqrt(dot(a, a) * dot(b, b));
    expect(Math.abs(simd.squareSum(left.at, a.length) / dot(a, a) - 1)).toBeLessThan(TOLERANCE);
    expect(Math.abs(simd.dotProduct(left.at, right.at, a.length) - dot(a, b)) / norm).toBeLessThan(TOLERANCE);
  };

  test('squareSum and dotProduct are right to 1e-6', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 1 << 20 }), (n, seed) => {
        const [a, b] = ofTwo(n, seed) as readonly [Float32Array, Float32Array];
        check(a, b);
      }),
    );
  });

  test('and for ten million values of one sign', () => {
    const n = 10_000_019;
    const [a, b] = [new Float32Array(n), new Float32Array(n)];
    for (let i = 0; i < n; i++) {
      a[i] = (i * 0.618033988749895) % 1;
      b[i] = 3 + ((i * 0.7548776662466927) % 1);
    }
    check(a, b);
  });

  test('addTo adds value by value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1 << 20 }), (n, seed) => {
        const [a, b] = ofTwo(n, seed);
        const to = put('b', b);
        native.simd.addTo!(put('a', a).at, n, to.at);
        expect([...to.take()]).toEqual(Array.from(a, (value, i) => Math.fround(value + b[i]!)));
      }),
    );
  });
});

describe('Rooms', () => {
  test('keep their place until they are too small, each for itself', () => {
    const [first, other] = [native.room('first', 100), native.room('other', 100)];
    expect(first).not.toBe(other);
    expect(native.room('first', 50)).toBe(first);
    native.floats(other, 25).fill(7);
    native.floats(native.room('first', 1 << 20), 1 << 18).fill(1);
    expect(native.room('other', 100)).toBe(other);
    expect([...native.floats(other, 25)]).toEqual(Array(25).fill(7));
    expect(native.scratch(10)).toBe(native.room('scratch', 10));
  });

  test('come back to the backend: taking and releasing them again and again needs no more memory', () => {
    const { memory } = (tf.backend() as unknown as { wasm: { asm: { memory: { buffer: ArrayBuffer } } } }).wasm.asm;
    const takeAll = () => {
      for (const name of ['first', 'other']) native.room(name, 1 << 26);
      native.release();
      return memory.buffer.byteLength;
    };
    const once = takeAll();
    expect(Array.from({ length: 40 }, takeAll)).toEqual(Array(40).fill(once));
  });

  test('refuse what no kernel needs', () => {
    expect(() => native.room('first', 2 ** 31)).toThrow(/Expected a kernel that needs at most \d+ bytes of room/);
  });

  test('a tensor is known until its data are gone', () => {
    const tensor = tf.tensor([1, 2]);
    expect(native.has(tensor)).toBe(true);
    tensor.dispose();
    expect(native.has(tensor)).toBe(false);
  });
});
