import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guessingBias } from '../../src/theory/guessing-bias.ts';
import { normalCdf } from '../../src/theory/normal.ts';
import { generator } from '../support/generator.ts';
import { expectRelative, normals } from './draws.ts';

interface Binary {
  gamma: number;
  g_grid: number[];
  pdf: number[];
  cdf: number[];
  e_max_frac: number;
  var_G0: number;
  std_G0: number;
  p_max_gt_0p6: number;
  p_max_gt_0p9: number;
  p_max_gt_0p99: number;
  e_entropy_bits: number;
  quantiles: Record<string, number>;
  p_all_one_class_D10000: number;
}
interface MultiClass {
  C: number;
  n_draws: number;
  e_top: number;
  e_top_se: number;
  e_entropy_norm: number;
  e_entropy_norm_se: number;
  e_frac_classes_below_1em4: number;
  p_top_gt_0p5: number;
  p_top_gt_0p9: number;
  std_top: number;
}
type Depth = Pick<Binary, 'gamma' | 'e_max_frac' | 'std_G0' | 'p_max_gt_0p9' | 'p_max_gt_0p99' | 'e_entropy_bits'> & {
  L: number;
  multiclass: MultiClass[];
};

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const single = read('igb-single-layer') as {
  activations: { activation: string; gamma: number; e_max_frac_C2: number; p_max_gt_0p9_C2: number }[];
  maxpool: { kernel_elements: number; relu: Binary }[];
};
const depth = read('igb-depth') as { rows: Depth[] };

/** 10 printed digits of gamma move a probability of 1e-5 by more than 1e-6 of itself: the smallest are held to 1e-11 absolute. */
function expectProbability(actual: number, expected: number): void {
  expect(Math.abs(actual - expected), `${actual}: ${expected}`).toBeLessThan(1e-6 * expected + 1e-11);
}

describe('two classes: reference values', () => {
  test.each(single.activations)('$activation', ({ gamma, e_max_frac_C2, p_max_gt_0p9_C2 }) => {
    const law = guessingBias({ gamma, classes: 2 });
    expectRelative(law.topShare, e_max_frac_C2);
    expectProbability(1 - law.top.cdf(0.9), p_max_gt_0p9_C2);
  });

  test.each(single.maxpool)('ReLU, max-pooling over $kernel_elements', ({ relu }) => {
    const law = guessingBias({ gamma: relu.gamma, classes: 2 });
    relu.g_grid.forEach((g, i) => {
      expectRelative(law.cdf(g), relu.cdf[i]!);
      expectRelative(law.pdf(g), relu.pdf[i]!);
    });
    for (const [p, g] of Object.entries(relu.quantiles)) expectRelative(law.quantile(Number(p)), g);
    expectRelative(law.topShare, relu.e_max_frac);
    expectRelative(law.entropy, relu.e_entropy_bits);
    expectProbability(1 - law.top.cdf(0.6), relu.p_max_gt_0p6);
    expectProbability(1 - law.top.cdf(0.9), relu.p_max_gt_0p9);
    expectProbability(1 - law.top.cdf(0.99), relu.p_max_gt_0p99);
    expectProbability(1 - law.top.cdf(1 - 1 / 2e4), relu.p_all_one_class_D10000);
    expectRelative(variance(law), relu.var_G0);
    expectRelative(Math.sqrt(variance(law)), relu.std_G0);
  });

  test.each(depth.rows)('ReLU, $L hidden layers', (row) => {
    const law = guessingBias({ gamma: row.gamma, classes: 2 });
    expectRelative(law.topShare, row.e_max_frac);
    expectRelative(law.entropy, row.e_entropy_bits);
    expectProbability(1 - law.top.cdf(0.9), row.p_max_gt_0p9);
    expectProbability(1 - law.top.cdf(0.99), row.p_max_gt_0p99);
    expectRelative(Math.sqrt(variance(law)), row.std_G0);
  });
});

/** Variance of one of two fractions, as the mean of squares over quantiles at equal steps of a normal variable. */
function variance({ quantile }: { quantile: (p: number) => number }): number {
  let sum = 0;
  for (let x = -8.5; x <= 8.5; x += 0.01) {
    sum += ((0.01 * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)) * (quantile(normalCdf(x)) - 0.5) ** 2;
  }
  return sum;
}

