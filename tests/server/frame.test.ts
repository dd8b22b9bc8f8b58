import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame } from '../../src/server/frame.ts';

test('whatever MessagePack can hold comes through', () => {
  const value = fc.anything({
    withBigInt: false,
    withTypedArray: false,
    maxDepth: 6,
    key: fc.string().filter((key) => key !== '__proto__'),
  });
  fc.assert(
    fc.property(value, (some) => {
      fc.pre(encodable(some));
      const bytes = encode(some, { ignoreUndefined: true });
      expect(encode(decodeFrame(bytes))).toEqual(bytes);
    }),
  );
  for (const length of [0, 1, 31, 32, 255, 256, 65_535, 65_536]) {
    const whole = { text: 'x'.repeat(length), bytes: new Uint8Array(length), list: new Array(length).fill(0) };
    expect(encode(decodeFrame(encode(whole)))).toEqual(encode(whole));
  }
});

function encodable(value: unknown): boolean {
  try {
    encode(value, { ignoreUndefined: true });
    return true;
  } catch {
    return false;
  }
}

test('any other bytes are refused with a sentence, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeFrame(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a length that the frame cannot hold is refused before room is made for it', () => {
  const lists = [0xdd, 0x01, 0xff, 0xff, 0xff];
  const hostile = [
    lists,
    [...lists, ...lists, ...lists, ...lists],
    [0xdf, 0xff, 0xff, 0xff, 0xff],
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0xdb, 0xff, 0xff, 0xff, 0xff],
    [0x92, 0x01],
    [0x01, 0x01],
    [],
    new Array(100).fill(0x91),
  ];
  const before = process.memoryUsage().heapTotal;
  for (const bytes of hostile)
    expect(() => decodeFrame(Uint8Array.from(bytes)), String(bytes)).toThrow(/Expected one MessagePack message/);
  expect(process.memoryUsage().heapTotal - before).toBeLessThan(50e6);
});
