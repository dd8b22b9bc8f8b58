import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { symmetricEigen } from '../../src/geometry/symmetric-eigen.ts';

/** Lower triangle given row by row, mirrored. */
function symmetric(size: number, value: (row: number, column: number) => number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) matrix[i * size + j] = matrix[j * size + i] = value(i, j);
  }
  return matrix;
}

/** Largest fault of A v = x v, of orthonormality, and of the order, in units of the largest value. */
function fault(matrix: Float64Array, size: number): number {
  const { values, vectors } = symmetricEigen(matrix, size);
  const scale = Math.max(...matrix.map(Math.abs)) || 1;
  let worst = 0;
  for (let a = 0; a < size; a++) {
    if (a > 0) expect(values[a]).toBeLessThanOrEqual(values[a - 1]!);
    for (let b = 0; b < size; b++) {
      let [image, product] = [0, 0];
      for (let j = 0; j < size; j++) {
        image += matrix[b * size + j]! * vectors[a * size + j]!;
        product += vectors[a * size + j]! * vectors[b * size + j]!;
      }
      worst = Math.max(worst, Math.abs(image - values[a]! * vectors[a * size + b]!) / scale);
      worst = Math.max(worst, Math.abs(product - (a === b ? 1 : 0)));
    }
  }
  return worst;
}

/** Numbers of all magnitudes, zeros among them; not so small that the result itself could not be written with all digits. */
const double = fc.double({ min: -1, max: 1, noNaN: true }).map((x) => (Math.abs(x) < 1e-290 ? 0 : x));
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), double, fc.constant(1e-9));
const matrices = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.tuple(fc.constant(size), fc.array(value, { minLength: size ** 2, maxLength: size ** 2 })));

describe('symmetricEigen', () => {
  test('vectors are orthonormal and the matrix only stretches them', () => {
    fc.assert(
      fc.property(matrices, ([size, values]) => {
        const matrix = symmetric(size, (i, j) => values[i * size + j]!);
        expect(fault(matrix, size)).toBeLessThan(1e-13 * size);
      }),
    );
  });

  test('values of a matrix whose values are known', () => {
    // Second differences: 2 - 2 cos(pi k / (n + 1)).
    const size = 40;
    const { values } = symmetricEigen(
      symmetric(size, (i, j) => (i === j ? 2 : i - j === 1 ? -1 : 0)),
      size,
    );
    values.forEach((got, i) => {
      expect(got).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (size - i)) / (size + 1)), 13);
    });
  });

  test('only the lower triangle is read', () => {
    const { values } = symmetricEigen([2, 99, 1, 2], 2);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
  });

  test('equal values: any frame of their space, but a frame', () => {
    const size = 30;
    expect(
      fault(
        symmetric(size, (i, j) => (i === j ? 1 : 0) - 1 / size),
        size,
      ),
    ).toBeLessThan(1e-13);
    const blocks = symmetric(size, (i, j) => (Math.floor(i / 5) === Math.floor(j / 5) ? 1 : 0));
    expect(fault(blocks, size)).toBeLessThan(1e-13);
  });

  test('values of very different size, huge and tiny ones', () => {
    const size = 25;
    const graded = symmetric(size, (i, j) => 10 ** (-(i + j) / 2) * Math.cos(i * j + i + j));
    expect(fault(graded, size)).toBeLessThan(1e-13);
    for (const scale of [1e-200, 1e20, 1e200]) {
      expect(
        fault(
          graded.map((x) => x * scale),
          size,
        ),
      ).toBeLessThan(1e-13);
    }
  });

  test('of nothing but zeros and of one value', () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect(fault(new Float64Array(9), 3)).toBe(0);
    expect(symmetricEigen([-7], 1)).toEqual({ values: new Float64Array([-7]), vectors: new Float64Array([1]) });
  });

  test('a few hundred rows', () => {
    const size = 200;
    expect(
      fault(
        symmetric(size, (i, j) => Math.sin(i * 12.9898 + j * 78.233)),
        size,
      ),
    ).toBeLessThan(1e-12);
  });

  test('says what is wrong with a matrix', () => {
    expect(() => symmetricEigen([1, 2, 3], 2)).toThrow(
      new RangeError('Expected 4 values in matrix for size 2, got 3.'),
    );
    expect(() => symmetricEigen([1, 0, Number.NaN, 1], 2)).toThrow(
      new RangeError('Expected finite numbers in matrix, got NaN in row 1, column 0.'),
    );
    expect(() => symmetricEigen([], 0)).toThrow(RangeError);
  });
});