describe('several classes: reference values', () => {
  const rows = depth.rows.flatMap(({ L, gamma, multiclass }) => multiclass.map((row) => ({ L, gamma, ...row })));
  test.each(rows)('$L layers, $C classes', (row) => {
    const law = guessingBias({ gamma: row.gamma, classes: row.C });
    /** Standard error of a share of the reference's draws. */
    const se = (p: number, each = 1) => Math.sqrt((Math.max(p, 1 / row.n_draws) * (1 - p)) / (row.n_draws * each));
    expect(Math.abs(law.topShare - row.e_top)).toBeLessThan(3 * row.e_top_se);
    expect(Math.abs(law.entropy - row.e_entropy_norm)).toBeLessThan(3 * row.e_entropy_norm_se);
    for (const [t, p] of [
      [0.5, row.p_top_gt_0p5],
      [0.9, row.p_top_gt_0p9],
    ] as const) {
      expect(Math.abs(1 - law.top.cdf(t) - p), `P(top > ${t})`).toBeLessThan(3 * se(p));
    }
    const rare = row.e_frac_classes_below_1em4;
    // Classes of one draw are not independent: as if there were one per draw.
    expect(Math.abs(law.cdf(1e-4) - rare)).toBeLessThan(3 * se(rare));
    // E T = 1 - integral of the distribution function, E T^2 = 1 - twice that of t times it.
    let [mean, square] = [1, 1];
    for (let i = 0; i < 500; i++) {
      const t = (i + 0.5) / 500;
      mean -= law.top.cdf(t) / 500;
      square -= (2 * t * law.top.cdf(t)) / 500;
    }
    expect(Math.abs(mean - row.e_top), 'mean of the law').toBeLessThan(3 * row.e_top_se);
    // Standard error as of a normal law's deviation, std / sqrt(2 n); 2e-4 more because of one row: at 4 layers and 20 classes the
    // reference's 100,000 draws are 3.4 standard errors off. They say .1787, 400,000 other draws .1772 +- .0002, the law .1774.
    expect(Math.abs(Math.sqrt(square - mean * mean) - row.std_top)).toBeLessThan(
      (3 * row.std_top) / Math.sqrt(2 * row.n_draws) + 2e-4,
    );
  });
});

