import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareSlots, slotsOf } from '../../src/offload/slots.ts';

const filled = (length: number, from: number) => Float32Array.from({ length }, (_, i) => from + i);

test('what one side copies into a slot the other side reads there', () => {
  const shared = shareSlots(2, 1 << 16);
  const [, writer] = slotsOf(shared);
  const [, reader] = slotsOf(shared);
  expect(writer!.open(Int32Array.of(0, 1, 0), 2)).toBe(true);
  expect(writer!.add(4, filled(6, 1), filled(9, 10), 2, 3)).not.toBe(null);
  expect(writer!.add(7, filled(3, 20), filled(3, 30), 1, 1)).not.toBe(null);
  expect([reader!.examples, reader!.rows, [...reader!.rowOf]]).toEqual([3, 2, [0, 1, 0]]);
  expect(reader!.products.map(({ piece, din, dout }) => [piece, din, dout])).toEqual([
    [4, 2, 3],
    [7, 1, 1],
  ]);
  const [first, second] = reader!.products;
  expect([[...first!.x], [...first!.d]]).toEqual([[...filled(6, 1)], [...filled(9, 10)]]);
  expect([[...second!.x], [...second!.d]]).toEqual([[...filled(3, 20)], [...filled(3, 30)]]);
  expect([first!.gram.length, first!.squares.length]).toEqual([4, 3]);
  expect([second!.factor.gram.length, second!.factor.squares.length]).toEqual([4, 3]);
});

test('a slot begins anew with every pass', () => {
  const [slot] = slotsOf(shareSlots(1, 1 << 16));
  for (let pass = 0; pass < 3; pass++) {
    slot!.open(Int32Array.of(0, 0), 1);
    slot!.add(pass, filled(2, 0), filled(2, 0), 1, 1);
    expect(slot!.products.map(({ piece }) => piece)).toEqual([pass]);
  }
});

test('a slot has room for so many products', () => {
  const [slot] = slotsOf(shareSlots(1, 1 << 20));
  slot!.open(Int32Array.of(0), 1);
  const one = filled(1, 0);
  const fits = Array.from({ length: 300 }, (_, i) => slot!.add(i, one, one, 1, 1) !== null);
  expect([fits.indexOf(false), slot!.products.length]).toEqual([256, 256]);
});

test('parts of products never overlap, nor reach out of their slot, whatever their shapes', () => {
  const size = fc.integer({ min: 1, max: 40 });
  const shapes = fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(shapes, size, fc.integer({ min: 1, max: 12 }), (products, examples, rows) => {
      const shared = shareSlots(3, 1 << 15);
      const slot = slotsOf(shared)[1]!;
      slot.open(new Int32Array(examples), rows);
      const added = products.filter(([din, dout], piece) => {
        return slot.add(piece, filled(examples * din, 0), filled(examples * dout, 0), din, dout) !== null;
      });
      const parts = slot.products.flatMap(({ gram, squares, factor, x, d }) => {
        return [gram, squares, x, d, factor.gram, factor.squares];
      });
      const spans = [slot.rowOf, ...parts].map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength]);
      spans.sort(([a], [b]) => a! - b!);
      expect(slot.products).toHaveLength(added.length);
      for (let i = 1; i < spans.length; i++) expect(spans[i]![0]).toBeGreaterThanOrEqual(spans[i - 1]![1]!);
      expect(spans[0]![0]).toBeGreaterThan(1 << 15);
      expect(spans.at(-1)![1]).toBeLessThanOrEqual(2 << 15);
    }),
  );
});

test('a product without room leaves the slot as it was', () => {
  const [slot] = slotsOf(shareSlots(1, 1 << 14));
  slot!.open(new Int32Array(8), 2);
  expect(slot!.add(0, filled(80, 1), filled(80, 2), 10, 10)).not.toBe(null);
  expect(slot!.add(1, filled(8000, 3), filled(80, 4), 1000, 10)).toBe(null);
  expect(slot!.add(2, filled(8, 5), filled(8, 6), 1, 1)).not.toBe(null);
  expect(slot!.products.map(({ piece, x }) => [piece, x[0]])).toEqual([
    [0, 1],
    [2, 5],
  ]);
  expect(slot!.open(new Int32Array(1 << 14), 2)).toBe(false);
});
