import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullName, listValues, packValues, sizeOf, unpackValues } from '../src/record.ts';

test('values survive packing: float32 by default, missing apart from 0, NaN and both infinities', () => {
  const values = [0, -1.5, null, Number.NaN, Infinity, -Infinity, 1 / 3, null];
  expect(listValues(packValues(values), 8)).toEqual(values.map((v) => (v === null ? null : Math.fround(v))));
});

test('counts survive exactly when packed as float64', () => {
  const values = [2 ** 40 + 1, null, 3];
  expect(listValues(packValues(values, true), 3)).toEqual(values);
  expect(listValues(packValues(values), 3)).not.toEqual(values);
});

test('any list survives', () => {
  const value = fc.oneof(fc.double(), fc.constant(null));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.boolean(), (values, double) => {
      const expected = values.map((v) => (v === null ? null : double ? v : Math.fround(v)));
      expect(listValues(packValues(values, double), values.length)).toEqual(expected);
    }),
  );
});

test('typed arrays pack like lists', () => {
  expect(packValues(Float64Array.of(1, 2.5, 3))).toEqual(packValues([1, 2.5, 3]));
});

test('packed values may lie anywhere in a larger buffer', () => {
  const packed = packValues([1, null, 3]);
  const shifted = new Uint8Array(packed.length + 3);
  shifted.set(packed, 3);
  expect(listValues(shifted.subarray(3), 3)).toEqual([1, null, 3]);
});

test('damaged values are refused with a sentence', () => {
  expect(() => unpackValues(packValues([1, 2]), 3)).toThrow(
    /^Expected 13 bytes for 3 values, got 9: the record is damaged\.$/,
  );
  expect(() => unpackValues(new Uint8Array(0), 1)).toThrow(RangeError);
});

test('a shape without axes holds one value, and a full name joins stream and metric', () => {
  expect([sizeOf([]), sizeOf([3]), sizeOf([3, 4])]).toEqual([1, 3, 12]);
  expect(fullName({ stream: 'train', metric: 'loss' })).toBe('train/loss');
});
