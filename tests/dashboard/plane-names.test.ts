import { expect, test } from 'vitest';
import { type Name, placeNames } from '../../dashboard/charts/plane-names.ts';

/** Ten pixels a character, on a canvas 600 wide. */
const ROOM = { height: 12, left: 0, right: 600, widthOf: (text: string) => 10 * text.length };

const name = (label: string, x: number, y: number, alpha = 1): Name => ({
  label,
  color: `#${label}`,
  alpha,
  at: [x, y],
  direction: [1, 0],
});
const texts = (...names: readonly Name[]) => placeNames(names, ROOM).map(({ text }) => text);

test('names that stand apart are each in the colour of its class, outside of it', () => {
  const placed = placeNames([name('a', 100, 100), name('b', 100, 120)], ROOM);
  expect(placed).toEqual([
    { text: 'a', color: '#a', alpha: 1, x: 114, y: 100 },
    { text: 'b', color: '#b', alpha: 1, x: 114, y: 120 },
  ]);
});

test('classes in one bundle share a name, in no colour of theirs', () => {
  const bundle = ['5', '6', '7', '8', '9'].map((label, i) => name(label, 100 + i, 100 + i));
  const placed = placeNames([name('0', 300, 300), ...bundle], ROOM);
  expect(placed.map(({ text, color }) => [text, color])).toEqual([
    ['0', '#0'],
    ['5, 6, 7, 8, 9', null],
  ]);
});

test('a joint name takes in what it would cover, and stays on the canvas, above what it would cover', () => {
  expect(texts(name('far', 135, 100), name('a', 100, 100), name('b', 102, 100))).toEqual(['far, a, b']);
  const [placed] = placeNames([name('one', 590, 100), name('two', 591, 100)], ROOM);
  expect(placed).toMatchObject({ text: 'one, two', x: 560, y: 85 });
});

test('of many it holds the first, and counts the others', () => {
  const many = Array.from({ length: 9 }, (_, i) => name(`class ${i}`, 100, 100));
  expect(texts(...many)).toEqual(['class 0, class 1 +7']);
});

test('what stands back behind the class in focus is not named where it would cover it', () => {
  expect(texts(name('focus', 100, 100), name('behind', 101, 100, 0.2))).toEqual(['focus']);
});
