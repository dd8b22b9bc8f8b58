import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minorityClasses, minorityOf, shownCounts } from '../../src/theory/minority.ts';
import { generator } from '../support/generator.ts';

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

describe('what a run knows of its classes', () => {
  const counted = [500, 400, 40, 30];

  test('a group named minority goes before one named tail before the counts of the data set before those of the batches', () => {
    const groups = { tail: [3], minority: [2, 1], head: [0] };
    const classCounts = [100, 100, 100, 5];
    expect(minorityOf({ groups, classCounts }, counted)).toEqual([1, 2]);
    expect(minorityOf({ groups: { tail: [3], head: [0] }, classCounts }, counted)).toEqual([3]);
    expect(minorityOf({ groups: { rare: [0] }, classCounts }, counted)).toEqual([3]);
    expect(minorityOf({ classCounts }, counted)).toEqual([3]);
    expect(minorityOf({ classCounts: null }, counted)).toEqual([2, 3]);
  });

  test('a balanced data set has none, whatever a few batches held; nor has one of which nothing is known', () => {
    expect(minorityOf({ classCounts: [9, 9, 9, 9] }, counted)).toEqual([]);
    expect(minorityOf({ classCounts: null }, [0, 0, 0, 0])).toEqual([]);
  });

  test('counted batches split nothing until the classes above the gap have 30 examples each: before, it may be chance', () => {
    expect(minorityOf({ classCounts: null }, [29, 40, 3])).toEqual([]);
    expect(minorityOf({ classCounts: null }, [30, 40, 3])).toEqual([2]);
  });

  test('batches drawn from balanced classes hardly ever make one of them a minority', () => {
    const random = generator(4);
    let spurious = 0;
    for (const classes of [2, 3, 10, 100]) {
      for (let run = 0; run < 50; run++) {
        const counts = new Array<number>(classes).fill(0);
        for (let batch = 0; batch < 60; batch++) {
          for (let i = 0; i < 32; i++) counts[Math.floor(random() * classes)]!++;
          if (minorityOf({ classCounts: null }, counts).length > 0) spurious++;
        }
      }
    }
    // Of 12,000.
    expect(spurious).toBeLessThan(12);
  });
});

test('counts are those that training shows once it has shown 30 of every class, before that what was said of them', () => {
  const said = [100, 100, 10];
  expect(shownCounts({ classCounts: said }, [90, 90, 29])).toBe(said);
  expect(shownCounts({ classCounts: said }, [90, 90, 90])).toEqual([90, 90, 90]);
  expect(shownCounts({ classCounts: null }, [90, 90, 29])).toBeNull();
  expect(shownCounts({ classCounts: null }, [90, 90, 30])).toEqual([90, 90, 30]);
  // A class that is said to have none is not waited for.
  expect(shownCounts({ classCounts: [100, 100, 0] }, [90, 90, 0])).toEqual([90, 90, 0]);
});
