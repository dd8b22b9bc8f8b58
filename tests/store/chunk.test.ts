import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeChunk, encodeChunk, fitsChunk, packColumn, unpackColumn } from '../../src/store/chunk.ts';
import { measurement } from './records.ts';

test('a column of any numbers comes back as it was, to the last bit', () => {
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(-0, NaN, Infinity, 2 ** 50, 2 ** 53),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 50 }), (values) => {
      expect(unpackColumn(packColumn(values), values.length)).toEqual(values);
    }),
  );
});

test('a column of consecutive numbers takes one byte each', () => {
  const values = Array.from({ length: 256 }, (_, i) => 1_700_000_000_000 + 40 * i);
  expect(packColumn(values).length).toBeLessThan(256 + 10);
});

test('a damaged chunk is refused, wherever it was cut', () => {
  const bytes = encodeChunk(Array.from({ length: 5 }, (_, i) => measurement('run-a', i + 1, i, 'm', [2], [i, null])));
  expect(decodeChunk(bytes, 'run-a')).toHaveLength(5);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeChunk(bytes.subarray(0, length), 'run-a'), `cut at ${length}`).toThrow(RangeError);
  }
});

test('measurements of another metric, stream or shape do not share a chunk', () => {
  const first = measurement('run-a', 1, 0, 'm', [2], [1, 2]);
  expect(fitsChunk(first, measurement('run-a', 2, 1, 'm', [2], [3, null]))).toBe(true);
  expect(fitsChunk(first, measurement('run-a', 2, 1, 'n', [2], [3, 4]))).toBe(false);
  expect(fitsChunk(first, measurement('run-a', 2, 1, 'm', [1, 2], [3, 4]))).toBe(false);
  expect(fitsChunk(first, { ...first, stream: 'probe' })).toBe(false);
});
