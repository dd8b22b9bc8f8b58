import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BadInput } from '../../examples/data/bad-input.ts';
import { readDirectory } from '../../examples/data/directory.ts';
import { cifarBytes, idxBytes, temporaryFolder, writeIdxPair } from './files.ts';

test.each([
  ['gzipped', true],
  ['not gzipped', false],
])('MNIST names, %s, give a train and a test set', (_, zipped) => {
  const folder = temporaryFolder();
  writeIdxPair(folder, 'train-', [0, 1, 2], zipped);
  writeIdxPair(folder, 't10k-', [2, 1], zipped);
  writeFileSync(join(folder, 'README.txt'), 'not data');
  const found = readDirectory(folder);
  expect([...found.train!.labels]).toEqual([0, 1, 2]);
  expect([...found.test!.labels]).toEqual([2, 1]);
  expect(found.classNames).toEqual(['0', '1', '2']);
});

test('a single pair is found by what is in it, whatever it is called', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.bin'), gzipSync(idxBytes([2, 1, 1], [5, 6])));
  writeFileSync(join(folder, 'b.bin'), idxBytes([2], [1, 0]));
  const found = readDirectory(folder);
  expect(found.train).toBeNull();
  expect([...found.test!.labels]).toEqual([1, 0]);
});

test('a file that lies there both packed and unpacked counts once', () => {
  const folder = temporaryFolder();
  writeIdxPair(folder, 't10k-', [0, 1], true);
  writeIdxPair(folder, 't10k-', [0, 1], false);
  expect(readDirectory(folder).test!.labels.length).toBe(2);
});

test('CIFAR-10 batches are found, gzipped or not, in the order of their numbers', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'data_batch_2.bin'), cifarBytes([2]));
  writeFileSync(join(folder, 'data_batch_1.bin.gz'), gzipSync(cifarBytes([1])));
  writeFileSync(join(folder, 'test_batch.bin'), cifarBytes([7]));
  const found = readDirectory(folder);
  expect([...found.train!.labels]).toEqual([1, 2]);
  expect([...found.test!.labels]).toEqual([7]);
  expect(found.classNames[7]).toBe('horse');
});

test('a folder that is not there, one without data and one with half a pair each get a sentence', () => {
  const folder = temporaryFolder();
  expect(() => readDirectory(join(folder, 'no'))).toThrow(
    /expected a folder with data files, got .*no \(ENOENT\); check the path/,
  );
  expect(() => readDirectory(folder)).toThrow(/expected IDX files .* or CIFAR-10 .*, got none in .*; give the folder/);
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), idxBytes([1, 1, 1], [1]));
  expect(() => readDirectory(folder)).toThrow(
    /expected one file of images and one of labels for the test set .*got 1 and 0 \(t10k-images-idx3-ubyte\); keep one pair/,
  );
});

test('a file with the name of an IDX file and the content of another kind is named, not overlooked', () => {
  const folder = temporaryFolder();
  writeIdxPair(folder, 't10k-', [0, 1]);
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), 'GIF89a');
  expect(() => readDirectory(folder)).toThrow(/^t10k-images-idx3-ubyte: expected the magic number .*got 47494638/);
});

test('a gzip file that is cut off is named in one sentence', () => {
  const folder = temporaryFolder();
  writeIdxPair(folder, 't10k-', [0, 1], true);
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(idxBytes([2], [0, 1])).subarray(0, 20));
  expect(() => readDirectory(folder)).toThrow(
    /^t10k-labels-idx1-ubyte.gz: expected a whole gzip file, got ".*"; it is cut off or damaged, get it again/,
  );
  expect(() => readDirectory(folder)).toThrow(BadInput);
});

test('folders inside the folder are left alone', () => {
  const folder = temporaryFolder();
  writeIdxPair(folder, 't10k-', [0, 1]);
  mkdirSync(join(folder, 'train-images-idx3-ubyte'));
  expect(readDirectory(folder).train).toBeNull();
});
