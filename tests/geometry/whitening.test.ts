import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankCut, spanOf } from '../../src/geometry/basis.ts';
import { rowProducts } from '../../src/geometry/products.ts';
import { symmetricEigen } from '../../src/geometry/symmetric-eigen.ts';
import { whiteningOf } from '../../src/geometry/whitening.ts';
import { simdProducts } from '../../src/wasm/simd-products.ts';
import { normals } from './clouds.ts';

/** A B^T, by the definition. */
const times = (a: Float64Array, b: Float64Array, columns: number) =>
  rowProducts(a, a.length / columns, b, b.length / columns, columns);

/** D x D: sum x x^T. */
function momentsOf(rows: Float64Array, columns: number): Float64Array {
  const moments = new Float64Array(columns * columns);
  for (let at = 0; at < rows.length; at += columns) {
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++) moments[i * columns + j]! += rows[at + i]! * rows[at + j]!;
  }
  return moments;
}

/** (sum x x^T)^+ by eigenvectors, of the largest eigenvalues. */
function pseudoInverse(rows: Float64Array, columns: number, rank: number): Float64Array {
  const { values, vectors } = symmetricEigen(momentsOf(rows, columns), columns);
  const inverse = new Float64Array(columns * columns);
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) {
        inverse[i * columns + j]! += (vectors[k * columns + i]! * vectors[k * columns + j]!) / values[k]!;
      }
    }
  }
  return inverse;
}

function expectNear(got: Float64Array, expected: Float64Array, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${i}`).toBeLessThanOrEqual(tolerance * size);
  });
}

const shapes = fc.record({
  seed: fc.nat(1e6),
  count: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 12 }),
  /** Of which the rest are sums. */
  rank: fc.integer({ min: 1, max: 12 }),
});

/** `count` rows of rank `rank` at most. */
function rowsOf({ seed, count, columns, rank }: { seed: number; count: number; columns: number; rank: number }) {
  const parts = Float64Array.from(normals(seed, rank * columns));
  const mix = Float64Array.from(normals(seed + 1, count * rank));
  const rows = new Float64Array(count * columns);
  for (let r = 0; r < count; r++) {
    for (let k = 0; k < rank; k++)
      for (let j = 0; j < columns; j++) rows[r * columns + j]! += mix[r * rank + k]! * parts[k * columns + j]!;
  }
  return { rows, rank: Math.min(count, columns, rank) };
}

describe('spanOf', () => {
  test('directions are at right angles, of length 1, as many as the rank, and hold all of every row', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { rows, rank } = rowsOf(shape);
        const { columns } = shape;
        const basis = spanOf(rows, shape.count, columns, { most: Math.min(shape.count, columns) });
        expect(basis.size).toBe(rank);
        const angles = times(basis.rows, basis.rows, columns);
        angles.forEach((value, i) => {
          expect(value).toBeCloseTo(i % (rank + 1) === 0 ? 1 : 0, 9);
        });
        const seen = times(rows, basis.rows, columns);
        const back = new Float64Array(rows.length);
        for (let r = 0; r < shape.count; r++) {
          for (let k = 0; k < rank; k++) {
            for (let j = 0; j < columns; j++)
              back[r * columns + j]! += seen[r * rank + k]! * basis.rows[k * columns + j]!;
          }
        }
        expectNear(back, rows, 1e-6);
      }),
    );
  });

  test('rows that nearly lie in a plane: the third direction is as straight as the others', () => {
    for (const height of [1e-2, 1e-4, 1e-6]) {
      const rows = Float64Array.from([1, 0, 0, 0.6, 0.8, 0, 0.3, 0.2, height, 0.1, 0.9, 0]);
      const { size, rows: directions } = spanOf(rows, 4, 3, { most: 3 });
      expect(size).toBe(3);
      times(directions, directions, 3).forEach((value, i) => {
        expect(value).toBeCloseTo(i % 4 === 0 ? 1 : 0, 11);
      });
    }
    expect(spanOf(Float64Array.from([1, 0, 0.3, 1e-9]), 2, 2, { most: 2 }).size).toBe(1);
    expect(spanOf(new Float64Array(6), 3, 2, { most: 2 }).size).toBe(0);
  });

  test('no more than asked for, and nothing up to the floor', () => {
    const rows = Float64Array.from([3, 0, 0, 0, 2, 0, 0, 0, 1]);
    expect([...spanOf(rows, 3, 3, { most: 2 }).rows]).toEqual([1, 0, 0, 0, 1, 0]);
    expect(spanOf(rows, 3, 3, { most: 3, floor: 1 }).size).toBe(2);
    expect(spanOf(rows, 3, 3, { most: 3, floor: 0.99 }).size).toBe(3);
  });

  test('in SIMD they are off by float32', () => {
    const rows = Float64Array.from(normals(4, 40 * 100));
    const { size, rows: directions } = spanOf(rows, 40, 100, { most: 39, products: simdProducts()! });
    expect(size).toBe(39);
    times(directions, directions, 100).forEach((value, i) => {
      expect(value).toBeCloseTo(i % 40 === 0 ? 1 : 0, 5);
    });
  });
});

describe('whiteningOf', () => {
  test('its rows make the pseudo-inverse, whether rows span all columns or not', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { rows, rank } = rowsOf(shape);
        const { count, columns } = shape;
        const limits = { most: Math.min(count, columns), floor: 0 };
        const whitening = whiteningOf(rows, count, columns, limits);
        expect(whitening.size).toBe(rank);
        const expected = pseudoInverse(rows, columns, rank);
        expectNear(momentsOf(whitening.rows, columns), expected, 1e-5);
      }),
    );
  });

  test('where all columns are spanned well, it is a lower triangle', () => {
    const rows = Float64Array.from(normals(7, 30 * 8));
    const { rows: triangle } = whiteningOf(rows, 30, 8, { most: 8, floor: 0 });
    for (let i = 0; i < 8; i++) for (let j = i + 1; j < 8; j++) expect(triangle[i * 8 + j]).toBe(0);
    expectNear(momentsOf(triangle, 8), pseudoInverse(rows, 8, 8), 1e-12);
  });

  test('what lies below the rank cut is left out, and what lies below the floor', () => {
    const rows = Float64Array.from([1, 0, 0, 1e-9, 0.5, 0]);
    expect(rankCut(3, 2)).toBeGreaterThan(1e-18);
    expectNear(
      momentsOf(whiteningOf(rows, 3, 2, { most: 2, floor: 0 }).rows, 2),
      Float64Array.from([0.8, 0, 0, 0]),
      1e-8,
    );
    const floor = { most: 2, floor: 0.1 };
    expectNear(
      momentsOf(whiteningOf(Float64Array.from([1, 0, 0, 0.3]), 2, 2, floor).rows, 2),
      Float64Array.of(1, 0, 0, 0),
      0,
    );
    expect(whiteningOf(new Float64Array(4), 2, 2, { most: 2, floor: 0 }).size).toBe(0);
  });
});