/** Fractions of all classes for one draw of the class means, the slow way: a sum over fine steps. */
function fractions(a: number, means: readonly number[]): number[] {
  const shifts = means.map((x) => a * x);
  const [low, high] = [Math.min(...shifts) - 8, Math.max(...shifts) + 8];
  const step = 0.05;
  const result = means.map(() => 0);
  for (let u = low; u < high; u += step) {
    shifts.forEach((shift, c) => {
      let product = (step * Math.exp(-((u - shift) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
      shifts.forEach((other, j) => {
        if (j !== c) product *= normalCdf(u - other);
      });
      result[c]! += product;
    });
  }
  return result;
}

describe('a plain average over draws of the class means says the same', () => {
  test.each([
    [0.3, 4, 500],
    [3, 7, 300],
    [40, 5, 300],
    [1.2, 30, 60],
  ])('gamma %d, %d classes', (gamma, classes, draws) => {
    const random = normals(generator(11));
    const law = guessingBias({ gamma, classes });
    const each = Array.from({ length: draws }, () =>
      fractions(Math.sqrt(gamma), Array.from({ length: classes }, random)),
    );
    for (const one of each) expect(one.reduce((sum, f) => sum + f, 0)).toBeCloseTo(1, 9);
    const compare = (values: number[], exact: number, least = 0) => {
      const mean = values.reduce((sum, x) => sum + x, 0) / draws;
      const drawn = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws);
      const spread = Math.max(least, drawn);
      expect(Math.abs(mean - exact), `${mean} instead of ${exact}`).toBeLessThan(
        (3.5 * spread) / Math.sqrt(draws) + 3e-4,
      );
    };
    compare(
      each.map((one) => Math.max(...one)),
      law.topShare,
    );
    compare(
      each.map((one) => -one.reduce((sum, f) => sum + (f > 0 ? f * Math.log(f) : 0), 0) / Math.log(classes)),
      law.entropy,
    );
    /** Of one yes or no: what never happened has no spread of its own. */
    const deviation = (p: number) => Math.sqrt(p * (1 - p));
    for (const g of [0.1 / classes, 1 / classes, 2.5 / classes]) {
      compare(
        each.map((one) => one.filter((f) => f <= g).length / classes),
        law.cdf(g),
        deviation(law.cdf(g)),
      );
    }
    for (const t of [1.5 / classes, 3 / classes, 0.3, 0.7]) {
      compare(
        each.map((one) => (Math.max(...one) <= t ? 1 : 0)),
        law.top.cdf(t),
        deviation(law.top.cdf(t)),
      );
    }
  });
});

describe('the law of one fraction', () => {
  const cases = [2, 3, 10, 2000].flatMap((classes) => [0.01, 0.5, 3, 200].map((gamma) => ({ gamma, classes })));
  const laws = cases.map((given) => guessingBias(given));

  test.each(cases)(
    'gamma $gamma, $classes classes: its mean is 1 / C, its quantile inverts it',
    ({ gamma, classes }) => {
      const law = guessingBias({ gamma, classes });
      for (const p of [0.02, 0.3, 0.5, 0.9, 0.999]) {
        const g = law.quantile(p);
        // Fractions below 1e-300 or next to 1 are not told apart by a double.
        if (g > 1e-300 && g < 1 - 1e-9) expect(Math.abs(law.cdf(g) - p)).toBeLessThan(1e-6);
        const t = law.top.quantile(p);
        if (t < 1 - 1e-9) expect(Math.abs(law.top.cdf(t) - p)).toBeLessThan(1e-6);
      }
      // E G = integral of 1 - cdf, on steps that are fine near 0 and near 1.
      let mean = 0;
      for (let s = -40; s < 40; s += 0.1) {
        const g = 1 / (1 + Math.exp(-s));
        mean += 0.1 * g * (1 - g) * (1 - law.cdf(g));
      }
      expect(Math.abs(mean * classes - 1)).toBeLessThan(0.01);
    },
  );

  test('the distribution functions rise from 0 to 1, the density is their slope', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...laws),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (law, s, up) => {
          const [low, high] = [1 / (1 + Math.exp(-s)), 1 / (1 + Math.exp(-s - up))];
          expect(law.cdf(high)).toBeGreaterThanOrEqual(law.cdf(low));
          expect(law.top.cdf(high)).toBeGreaterThanOrEqual(law.top.cdf(low));
          expect(law.pdf(low)).toBeGreaterThanOrEqual(0);
          const width = 1e-4 * low * (1 - low);
          const slope = (law.cdf(low + width) - law.cdf(low - width)) / (2 * width);
          expect(Math.abs(law.pdf(low) - slope) * low * (1 - low)).toBeLessThan(2e-3);
          for (const f of [law.cdf, law.top.cdf]) expect([f(-1), f(0), f(1), f(2)]).toEqual([0, 0, 1, 1]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('above a half there is one such class only, so the largest share follows from the law of one', () => {
    for (const [i, given] of cases.entries()) {
      const law = laws[i]!;
      for (const t of [0.5, 0.8, 0.99]) {
        expect(Math.abs(1 - law.top.cdf(t) - given.classes * (1 - law.cdf(t)))).toBeLessThan(2e-3);
      }
    }
  });
});

describe('limits', () => {
  test.each([2, 3, 10, 1000, 10_000])(
    '%d classes without bias, with little, with much, with nothing else',
    (classes) => {
      const none = guessingBias({ gamma: 0, classes });
      expect([none.topShare, none.entropy]).toEqual([1 / classes, 1]);
      expect([none.cdf(0.99 / classes), none.cdf(1 / classes), none.quantile(0.3), none.top.quantile(0.3)]).toEqual([
        0,
        1,
        1 / classes,
        1 / classes,
      ]);
      expect([none.pdf(0.9 / classes), none.pdf(1 / classes)]).toEqual([0, Infinity]);
      const little = guessingBias({ gamma: 1e-10, classes });
      expect(little.topShare * classes - 1).toBeGreaterThan(0);
      expect(little.topShare * classes - 1).toBeLessThan(1e-3);
      expect(Math.abs(little.entropy - 1)).toBeLessThan(1e-4);
      const much = guessingBias({ gamma: 1e12, classes });
      expect(Math.abs(much.topShare - 1)).toBeLessThan(1e-4);
      expect(much.entropy).toBeLessThan(1e-4);
      const all = guessingBias({ gamma: Infinity, classes });
      expect([all.topShare, all.entropy, all.cdf(0.5), all.cdf(1), all.pdf(0.5)]).toEqual([
        1,
        0,
        1 - 1 / classes,
        1,
        0,
      ]);
      expect([
        all.quantile(0.999 * (1 - 1 / classes)),
        all.quantile(1),
        all.top.quantile(0.1),
        all.top.cdf(0.99),
      ]).toEqual([0, 1, 1, 0]);
    },
  );

  test('more bias, a larger share and less entropy', () => {
    for (const classes of [2, 4, 50, 2000]) {
      const laws = [0.01, 0.1, 0.5, 1, 3, 10, 100, 1e4].map((gamma) => guessingBias({ gamma, classes }));
      laws.slice(1).forEach((law, i) => {
        expect(law.topShare).toBeGreaterThan(laws[i]!.topShare);
        expect(law.entropy).toBeLessThan(laws[i]!.entropy);
      });
    }
  });

  test('says the same twice, and leaves Math.random alone', () => {
    const original = Math.random;
    Math.random = () => {
      throw new Error('drawn');
    };
    try {
      const laws = [1, 2].map(() => guessingBias({ gamma: 1, classes: 30 }));
      expect(laws[0]!.entropy).toBe(laws[1]!.entropy);
      expect(laws[0]!.top.quantile(0.4)).toBe(laws[1]!.top.quantile(0.4));
    } finally {
      Math.random = original;
    }
  });
});

test('wrong input is told in a sentence', () => {
  const given = (gamma: number, classes: number) => () => guessingBias({ gamma, classes });
  expect(given(-1, 10)).toThrow(new RangeError('gamma is -1: expected a number of at least 0.'));
  expect(given(Number.NaN, 10)).toThrow(RangeError);
  expect(given(1, 1)).toThrow(new RangeError('classes is 1: expected a whole number from 2 to 10000.'));
  expect(given(1, 2.5)).toThrow(RangeError);
  expect(given(1, 20_000)).toThrow(RangeError);
  const law = guessingBias({ gamma: 1, classes: 3 });
  expect(() => law.quantile(1.5)).toThrow(new RangeError('p, a probability, is 1.5: expected a number from 0 to 1.'));
  expect(() => law.top.quantile(Number.NaN)).toThrow(RangeError);
  expect(() => law.cdf(Number.NaN)).toThrow(new RangeError('g, a fraction, is NaN: expected a number.'));
});

test('no function of the law takes for a number what is none', () => {
  for (const law of [
    guessingBias({ gamma: 1, classes: 3 }),
    guessingBias({ gamma: 0, classes: 3 }),
    guessingBias({ gamma: 1, classes: 3, examples: 50 }),
  ]) {
    for (const [value, told] of [
      ['a', 'the string "a"'],
      ['0.5', 'the string "0.5"'],
      [undefined, 'undefined'],
      [null, 'null'],
      [[0.5], 'a list of 1'],
      [Number.NaN, 'NaN'],
    ] as [never, string][]) {
      const fraction = (name: string) => new RangeError(`${name}, a fraction, is ${told}: expected a number.`);
      const probability = new RangeError(`p, a probability, is ${told}: expected a number from 0 to 1.`);
      expect(() => law.cdf(value)).toThrow(fraction('g'));
      expect(() => law.pdf(value)).toThrow(fraction('g'));
      expect(() => law.top.cdf(value)).toThrow(fraction('t'));
      expect(() => law.quantile(value)).toThrow(probability);
      expect(() => law.top.quantile(value)).toThrow(probability);
    }
    expect([law.cdf(-Infinity), law.cdf(Infinity), law.pdf(Infinity)]).toEqual([0, 1, 0]);
  }
});
