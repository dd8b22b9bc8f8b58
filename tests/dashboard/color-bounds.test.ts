import { describe, expect, test } from 'vitest';
import { centredBounds, logBounds, mapBounds, panelColors, shownBounds } from '../../dashboard/color-bounds.ts';
import { colorOf, parseColor } from '../../dashboard/color-scale.ts';
import { PALETTES } from '../../dashboard/palette.ts';

test('the colours of a matrix go from its bounds, or over what it holds', () => {
  expect(shownBounds([0.2, 0.4], [-1, 1])).toEqual([-1, 1]);
  expect(shownBounds([2, null, Number.NaN, 9])).toEqual([0, 9]);
  expect(shownBounds([-3, 2])).toEqual([-3, 2]);
  expect(shownBounds([])).toEqual([0, 1]);
});

test('the colours of a map are spread over values that are far below the bound of the metric', () => {
  expect(mapBounds([0, 0.02], [0, 1])).toEqual([0, 0.02]);
  expect(mapBounds([0, 0.9], [0, 1])).toEqual([0, 1]);
  expect(mapBounds([-0.02, 0.01], [-1, 1])).toEqual([-0.02, 0.02]);
});

describe('colours centred at 0', () => {
  test('reach equally far on both sides: up to the highest size, rounded up to one digit', () => {
    expect(centredBounds([-0.59, 0.12, null, Number.NaN], [-1, 1])).toEqual([-0.6, 0.6]);
    expect(centredBounds([0.2, 0.1], [-1, 1])).toEqual([-0.2, 0.2]);
    expect(centredBounds([37])).toEqual([-40, 40]);
    expect(centredBounds([Math.fround(-0.8)])).toEqual([-0.8, 0.8]);
  });

  test('end at the bounds of the panel', () => {
    expect(centredBounds([3], [-1, 1])).toEqual([-1, 1]);
    expect(centredBounds([0.3], [-0.5, null])).toEqual([-0.3, 0.3]);
  });

  test('have ends also where there is nothing, or only 0', () => {
    expect(centredBounds([null], [-1, 1])).toEqual([-1, 1]);
    expect(centredBounds([0])).toEqual([-1, 1]);
  });
});

describe('logarithmic colours', () => {
  const palette = PALETTES.light;
  const ends = [parseColor(palette.sequential[0]!), parseColor(palette.sequential.at(-1)!)];

  test('go from the lowest to the highest positive value, within the bounds of the panel', () => {
    expect(logBounds([0, -1, null, 0.01, 10, Infinity])).toEqual([0.01, 10]);
    expect(logBounds([0.01, 10], [0.1, 1])).toEqual([0.1, 1]);
    expect(logBounds([0.01, 10], [0, null])).toEqual([0.01, 10]);
    expect(logBounds([])).toEqual([1, 1]);
  });

  test('span eight decades at most', () => {
    expect(logBounds([1e-30, 1])[0]).toBeCloseTo(1e-8, 20);
  });

  test('give equal factors equal distances; what is 0 or less takes the low end', () => {
    const scale = panelColors([1e-4, 1], { scale: 'log' }, palette, shownBounds);
    expect(colorOf(scale, 1)).toEqual(ends[1]);
    expect([1e-4, 0, -5].map((value) => colorOf(scale, value))).toEqual([ends[0], ends[0], ends[0]]);
    // Four decades over five colours: one colour each.
    expect(colorOf(scale, 1e-2)).toEqual(parseColor(palette.sequential[2]!));
  });

  test('are defined where all values are the same, and not asked for by a linear panel', () => {
    const scale = panelColors([3, 3], { scale: 'log' }, palette, shownBounds);
    expect(colorOf(scale, 3)).toEqual(ends[0]);
    expect(panelColors([3], {}, palette, shownBounds).isLog).toBeUndefined();
  });
});
