import { describe, expect, test } from 'vitest';
import { colorOf, colorScale, contrast, inkOn, luminance, parseColor, type Rgb } from '../../dashboard/color-scale.ts';
import { classStyle, MAX_LINES, PALETTES, withAlpha } from '../../dashboard/palette.ts';

/** How colours look without one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1), on linear RGB. */
const BLINDNESS = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;

type Triple = readonly [number, number, number];

function linear(color: Rgb): Triple {
  return color.map((byte) =>
    byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
  ) as unknown as Triple;
}

function seenBy(matrix: readonly number[], [r, g, b]: Triple): Triple {
  return [0, 3, 6].map((at) =>
    Math.min(1, Math.max(0, matrix[at]! * r + matrix[at + 1]! * g + matrix[at + 2]! * b)),
  ) as unknown as Triple;
}

function oklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Distance in OKLab, times 100: about 2 is just noticeable. */
function distance(a: Triple, b: Triple): number {
  const [p, q] = [oklab(a), oklab(b)];
  return 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

describe.each(['light', 'dark'] as const)('the %s palette', (theme) => {
  const palette = PALETTES[theme];
  const styles = Array.from({ length: MAX_LINES }, (_, i) => classStyle(palette, i));
  const pairs = styles.flatMap((a, i) => styles.slice(0, i).map((b) => ({ a, b })));

  test('every line, bar and text has enough contrast to the surface', () => {
    const surface = parseColor(palette.surface);
    for (const color of [...palette.classes, ...palette.series, palette.reference]) {
      expect(contrast(parseColor(color), surface), color).toBeGreaterThanOrEqual(3);
    }
    for (const color of [palette.text, palette.muted, palette.alarm]) {
      expect(contrast(parseColor(color), surface), color).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('no two classes look the same', () => {
    for (const { a, b } of pairs) {
      expect(
        distance(linear(parseColor(a.color)), linear(parseColor(b.color))),
        `${a.color} ${b.color}`,
      ).toBeGreaterThan(10);
    }
  });

  test.each(Object.entries(BLINDNESS))('classes of the same dash are told apart with %s', (_, matrix) => {
    for (const { a, b } of pairs.filter(({ a, b }) => a.dash.join() === b.dash.join())) {
      const [p, q] = [a, b].map(({ color }) => seenBy(matrix, linear(parseColor(color))));
      expect(distance(p!, q!), `${a.color} ${b.color}`).toBeGreaterThan(8);
    }
  });

  test('the colour scales rise or fall evenly in lightness', () => {
    const light = palette.sequential.map((color) => luminance(parseColor(color)));
    expect(light).toEqual([...light].sort((x, y) => (theme === 'light' ? y - x : x - y)));
    const middle = luminance(parseColor(palette.diverging[3]!));
    for (const end of [palette.diverging[0]!, palette.diverging.at(-1)!]) {
      expect(contrast(parseColor(end), parseColor(palette.diverging[3]!))).toBeGreaterThan(4.5);
      expect(Math.sign(luminance(parseColor(end)) - middle)).toBe(theme === 'light' ? -1 : 1);
    }
  });
});

test('a thirteenth class repeats a colour with another dash', () => {
  const [first, later] = [classStyle(PALETTES.light, 0), classStyle(PALETTES.light, 12)];
  expect(later.color).toBe(first.color);
  expect(later.dash).not.toEqual(first.dash);
});

test('an opacity is added as a byte', () => {
  expect(withAlpha('#102030', 0.5)).toBe('#10203080');
  expect(withAlpha('#102030', 1)).toBe('#102030');
});

describe('a colour scale', () => {
  const colors = PALETTES.light;

  test('with values on both sides of 0 has its middle there, however far the ends are', () => {
    const scale = colorScale(-0.2, 1, colors);
    expect([scale.low, scale.high]).toEqual([-1, 1]);
    expect(colorOf(scale, 0)).toEqual(parseColor(colors.diverging[3]!));
  });

  test('without negative values goes from pale to strong, and ends there', () => {
    const scale = colorScale(0, 2, colors);
    expect(colorOf(scale, 0)).toEqual(parseColor(colors.sequential[0]!));
    expect(colorOf(scale, 2)).toEqual(parseColor(colors.sequential.at(-1)!));
    expect(colorOf(scale, 99)).toEqual(colorOf(scale, 2));
  });

  test('over a single value is still one', () => {
    expect(colorOf(colorScale(0, 0, colors), 0)).toEqual(parseColor(colors.sequential[0]!));
  });

  test('numbers on it can be read everywhere', () => {
    for (const { sequential, diverging } of Object.values(PALETTES)) {
      for (const [low, high] of [
        [0, 1],
        [-1, 1],
      ] as const) {
        const scale = colorScale(low, high, { sequential, diverging });
        for (let value = low; value <= high; value += 0.01) {
          const color = colorOf(scale, value);
          expect(contrast(parseColor(inkOn(color)), color)).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });
});
