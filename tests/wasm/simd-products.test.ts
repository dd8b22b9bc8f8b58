import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addExamples, plainProducts } from '../../src/geometry/products.ts';
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

const features = (examples: number, columns: number, seed: number) =>
  Float32Array.from(rowsOf(examples, columns, seed), (value) => 100 + 10 * value);

test('products of rows less an origin are those of plain code, to the rounding of float32 of what is left', () => {
  fc.assert(
    fc.property(count, count, length, fc.integer(), (m, n, k, seed) => {
      const [a, b] = [features(m, k, seed), Float32Array.from(rowsOf(n, k, seed + 1))];
      const origin = Float32Array.from({ length: k }, (_, j) => 100 + Math.sin(j));
      const moved = Float64Array.from(a, (value, i) => value - origin[i % k]!);
      const wanted = plainProducts.rowProducts(moved, m, Float64Array.from(b), n, k);
      expect(error(simd.movedProducts(a, m, origin, b, n), wanted, k)).toBeLessThan(3e-5);
    }),
  );
  const [a, b] = [features(3000, 2000, 1), Float32Array.from(rowsOf(2, 2000, 2))];
  const whole = simd.movedProducts(a, 3000, a.slice(0, 2000), b, 2);
  // In parts, each with rows of its own.
  expect([...whole.subarray(0, 2)]).toEqual([0, 0]);
  const last = simd.movedProducts(a.slice(-2000), 1, a.slice(0, 2000), b, 2);
  expect(Math.abs(whole.at(-1)! - last[1]!)).toBeLessThan(1e-3);
});

test('sums of examples by class are those of plain code, to the rounding of float64', () => {
  const labels = fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(labels, length, fc.integer(), (given, columns, seed) => {
      const x = features(given.length, columns, seed);
      const made = () => ({
        references: rowsOf(8, columns, seed + 1),
        sums: rowsOf(8, columns, seed + 2),
        squares: rowsOf(8, 1, seed + 3),
      });
      const [got, wanted] = [made(), made()];
      // Labels 8 and 9 are no class.
      simd.addExamples(x, given, columns, got);
      addExamples(x, given, columns, wanted);
      expect(got.references).toEqual(wanted.references);
      for (const part of ['sums', 'squares'] as const) {
        got[part].forEach((value, i) => {
          expect(Math.abs(value - wanted[part][i]!)).toBeLessThan(1e-12 * Math.max(1, Math.abs(wanted[part][i]!)));
        });
      }
    }),
  );
});

test('a value that is not finite is found wherever it stands', () => {
  for (const size of [1, 7, 8, 9, 33]) {
    const values = features(1, size, size);
    expect(simd.areFinite(values)).toBe(true);
    for (let at = 0; at < size; at++) {
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        expect(simd.areFinite(values.map((value, i) => (i === at ? wrong : value)))).toBe(false);
      }
    }
  }
  const long = new Float32Array(5_000_000);
  expect(simd.areFinite(long)).toBe(true);
  long[4_999_999] = Number.NaN;
  expect(simd.areFinite(long)).toBe(false);
});
