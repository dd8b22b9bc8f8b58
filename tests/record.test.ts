import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullName, listValues, packValues, sizeOf, spread, unpackValues } from '../src/record.ts';

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

describe('where most values are missing', () => {
  const rarely = (share: number) => fc.integer({ min: 0, max: 99 }).map((n) => n < share * 100);
  const value = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity));
  const pattern = fc
    .constantFrom(0, 0.02, 0.1, 0.4, 0.6, 1)
    .chain((share) => fc.array(fc.tuple(rarely(share), value), { maxLength: 300 }))
    .map((cells) => cells.map(([isPresent, of]) => (isPresent ? of : null)));

  test('any pattern survives, and takes the shorter form', () => {
    fc.assert(
      fc.property(pattern, fc.boolean(), (values, double) => {
        const packed = packValues(values, double);
        const expected = values.map((v) => (v === null || double ? v : Math.fround(v)));
        expect(listValues(packed, values.length)).toEqual(expected);
        const width = double ? 8 : 4;
        const present = values.filter((v) => v !== null).length;
        const bitmap = present < values.length ? Math.ceil(values.length / 8) : 0;
        const dense = 1 + bitmap + width * values.length;
        const sparse = present < values.length ? 5 + (4 + width) * present : Infinity;
        expect(packed.length).toBe(Math.min(dense, sparse));
        const { data, missing } = unpackValues(packed, values.length);
        expect(data).toBeInstanceOf(double ? Float64Array : Float32Array);
        values.forEach((v, i) => {
          expect([missing?.[i] ?? 0, v === null && data[i]]).toEqual(v === null ? [1, 0] : [0, false]);
        });
      }),
    );
  });

  test('what is there of a list packs like the list, missing values among it or not', () => {
    fc.assert(
      fc.property(pattern, fc.boolean(), fc.boolean(), (values, double, withNulls) => {
        const places = values.flatMap((v, i) => (v !== null || (withNulls && i % 2 === 0) ? [i] : []));
        const some = { length: values.length, places, values: places.map((i) => values[i]!) };
        expect(packValues(some, double)).toEqual(packValues(values, double));
        expect(spread(some)).toEqual(values);
      }),
    );
  });

  test('a matrix of 1,000 classes takes what its three present ones need', () => {
    const values = new Array<number | null>(1_000_000).fill(null);
    const at = [7, 500, 999].flatMap((a) => [7, 500, 999].map((b) => a * 1000 + b));
    for (const i of at) values[i] = i;
    const packed = packValues(values);
    expect(packed.length).toBe(5 + 9 * 8);
    const { data, missing } = unpackValues(packed, 1_000_000);
    expect(at.map((i) => data[i])).toEqual(at);
    expect(missing!.reduce((sum, bit) => sum + bit, 0)).toBe(1_000_000 - 9);
  });

  test('packed values may be a part of a Buffer, and share nothing with it', () => {
    const packed = packValues([null, null, null, null, 5, null, null, null]);
    const buffer = Buffer.concat([Buffer.of(9, 9, 9), packed]).subarray(3);
    const { data } = unpackValues(buffer, 8);
    buffer.fill(0);
    expect(data[4]).toBe(5);
  });

  const packed = packValues([...new Array<null>(30).fill(null), 1, 2]);
  const with32 = (at: number, number: number) => {
    const bytes = packed.slice();
    new DataView(bytes.buffer).setUint32(at, number, true);
    return bytes;
  };
  test.each<[string, Uint8Array, number, RegExp]>([
    ['no length', Uint8Array.of(4), 32, /^Expected 5 bytes for 32 values, got 1: the record is damaged\.$/],
    ['a byte less', packed.slice(0, -1), 32, /^Expected 21 bytes for 32 values, got 20: /],
    ['a byte more', Uint8Array.of(...packed, 0), 32, /^Expected 21 bytes for 32 values, got 22: /],
    ['more values than it has room for', with32(1, 3), 32, /^Expected 29 bytes for 32 values, got 21: /],
    ['more values than elements', with32(1, 4_000_000_000), 32, /^Expected at most 32 values, got 4000000000: /],
    ['an index beyond the last', packed, 31, /^Expected ascending indices below 31, got 31: /],
    ['an index twice', with32(9, 30), 32, /^Expected ascending indices below 32, got 30: /],
    ['indices that go down', with32(5, 31), 32, /^Expected ascending indices below 32, got 31: /],
    ['a bitmap as well', Uint8Array.of(6, ...packed.slice(1)), 32, /^Expected packed values, got unknown flags 6: /],
    ['unknown flags', Uint8Array.of(8, 0, 0, 0, 0), 1, /^Expected packed values, got unknown flags 8: /],
  ])('%s is refused with a sentence', (_, bytes, size, sentence) => {
    expect(() => unpackValues(bytes, size)).toThrow(RangeError);
    expect(() => unpackValues(bytes, size)).toThrow(sentence);
  });
});

test.each<[string, (number | null)[], boolean, string]>([
  ['all there', [1, -2.5, 0.1], false, '000000803f000020c0cdcccc3d'],
  ['a bitmap', [1, null, 2 ** 53, NaN], true, '0302000000000000f03f00000000000000000000000000004043000000000000f87f'],
  [
    'the present ones',
    [...new Array<null>(70).fill(null), 7, null, -0],
    false,
    '040200000046000000480000000000e04000000080',
  ],
])('on the wire and on disk: %s', (_, values, double, bytes) => {
  expect(Buffer.from(packValues(values, double)).toString('hex')).toBe(bytes);
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
