import fc from 'fast-check';
import { expect, test } from 'vitest';
import { minorityClasses } from '../../src/theory/minority.ts';

test.each<[string, number[], number[]]>([
  ['two groups', [100, 5, 100, 5], [1, 3]],
  ['balance', [100, 100, 100], []],
  ['less than twofold', [100, 51, 100], []],
  ['exactly twofold', [100, 50, 100], [1]],
  ['one large gap in graded counts', [1000, 700, 490, 60, 42], [3, 4]],
  ['equal gaps: the first from above', [1, 10, 100], [0, 1]],
  ['a class without examples, which is neither', [100, 0, 100, 9], [3]],
  ['nothing but a class without examples', [100, 0, 100], []],
  ['one class with examples', [0, 7], []],
  ['one class', [7], []],
  ['no examples at all', [0, 0], []],
])('in %s', (_, counts, expected) => {
  expect(minorityClasses(counts)).toEqual(expected);
});

test('every minority class has fewer examples than every other, by the largest ratio that there is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 12 }), (counts) => {
      const minority = minorityClasses(counts);
      const sorted = [...counts].sort((a, b) => b - a);
      const largest = Math.max(...sorted.slice(1).map((count, i) => sorted[i]! / count));
      if (largest < 2) {
        expect(minority).toEqual([]);
        return;
      }
      const few = Math.max(...minority.map((c) => counts[c]!));
      const many = Math.min(...counts.filter((_, c) => !minority.includes(c)));
      expect(many / few).toBe(largest);
    }),
  );
});

test('given classes are taken as they are, in order', () => {
  expect(minorityClasses([5, 5, 5], [2, 0])).toEqual([0, 2]);
  expect(minorityClasses([500, 5], [])).toEqual([]);
});

test.each<[number[], number[] | undefined, RegExp]>([
  [[5, -1], undefined, /^counts\[1\] is -1: expected/],
  [[5, 1], [2], /^minority\[0\] is 2: expected the index of a class, 0 to 1\.$/],
  [[5, 1], [0.5], /^minority\[0\] is 0\.5: expected/],
  [[5, 1], [1, 1], /^minority\[1\] is 1: expected every class once\.$/],
])('refuses %j, %j', (counts, given, message) => {
  expect(() => minorityClasses(counts, given)).toThrow(RangeError);
  expect(() => minorityClasses(counts, given)).toThrow(message);
});
