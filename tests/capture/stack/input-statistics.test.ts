import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inputStatistics } from '../../../src/capture/stack/input-statistics.ts';
import { generator } from '../../support/generator.ts';

/** The definition: all pairs, one by one. */
function slow(examples: readonly (readonly number[])[], features: number): { q: number; c: number } {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, j) => sum + value * b[j]!, 0) / features;
  let [products, pairs, squares] = [0, 0, 0];
  for (let i = 0; i < examples.length; i++) {
    squares += dot(examples[i]!, examples[i]!);
    for (let j = 0; j < examples.length; j++) {
      if (i === j) continue;
      products += dot(examples[i]!, examples[j]!);
      pairs++;
    }
  }
  const q = squares / examples.length;
  return { q, c: Math.max(0, products / pairs / q) };
}

const values = fc.double({ min: -10, max: 10, noNaN: true, noDefaultInfinity: true }).map((x) => x + 1 / 64);

test('q and c are those of the double loop over pairs', () => {
  const examples = fc
    .integer({ min: 1, max: 6 })
    .chain((d) => fc.array(fc.array(values, { minLength: d, maxLength: d }), { minLength: 2, maxLength: 9 }));
  fc.assert(
    fc.property(examples, (rows) => {
      const features = rows[0]!.length;
      fc.pre(rows.flat().some((value) => Math.abs(value) > 1e-3));
      const fast = inputStatistics(rows.flat(), features);
      const { q, c } = slow(rows, features);
      expect(fast.q).toBeCloseTo(q, 9);
      expect(fast.c).toBeCloseTo(c, 9);
    }),
  );
});

test('equal examples have c = 1, opposite ones 0', () => {
  expect(inputStatistics(Float32Array.of(3, 4, 3, 4), 2)).toEqual({ q: 12.5, c: 1, directions: null });
  expect(inputStatistics([1, 2, -1, -2], 2)).toEqual({ q: 2.5, c: 0, directions: expect.closeTo(1, 12) });
});

test.each([
  [[1, 2, 3], 2, 'inputs has length 3: expected a whole number of examples of 2 features, at least two.'],
  [[1, 2], 2, 'inputs has length 2'],
  [[], 2, 'inputs has length 0'],
  [[1, 2], 0, 'features is 0: expected a whole number of at least 1.'],
  [[0, 0], 1, 'inputs are all 0'],
  [[1, Number.NaN], 1, 'inputs[1] is NaN: expected a finite number.'],
  [[1e200, 1], 1, 'inputs are too large to be squared'],
])('%j with %d features: %s', (inputs, features, message) => {
  expect(() => inputStatistics(inputs, features)).toThrow(message);
});

test('directions are those of the covariance: as many as features that vary alike, fewer where some vary more', () => {
  const random = generator(5);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const of = (sizes: readonly number[], offset = 0) => {
    const inputs = Array.from({ length: 1000 }, () => sizes.map((size) => offset + size * normal())).flat();
    return inputStatistics(inputs, sizes.length).directions!;
  };
  const alike = Array<number>(30).fill(1);
  expect(of(alike) / 30).toBeCloseTo(1, 1);
  expect(of(alike, 5) / 30).toBeCloseTo(1, 1);
  // (100 + 30)^2 / (100^2 + 30).
  expect(of([10, ...alike]) / 1.685).toBeCloseTo(1, 0);
});
