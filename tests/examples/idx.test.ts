import { describe, expect, test } from 'vitest';
import { BadInput } from '../../examples/data/bad-input.ts';
import { parseIdx, readIdxPair } from '../../examples/data/idx.ts';
import { idxBytes } from './files.ts';

const images = { name: 'images', bytes: idxBytes([2, 1, 3], [1, 2, 3, 4, 5, 6]) };
const labels = { name: 'labels', bytes: idxBytes([2], [7, 9]) };

test('an IDX pair gives pixels, labels and the shape of an image', () => {
  const read = readIdxPair(images, labels);
  expect([...read.pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...read.labels]).toEqual([7, 9]);
  expect(read.shape).toEqual([1, 3, 1]);
});

test('a fourth dimension is the channels', () => {
  const colour = { name: 'colour', bytes: idxBytes([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]) };
  expect(readIdxPair(colour, { name: 'labels', bytes: idxBytes([1], [0]) }).shape).toEqual([1, 2, 3]);
});

describe('one sentence says what was expected, what came, and what to do, for', () => {
  const cases: [string, Buffer, RegExp][] = [
    [
      'a wrong magic number',
      Buffer.from('89504e470d0a1a0a', 'hex'),
      /expected the magic number 00000803.*got 89504e47; give/,
    ],
    ['an empty file', Buffer.alloc(0), /expected the magic number .*got an empty file; give/],
    [
      'values that are not bytes',
      Buffer.from('00000d0100000000', 'hex'),
      /expected the magic number .*got 00000d01; give/,
    ],
    [
      'a header that ends early',
      idxBytes([2, 1, 3], []).subarray(0, 9),
      /expected an IDX header of 16 bytes, got 9; it is cut off, get it again/,
    ],
    [
      'values that end early',
      images.bytes.subarray(0, 20),
      /expected 22 bytes for 2 x 1 x 3 values, got 20; it is cut off, get it again/,
    ],
    [
      'bytes after the end',
      Buffer.concat([images.bytes, Buffer.of(0)]),
      /expected 22 bytes .*got 23; it is damaged, get it again/,
    ],
  ];
  test.each(cases)('%s', (_, bytes, sentence) => {
    expect(() => parseIdx({ name: 'train-images', bytes })).toThrow(sentence);
    expect(() => parseIdx({ name: 'train-images', bytes })).toThrow(/^train-images: /);
    expect(() => parseIdx({ name: 'train-images', bytes })).toThrow(BadInput);
  });

  test('more labels than images', () => {
    const three = { name: 'labels', bytes: idxBytes([3], [0, 1, 2]) };
    expect(() => readIdxPair(images, three)).toThrow(
      /expected as many images as labels.*got 2 images and 3 labels; give/,
    );
  });

  test('two files of images', () => {
    expect(() => readIdxPair(images, images)).toThrow(
      /expected images with 3 dimensions and labels with 1, got 3 and 3/,
    );
  });
});

test('a header that promises more than any file can hold is refused, not allocated', () => {
  const huge = idxBytes([0xffffffff, 0xffffffff, 0xffffffff], []);
  expect(() => parseIdx({ name: 'huge', bytes: huge })).toThrow(/got 16; it is cut off/);
});
