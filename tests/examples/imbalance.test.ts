import { describe, expect, test } from 'vitest';
import { countClasses, type Images, take } from '../../examples/data/images.ts';
import { imbalance, longTail } from '../../examples/data/imbalance.ts';
import { sample, split } from '../../examples/data/split.ts';

/** `counts[c]` images of class c, one pixel each: its position. */
function images(counts: readonly number[]): Images {
  const labels = Uint8Array.from(counts.flatMap((count, c) => Array<number>(count).fill(c)));
  return { labels, pixels: Uint8Array.from(labels, (_, i) => i), shape: [1, 1, 1] };
}

describe('a long tail', () => {
  test('falls by the same factor from class to class, from the first to the last by the ratio', () => {
    expect(longTail([1000, 1000, 1000], 100)).toEqual([1000, 100, 10]);
    expect(longTail(Array<number>(10).fill(5923), 100)).toEqual([5923, 3551, 2129, 1276, 765, 459, 275, 165, 99, 59]);
  });

  test('keeps the ratio where the classes are not equally frequent', () => {
    expect(longTail([900, 1000, 1100], 100)).toEqual([900, 90, 9]);
    expect(longTail([1000, 1000, 5], 100)).toEqual([500, 50, 5]);
  });

  test('leaves at least one example of each class that has any, and invents none', () => {
    expect(longTail([50, 50, 50], 1e6)).toEqual([50, 1, 1]);
    expect(longTail([0, 50, 50], 4)).toEqual([0, 50, 25]);
  });

  test('with ratio 1 leaves the data as they are', () => {
    expect(longTail([3, 20, 7], 1)).toEqual([3, 20, 7]);
  });

  test('is cut the same way again with the same seed, and otherwise with another', () => {
    const all = images([100, 100]);
    const pixels = (seed: number) => [...imbalance(all, 2, 10, seed).pixels];
    expect(pixels(1)).toEqual(pixels(1));
    expect(pixels(1)).not.toEqual(pixels(2));
    expect(countClasses(imbalance(all, 2, 10, 1).labels, 2)).toEqual([100, 10]);
  });
});

describe('a split', () => {
  test('has the same share of each class in both halves, and each image in one of them', () => {
    const { train, test } = split(images([100, 50, 10]), 3, 0.2, 1);
    expect(countClasses(train.labels, 3)).toEqual([80, 40, 8]);
    expect(countClasses(test.labels, 3)).toEqual([20, 10, 2]);
    expect([...train.pixels, ...test.pixels].sort((a, b) => a - b)).toEqual([...images([100, 50, 10]).pixels]);
  });

  test('keeps a class with few images in both halves, and a single image to train on', () => {
    const { train, test } = split(images([2, 1, 0]), 3, 0.2, 1);
    expect(countClasses(train.labels, 3)).toEqual([1, 1, 0]);
    expect(countClasses(test.labels, 3)).toEqual([1, 0, 0]);
  });

  test('is the same again with the same seed, and otherwise with another', () => {
    const pixels = (seed: number) => [...split(images([50, 50]), 2, 0.2, seed).test.pixels];
    expect(pixels(1)).toEqual(pixels(1));
    expect(pixels(1)).not.toEqual(pixels(2));
  });
});

test('a sample has at most so many of each class', () => {
  expect(countClasses(sample(images([100, 3]), 2, 5, 1).labels, 2)).toEqual([5, 3]);
});

test('images keep their pixels and labels together when they are taken out', () => {
  const two: Images = { pixels: Uint8Array.of(1, 2, 3, 4), labels: Uint8Array.of(0, 1), shape: [1, 2, 1] };
  expect(take(two, [1, 0])).toEqual({
    pixels: Uint8Array.of(3, 4, 1, 2),
    labels: Uint8Array.of(1, 0),
    shape: [1, 2, 1],
  });
});
