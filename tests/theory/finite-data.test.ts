import { describe, expect, test } from 'vitest';
import { guessingBias } from '../../src/theory/guessing-bias.ts';
import { poissonCdf } from '../../src/theory/largest-count.ts';
import { generator } from '../support/generator.ts';
import { normals } from './draws.ts';

/** Counts of the guesses for `examples` inputs, class by class, of one random network after another. */
function counted(gamma: number, classes: number, examples: number, networks: number): number[][] {
  const random = normals(generator(21));
  return Array.from({ length: networks }, () => {
    const means = Array.from({ length: classes }, () => Math.sqrt(gamma) * random());
    const counts = means.map(() => 0);
    for (let i = 0; i < examples; i++) {
      let [best, top] = [-Infinity, 0];
      means.forEach((mean, c) => {
        const score = mean + random();
        if (score > best) [best, top] = [score, c];
      });
      counts[top]!++;
    }
    return counts;
  });
}

describe('a data set of D inputs: guesses counted one by one say the same', () => {
  test.each([
    [0, 2, 20],
    [0, 5, 30],
    [1e-4, 4, 40],
    [0.5, 2, 50],
    [0.5, 8, 60],
    [4, 3, 25],
  ])('gamma %d, %d classes, %d inputs', (gamma, classes, examples) => {
    const law = guessingBias({ gamma, classes, examples });
    const networks = 1500;
    const each = counted(gamma, classes, examples, networks);
    const compare = (values: number[], exact: number, least: number, slack: number) => {
      const mean = values.reduce((sum, x) => sum + x, 0) / networks;
      const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / networks);
      const allowed = (3.5 * Math.max(spread, least)) / Math.sqrt(networks) + slack;
      expect(Math.abs(mean - exact), `${mean} instead of ${exact}`).toBeLessThan(allowed);
    };
    const tops = each.map((counts) => Math.max(...counts));
    compare(
      tops.map((top) => top / examples),
      law.topShare,
      0,
      3e-3,
    );
    const surprise = (n: number) => (n > 0 ? (-n / examples) * Math.log(n / examples) : 0);
    const entropies = each.map((counts) => counts.reduce((sum, n) => sum + surprise(n), 0) / Math.log(classes));
    compare(entropies, law.entropy, 0, 1e-3);
    for (let k = 0; k < examples; k += 3) {
      const [one, top] = [law.cdf(k / examples), law.top.cdf(k / examples)];
      const share = each.map((counts) => counts.filter((n) => n <= k).length / classes);
      compare(share, one, Math.sqrt(one * (1 - one)), 1e-3);
      // Below a half the sum of the counts is taken for normal.
      compare(
        tops.map((n) => (n <= k ? 1 : 0)),
        top,
        Math.sqrt(top * (1 - top)),
        0.02,
      );
    }
  });
});

test('Poisson probabilities by approximation are those of the sum', () => {
  for (const rate of [0.01, 0.5, 3, 6, 40, 300]) {
    let [term, sum] = [Math.exp(-rate), 0];
    for (let k = 0; k < 2 * rate + 10; k++) {
      sum += term;
      term *= rate / (k + 1);
      expect(Math.abs(poissonCdf(k, rate) - sum)).toBeLessThan(1e-3);
    }
  }
});

test('the quantile is the least count that reaches p; the density is that of steps of 1 / D', () => {
  const law = guessingBias({ gamma: 1, classes: 5, examples: 40 });
  for (const p of [0.01, 0.3, 0.9]) {
    for (const { cdf, quantile } of [law, law.top]) {
      const share = quantile(p);
      expect(Number.isInteger(Math.round(share * 40 * 1e9) / 1e9)).toBe(true);
      expect(cdf(share)).toBeGreaterThanOrEqual(p);
      expect(cdf(share - 1 / 80)).toBeLessThan(p);
    }
  }
  let sum = 0;
  for (let k = 0; k <= 40; k++) sum += law.pdf(k / 40) / 40;
  expect(sum).toBeCloseTo(1, 9);
});

test('more and more data end in the law of endless data', () => {
  const endless = guessingBias({ gamma: 2, classes: 6 });
  const many = guessingBias({ gamma: 2, classes: 6, examples: 10_000 });
  expect(Math.abs(many.topShare - endless.topShare)).toBeLessThan(2e-3);
  expect(Math.abs(many.entropy - endless.entropy)).toBeLessThan(1e-3);
  expect(Math.abs(many.cdf(0.2) - endless.cdf(0.2))).toBeLessThan(1e-3);
});

test('wrong input is told in a sentence', () => {
  expect(() => guessingBias({ gamma: 1, classes: 3, examples: 0 })).toThrow(
    new RangeError('examples, the number of inputs, is 0: expected a whole number from 1 to 100000.'),
  );
});
