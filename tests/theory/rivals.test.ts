import { describe, expect, test } from 'vitest';
import { sortedDraws } from '../../src/theory/draws.ts';
import { normalCdf, normalDensity } from '../../src/theory/normal.ts';
import { gaussLegendre } from '../../src/theory/quadrature.ts';
import { Rivals } from '../../src/theory/rivals.ts';
import { drawnShares } from '../../src/theory/shares.ts';
import { fixture } from './fixture.ts';

/** P(max of the others' scores < y + noise), summed in fine steps. */
function won(others: readonly number[], y: number): number {
  let sum = 0;
  for (let e = -9; e <= 9; e += 0.02) {
    sum += 0.02 * normalDensity(e) * others.reduce((product, mean) => product * normalCdf(y + e - mean), 1);
  }
  return sum;
}

describe.each([0.05, 1, 6])('a = %d', (a) => {
  test.each([2, 9, 40])('%d rivals: what a class wins, by its mean and back', (size) => {
    const draws = sortedDraws(size, 16);
    const rivals = new Rivals(draws, a);
    for (const d of [0, 7, 15]) {
      const others = [...draws.means.slice(d * size, (d + 1) * size)].map((mean) => a * mean);
      expect(rivals.top(d)).toBe(Math.max(...others));
      for (let away = -4; away < 5; away += 0.7) {
        const y = rivals.top(d) + away;
        const probit = rivals.probitAt(d, y);
        expect(Math.abs(normalCdf(probit) / won(others, y) - 1)).toBeLessThan(2e-4);
        expect(Math.abs(rivals.meanAt(d, probit).mean - y)).toBeLessThan(2e-4);
        const slope = (rivals.meanAt(d, probit + 1e-4).mean - rivals.meanAt(d, probit - 1e-4).mean) / 2e-4;
        expect(Math.abs(rivals.meanAt(d, probit).slope / slope - 1)).toBeLessThan(1e-3);
      }
    }
  });
});

interface Depth {
  L: number;
  gamma: number;
  multiclass: { C: number; e_second: number; e_second_se: number }[];
}
const rows = fixture<{ rows: Depth[] }>('igb-depth').rows.flatMap(({ multiclass, ...one }) =>
  multiclass.map((row) => ({ ...one, ...row })),
);

/** Expected second largest share: that of a class whose mean lies between those of its two strongest rivals, for each of C classes. */
function secondShare(a: number, classes: number, draws: number): number {
  const { nodes, weights } = gaussLegendre(6);
  const sorted = sortedDraws(classes - 1, draws);
  const rivals = new Rivals(sorted, a);
  let sum = 0;
  for (let d = 0; d < draws; d++) {
    const at = d * sorted.counts.length;
    const [high, low] = [sorted.means[at]!, sorted.means[at + 1]!];
    const half = 0.5 * (high - low);
    for (let i = 0; i < nodes.length; i++) {
      const x = low + half * (1 + nodes[i]!);
      sum += half * weights[i]! * normalDensity(x) * normalCdf(rivals.probitAt(d, a * x));
    }
  }
  return (classes * sum) / draws;
}

// Many draws: 1,024 have an error of their own of up to five of the reference's standard errors.
test.each(rows)('second largest share, $L layers, $C classes: the reference value', (row) => {
  const second = secondShare(Math.sqrt(row.gamma), row.C, 16_384);
  expect(Math.abs(second - row.e_second)).toBeLessThan(3 * row.e_second_se);
});

test('strata stand for the rest: as many as there are, in falling order', () => {
  for (const size of [1, 40, 41, 1000, 9999]) {
    const { means, counts, draws } = sortedDraws(size, 8);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(size, 6);
    for (let d = 0; d < draws; d++) {
      const row = [...means.slice(d * counts.length, (d + 1) * counts.length)];
      expect(row).toEqual([...row].sort((x, y) => y - x));
    }
  }
});

test('shares of all classes are those of each against the others, and sum to 1', () => {
  const [a, classes] = [1.3, 6];
  const { values, draws } = drawnShares(a, classes);
  const { means } = sortedDraws(classes, draws);
  for (const d of [0, 100]) {
    const own = [...means.slice(d * classes, (d + 1) * classes)].map((mean) => a * mean);
    const shares = [...values.slice(d * classes, (d + 1) * classes)];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    shares.forEach((share, c) => {
      expect(
        Math.abs(
          share -
            won(
              own.filter((_, j) => j !== c),
              own[c]!,
            ),
        ),
      ).toBeLessThan(1e-6);
    });
  }
});
