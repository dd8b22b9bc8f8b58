import { expect, test } from 'vitest';
import { guessingBias } from '../../src/theory/guessing-bias.ts';
import { widthGamma } from '../../src/theory/width-gamma.ts';
import { generator } from '../support/generator.ts';

const random = generator(11);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A linear network without means: scores of D inputs, C nodes over `width` independent units. */
function network(classes: number, width: number, inputs: number) {
  const weights = Array.from({ length: classes }, () => Array.from({ length: width }, normal));
  const [counts, sums, squares] = [0, 0, 0].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < inputs; i++) {
    const units = Array.from({ length: width }, normal);
    const scores = weights.map((row) => row.reduce((sum, w, j) => sum + w * units[j]!, 0));
    counts[scores.indexOf(Math.max(...scores))]!++;
    scores.forEach((score, c) => {
      sums[c]! += score;
      squares[c]! += score * score;
    });
  }
  return {
    topShare: Math.max(...counts) / inputs,
    variances: Array.from(squares, (square, c) => square / inputs - (sums[c]! / inputs) ** 2),
  };
}

test.each([
  [10, 30],
  [5, 20],
  [30, 40],
])(
  'of %i classes over %i units the largest share is what the added gamma says, and far above what none would',
  (classes, width) => {
    const inputs = 600;
    const networks = Array.from({ length: 60 }, () => network(classes, width, inputs));
    const mean = networks.reduce((sum, { topShare }) => sum + topShare, 0) / networks.length;
    const gamma = widthGamma(
      networks.map(({ variances }) => variances),
      inputs,
    );
    const at = (added: number) => guessingBias({ gamma: added, classes, examples: inputs }).topShare;
    expect(Math.abs(mean / at(gamma) - 1)).toBeLessThan(0.06);
    expect(mean / at(0)).toBeGreaterThan(1.1);
  },
);

test('of two classes, of nodes that vary alike, and where nothing varies it is 0', () => {
  expect(widthGamma([[1, 4]], 100)).toBe(0);
  expect(widthGamma([[2, 2, 2]], 100)).toBe(0);
  expect(widthGamma([[0, 0, 0]], 100)).toBe(0);
  expect(widthGamma([], 100)).toBe(0);
});

test('differences that the variances of so few inputs have by chance count for nothing', () => {
  const nodes = [0.9, 1.1, 1.05, 0.95];
  const spread = widthGamma([nodes], 1e9);
  expect(spread).toBeGreaterThan(0);
  expect(widthGamma([nodes], 100)).toBe(0);
});

test('is .774 over the number of independent units for ten classes', () => {
  // Variance 2 / n about the mean, n = 50.
  const off = Math.sqrt((2 / 50) * (9 / 10));
  const nodes = Array.from({ length: 10 }, (_, i) => 1 + (i % 2 ? off : -off));
  expect(widthGamma([nodes], 1e12)).toBeCloseTo(0.774 / 50, 5);
});
