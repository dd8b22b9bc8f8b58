import { expect, test } from 'vitest';
import { CIFAR10_CLASSES, readCifar } from '../../examples/data/cifar.ts';
import { cifarBytes } from './files.ts';

test('batches are read in order, the three planes as one colour per pixel', () => {
  const images = readCifar([
    { name: 'data_batch_1.bin', bytes: cifarBytes([3, 9]) },
    { name: 'data_batch_2.bin', bytes: cifarBytes([0]) },
  ]);
  expect(images.shape).toEqual([32, 32, 3]);
  expect([...images.labels]).toEqual([3, 9, 0]);
  expect(images.pixels.length).toBe(3 * 3072);
  expect([...images.pixels.subarray(3072, 3078)]).toEqual([1, 2, 3, 1, 2, 3]);
});

test('there is a name for each of the ten classes', () => {
  expect(new Set(CIFAR10_CLASSES).size).toBe(10);
});

test('a batch that is cut off is named in one sentence', () => {
  const bytes = cifarBytes([1, 2]).subarray(0, 6000);
  expect(() => readCifar([{ name: 'data_batch_1.bin', bytes }])).toThrow(
    /^data_batch_1.bin: expected a multiple of 3073 bytes \(CIFAR-10 binary\), got 6000; it is cut off .* get it again\.$/,
  );
});

test('a label that CIFAR-10 does not have is named with its place', () => {
  expect(() => readCifar([{ name: 'test_batch.bin', bytes: cifarBytes([1, 10]) }])).toThrow(
    /^test_batch.bin: expected labels from 0 to 9, got 10 at image 1; give the binary version/,
  );
});
