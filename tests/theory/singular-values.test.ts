import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orthogonalize } from '../../src/theory/singular-values.ts';

const matrix = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.array(
    fc.integer({ min: -900, max: 900 }).map((value) => value / 100),
    { minLength: size * size, maxLength: size * size },
  ),
);

const identity = (size: number) => Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));

/** <column i of a, column j of b>. */
function along(a: Float64Array, i: number, b: Float64Array, j: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += a[i * size + k]! * b[j * size + k]!;
  return sum;
}

test('the turned columns are orthogonal, V is a rotation, and both together give the matrix back', () => {
  fc.assert(
    fc.property(matrix, (values) => {
      const size = Math.round(Math.sqrt(values.length));
      const given = Float64Array.from(values);
      const columns = given.slice();
      const v = identity(size);
      const lengths = orthogonalize(columns, v, size);
      const scale = Math.hypot(...given) || 1;
      for (let i = 0; i < size; i++) {
        expect(Math.sqrt(along(columns, i, columns, i, size))).toBeCloseTo(lengths[i]!, 10);
        for (let j = 0; j < size; j++) {
          expect(along(v, i, v, j, size)).toBeCloseTo(i === j ? 1 : 0, 12);
          if (i !== j) expect(Math.abs(along(columns, i, columns, j, size))).toBeLessThan(1e-10 * scale * scale);
          let back = 0;
          for (let k = 0; k < size; k++) back += columns[k * size + i]! * v[k * size + j]!;
          expect(back).toBeCloseTo(given[j * size + i]!, 11);
        }
      }
    }),
  );
});

test.each<[string, number[], number[]]>([
  ['a diagonal', [3, 0, 0, 0, 1, 0, 0, 0, 2], [1, 2, 3]],
  ['two equal columns', [1, 1, 1, 1], [0, 2]],
  ['one number', [-5], [5]],
  ['nothing', [0, 0, 0, 0], [0, 0]],
  // (1, 1 + 1e-8) twice over, all but parallel: their squares would say that the smaller one is 0.
  ['columns that differ by 1e-8', [1, 1, 1, 1 + 1e-8], [5e-9, 2]],
  ['numbers far apart', [1e-9, 0, 0, 1], [1e-9, 1]],
])('of %s', (_, values, expected) => {
  const size = Math.sqrt(values.length);
  const lengths = [...orthogonalize(Float64Array.from(values), null, size)].sort((a, b) => a - b);
  lengths.forEach((length, i) => {
    expect(Math.abs(length - expected[i]!)).toBeLessThanOrEqual(1e-6 * expected[i]! + 1e-16);
  });
});
