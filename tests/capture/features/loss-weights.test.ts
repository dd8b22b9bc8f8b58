import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LossWeights } from '../../../src/capture/features/loss-weights.ts';
import { generator } from '../../support/generator.ts';

/** Sums of cross-entropies by class of a batch; some classes are absent. */
function batch(classes: number, random: () => number): Float64Array {
  return Float64Array.from({ length: classes }, () => (random() < 0.3 ? 0 : random()));
}

/** float32, like a loss that is read. */
const loss = (sums: Float64Array, weights: readonly number[]) =>
  Math.fround(sums.reduce((sum, value, c) => sum + value * weights[c]!, 0));

test('weights up to 200 times as large as others are found a few batches after there are as many as classes', () => {
  const weight = fc.double({ min: 0.1, max: 20, noNaN: true });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 2, maxLength: 12 }), fc.integer(), (weights, seed) => {
      const random = generator(seed);
      const found = new LossWeights(weights.length);
      for (let i = 0; i < 3 * weights.length + 20; i++) {
        const sums = batch(weights.length, random);
        if (i < weights.length) expect(found.known).toBeNull();
        found.add(sums, loss(sums, weights));
      }
      weights.forEach((expected, c) => {
        expect(found.known![c]! / expected).toBeCloseTo(1, 2);
      });
    }),
  );
});

test('nothing is found where a loss is no such sum, though it is near one', () => {
  const random = generator(1);
  const found = new LossWeights(4);
  for (let i = 0; i < 300; i++) {
    const sums = batch(4, random);
    found.add(sums, loss(sums, [1, 2, 3, 4]) * (1 + 1e-2 * (random() - 0.5)));
    expect(found.known).toBeNull();
  }
});

test('nothing is found while a class has not been seen, or where a weight is none', () => {
  for (const weights of [
    [1, 2, 3],
    [1, -2, 3],
  ]) {
    const random = generator(2);
    const found = new LossWeights(3);
    for (let i = 0; i < 50; i++) {
      const sums = batch(3, random);
      if (weights[1]! > 0) sums[1] = 0;
      found.add(sums, loss(sums, weights));
    }
    expect(found.known).toBeNull();
  }
});

test('weights that were right and no longer are, are let go and found anew', () => {
  const random = generator(3);
  const found = new LossWeights(3);
  const feed = (count: number, weights: readonly number[]) => {
    for (let i = 0; i < count; i++) {
      const sums = batch(3, random);
      found.add(sums, loss(sums, weights));
    }
  };
  feed(30, [1, 2, 3]);
  expect(found.known![2]).toBeCloseTo(3, 4);
  feed(5, [1, 2, 6]);
  expect(found.known).toBeNull();
  feed(30, [1, 2, 6]);
  expect(found.known![2]).toBeCloseTo(6, 4);
});

test('a batch that is no number tells nothing', () => {
  const random = generator(4);
  const found = new LossWeights(2);
  for (let i = 0; i < 20; i++) {
    const sums = batch(2, random);
    found.add(sums, loss(sums, [1, 2]));
    found.add(Float64Array.of(Number.NaN, 1), 1);
    found.add(sums, Number.NaN);
  }
  expect(found.known![1]).toBeCloseTo(2, 5);
});
