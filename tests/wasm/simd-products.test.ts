import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainProducts } from '../../src/geometry/products.ts';
import { SimdProducts, simdProducts } from '../../src/wasm/simd-products.ts';
import { generator } from '../support/generator.ts';

const simd = simdProducts()!;

function rowsOf(count: number, length: number, seed: number): Float64Array {
  const random = generator(seed);
  return Float64Array.from({ length: count * length }, () => random() - 0.5);
}

/** Largest difference, in units of the length of a row times that of another. */
function error(got: Float64Array, wanted: Float64Array, length: number): number {
  return got.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0) / (length / 12);
}

const count = fc.integer({ min: 1, max: 70 });
const length = fc.integer({ min: 1, max: 300 });

test('products of rows are those of plain code, to the rounding of float32, for any shape', () => {
  fc.assert(
    fc.property(count, count, length, fc.integer(), (m, n, k, seed) => {
      const [a, b] = [rowsOf(m, k, seed), rowsOf(n, k, seed + 1)];
      const wanted = plainProducts.rowProducts(a, m, b, n, k);
      expect(error(simd.rowProducts(a, m, b, n, k), wanted, k)).toBeLessThan(3e-6);
    }),
  );
});

test('the upper triangle of products is added to what is there', () => {
  fc.assert(
    fc.property(count, length, fc.integer(), (m, k, seed) => {
      const rows = rowsOf(m, k, seed);
      const [got, wanted] = [new Float64Array(m * m).fill(7), new Float64Array(m * m).fill(7)];
      simd.addProducts(rows, m, k, got);
      plainProducts.addProducts(rows, m, k, wanted);
      const upper = (values: Float64Array) => values.filter((_, i) => i % m >= Math.floor(i / m));
      expect(error(upper(got), upper(wanted), k)).toBeLessThan(3e-6);
    }),
  );
});

test('rows too long for the room are multiplied in parts', () => {
  const [m, n, k] = [3, 5, 1_500_000];
  const [a, b] = [rowsOf(m, k, 1), rowsOf(n, k, 2)];
  const own = new SimdProducts();
  const wanted = plainProducts.rowProducts(a, m, b, n, k);
  expect(error(own.rowProducts(a, m, b, n, k), wanted, k)).toBeLessThan(3e-6);
  const { memory } = own as unknown as { memory: { buffer: ArrayBuffer } };
  expect(memory.buffer.byteLength).toBeLessThan(20 * 2 ** 20);
});
