import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spread } from '../../src/record.ts';
import {
  cosinesWith,
  directionalNoise,
  gramCosines,
  gramNorms,
  largest,
  meanSquares,
  spreadColumns,
  spreadPairs,
} from '../../src/stats/gram.ts';
import { addUp, classGradientsOf, dot, type ExampleGradient } from '../support/class-gradients.ts';

const WIDTH = 4;
const step = fc.array(
  fc.record({
    label: fc.integer({ min: -1, max: 4 }),
    gradient: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: WIDTH, maxLength: WIDTH }),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Sum of the gradients of one class. */
const sumOf = (examples: readonly ExampleGradient[], c: number) =>
  addUp(
    examples.filter(({ label }) => label === c).map(({ gradient }) => gradient),
    WIDTH,
  );

function slowCosine(a: readonly number[], b: readonly number[]): number | null {
  const [na, nb] = [Math.hypot(...a), Math.hypot(...b)];
  return na === 0 || nb === 0 ? null : dot(a, b) / (na * nb);
}

function expectClose(got: number | null, expected: number | null): void {
  if (expected === null) expect(got).toBeNull();
  else expect(got).toBeCloseTo(expected, 9);
}

describe('norms and cosines', () => {
  test('are those of the summed vectors, and never leave [-1, 1]', () => {
    fc.assert(
      fc.property(step, (examples) => {
        const { gram, along, total, present } = classGradientsOf(examples);
        const norms = gramNorms(gram, present.length);
        const sums = [...present].map((c) => sumOf(examples, c));
        const whole = addUp(
          examples.map(({ gradient }) => gradient),
          WIDTH,
        );
        const cosines = gramCosines(gram, norms);
        const alignment = cosinesWith(along, norms, Math.sqrt(total));
        sums.forEach((a, i) => {
          expect(norms[i]).toBeCloseTo(Math.hypot(...a), 9);
          expectClose(alignment[i]!, slowCosine(a, whole));
          for (const [j, b] of sums.entries()) expectClose(cosines[i * sums.length + j]!, slowCosine(a, b));
        });
        for (const c of [...cosines, ...alignment]) expect(Math.abs(c ?? 0)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each<[string, number[], number[], (number | null)[]]>([
    ['two opposed classes', [4, -2, -2, 1], [2, 1], [1, -1, -1, 1]],
    ['two orthogonal classes', [4, 0, 0, 9], [2, 3], [1, 0, 0, 1]],
    ['one class', [25], [5], [1]],
    ['a gradient of zero', [0, 0, 0, 4], [0, 2], [null, null, null, 1]],
    ['a gradient of NaN', [NaN, NaN, NaN, 4], [NaN, 2], [NaN, NaN, NaN, 1]],
    ['an infinite gradient', [Infinity, NaN, NaN, 4], [Infinity, 2], [NaN, NaN, NaN, 1]],
    ['rounding beyond the bounds', [1, 1.0000001, 1.0000001, 1], [1, 1], [1, 1, 1, 1]],
    ['a diagonal that rounding left below zero', [-1e-20, 0, 0, 1], [0, 1], [null, null, null, 1]],
    ['norms whose product underflows', [1e-200, -1e-200, -1e-200, 1e-200], [1e-100, 1e-100], [1, -1, -1, 1]],
  ])('of %s', (_, gram, norms, cosines) => {
    const own = gramNorms(gram, norms.length);
    own.forEach((norm, i) => {
      if (Number.isNaN(norms[i])) expect(norm).toBeNaN();
      else expect(norm === norms[i] ? 1 : norm / norms[i]!).toBeCloseTo(1, 12);
    });
    gramCosines(gram, own).forEach((c, i) => {
      if (Number.isNaN(cosines[i])) expect(c).toBeNaN();
      else expectClose(c, cosines[i]!);
    });
  });

  test('a cosine with a vector of length 0 is missing, with one of NaN it is NaN', () => {
    expect(cosinesWith([0, 0], [1, 2], 0)).toEqual([null, null]);
    expect(cosinesWith([1, 0], [1, 0], NaN)).toEqual([NaN, null]);
  });
});

describe('directional noise', () => {
  test('is 1 - S / (n |mean|^2) with the sample variance S, as counting slowly says', () => {
    fc.assert(
      fc.property(step, (examples) => {
        const { gram, squares, counts, present } = classGradientsOf(examples);
        const norms = gramNorms(gram, present.length);
        const noise = directionalNoise(norms, squares!, counts);
        const signal = meanSquares(norms, counts);
        const labelled = examples.filter(({ label }) => label >= 0).length;
        [...present].forEach((c, i) => {
          const own = examples.filter(({ label }) => label === c).map(({ gradient }) => gradient);
          const n = own.length;
          const mean = sumOf(examples, c).map((value) => value / n);
          const meanSquare = dot(mean, mean);
          const deviations = own.map((g) => g.map((value, k) => value - mean[k]!));
          const variance = deviations.reduce((sum, d) => sum + dot(d, d), 0) / (n - 1);
          expectClose(noise[i]!, n < 2 || meanSquare === 0 ? null : 1 - variance / (n * meanSquare));
          expectClose(signal[i]!, n < 2 ? null : meanSquare * labelled ** 2);
          expect(noise[i] ?? 0).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  test('is 1 where all examples agree, whatever rounding leaves of their variance', () => {
    expect(directionalNoise([Math.sqrt(0.3 * 0.3 * 9)], [0.27 - 1e-17], [3])).toEqual([1]);
  });

  test('is missing below two examples and for a gradient of 0, and NaN for one of NaN', () => {
    expect(directionalNoise([1, 0, NaN], [1, 3, NaN], [1, 2, 2])).toEqual([null, null, NaN]);
    expect(meanSquares([1, 0, NaN], [1, 2, 2])).toEqual([null, 0, NaN]);
  });

  test('estimates the cosine between a batch and the full gradient without bias, when pooled', () => {
    // Two examples of gradient (1, +-2) each: the full gradient is (1, 0), a batch of n is (1, 2m) with E m^2 = 1/n.
    let [above, below] = [0, 0];
    for (let bits = 0; bits < 16; bits++) {
      const own = [0, 1, 2, 3].map((i) => ({ label: 0, gradient: [1, (bits >> i) & 1 ? 2 : -2] }));
      const { gram, squares, counts } = classGradientsOf(own);
      const norms = gramNorms(gram, 1);
      const [signal] = meanSquares(norms, counts);
      above += signal! * directionalNoise(norms, squares!, counts)[0]!;
      below += signal!;
    }
    expect(above / below).toBeCloseTo(1 / (1 + 4 / 4), 12);
  });
});

test('the largest norm is the first of equal ones; there is none among zeros, NaN or nothing', () => {
  expect([largest([1, 3, 3]), largest([0, 0]), largest([1, NaN]), largest([])]).toEqual([1, null, null, null]);
});

describe('spreading over the classes', () => {
  test('leaves absent classes missing and takes NaN as a value', () => {
    expect(spread(spreadColumns([1, null, NaN, 4], [1, 3], 4))).toEqual([null, 1, null, null, null, NaN, null, 4]);
    expect(spread(spreadColumns([1, 2], [1, 3], 4))).toEqual([null, 1, null, 2]);
    expect(spread(spreadPairs([1, 2, 3, 4], [0, 2], 3))).toEqual([1, null, 2, null, null, null, 3, null, 4]);
    expect(spread(spreadColumns([], [], 3))).toEqual([]);
  });

  test('of 1,000 classes holds just the 3 that are present', () => {
    const present = [7, 500, 999];
    const matrix = spreadPairs([1, 2, 3, 4, 5, 6, 7, 8, 9], present, 1000);
    expect(matrix.length).toBe(1_000_000);
    expect(matrix.values).toHaveLength(9);
    const seen = spread(matrix).flatMap((value, i) =>
      value === null ? [] : [[Math.floor(i / 1000), i % 1000, value]],
    );
    expect(seen).toEqual(present.flatMap((a, i) => present.map((b, j) => [a, b, 3 * i + j + 1])));
  });
});
