import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareNoise, sharesNoise } from '../../src/theory/share-noise.ts';
import { type DeviationAt, guessDeviation, type TimeToUnbias, timeToUnbias } from '../../src/theory/time-to-unbias.ts';
import { generator } from '../support/generator.ts';

/** The definition, word by word. */
function plainTime(measurements: readonly DeviationAt[], noise: number): TimeToUnbias {
  const bound = Math.max(noise, (measurements[0]?.deviation ?? 0) / 10);
  const holds = measurements.map(({ deviation }) => deviation !== null && deviation <= bound);
  const first = holds.findIndex((_, i) => i + 2 < holds.length && holds.slice(i, i + 3).every(Boolean));
  const before = first < 0 ? measurements : measurements.slice(0, first);
  const biased = before.filter((_, i) => !holds[i]).map(({ step }) => step);
  return { lastBiased: biased.at(-1) ?? null, firstUnbiased: first < 0 ? null : measurements[first]!.step };
}

const runs = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.option(fc.double({ min: 0, max: 1, noNaN: true }))), {
    maxLength: 12,
  })
  .map((list) => {
    let step = -list.reduce((_, [gap]) => gap, 0);
    return list.map(([gap, deviation]) => {
      step += gap;
      return { step, deviation };
    });
  });

const at = (...deviations: (number | null)[]) => deviations.map((deviation, i) => ({ step: 10 * i, deviation }));

describe('time to unbias', () => {
  test('is an interval from the last biased measurement to the first of three unbiased ones in a row', () => {
    expect(timeToUnbias(at(0.8, 0.5, 0.07, 0.06, 0.01, 0.5), 0.02)).toEqual({ lastBiased: 10, firstUnbiased: 20 });
  });

  test('is not yet there while fewer than three in a row lie within the bound; two good ones prove nothing', () => {
    expect(timeToUnbias(at(0.8, 0.05, 0.05), 0.02)).toEqual({ lastBiased: 0, firstUnbiased: null });
    expect(timeToUnbias(at(0.8, 0.05, 0.05, 0.1, 0.05), 0.02)).toEqual({ lastBiased: 30, firstUnbiased: null });
    expect(timeToUnbias([], 0.02)).toEqual({ lastBiased: null, firstUnbiased: null });
  });

  test('of a network that was never biased begins with its first measurement, after no biased one', () => {
    expect(timeToUnbias(at(0.01, 0.02, 0.015), 0.02)).toEqual({ lastBiased: null, firstUnbiased: 0 });
  });

  test('measures by a tenth of the first deviation where chance alone is less', () => {
    expect(timeToUnbias(at(0.8, 0.081, 0.08, 0.08, 0.08), 0).firstUnbiased).toBe(20);
    expect(timeToUnbias(at(0.8, 0.081, 0.08, 0.08, 0.08), 0.09).firstUnbiased).toBe(10);
  });

  test('counts a network that guesses nothing as biased', () => {
    expect(timeToUnbias(at(0.8, 0.01, 0.01, null, 0.01), 0.02)).toEqual({ lastBiased: 30, firstUnbiased: null });
  });

  test('is what the definition says of any run', () => {
    fc.assert(
      fc.property(runs, fc.double({ min: 0, max: 0.5, noNaN: true }), (run, noise) => {
        expect(timeToUnbias(run, noise)).toEqual(plainTime(run, noise));
      }),
      { numRuns: 2000 },
    );
  });

  test('once said is not taken back by what follows', () => {
    fc.assert(
      fc.property(runs, runs, (run, more) => {
        const known = timeToUnbias(run, 0.3);
        if (known.firstUnbiased === null) return;
        const last = run.at(-1)!.step;
        expect(timeToUnbias([...run, ...more.map((m) => ({ ...m, step: m.step + last + 200 }))], 0.3)).toEqual(known);
      }),
    );
  });
});

test('the deviation of guesses is the share of them that would have to change class', () => {
  expect(guessDeviation([1, 0, 0], [0.5, 0.25, 0.25])).toBe(0.5);
  expect(guessDeviation([0.5, 0.25, 0.25], [0.5, 0.25, 0.25])).toBe(0);
});

/** Counts of `examples` draws of classes. */
function draw(shares: readonly number[], examples: number, random: () => number): number[] {
  const counts = shares.map(() => 0);
  for (let i = 0; i < examples; i++) {
    let u = random();
    let c = 0;
    while (c < shares.length - 1 && u >= shares[c]!) u -= shares[c++]!;
    counts[c]!++;
  }
  return counts;
}

describe('the noise of one share', () => {
  /** Adds up the whole law. */
  function plainNoise(share: number, examples: number): number {
    const chances: number[] = [];
    for (let k = 0; k <= examples; k++) {
      let log = k * Math.log(share) + (examples - k) * Math.log(1 - share);
      for (let i = 1; i <= k; i++) log += Math.log((examples - k + i) / i);
      chances.push(Math.exp(log));
    }
    const distances = chances.map((_, k) => Math.abs(k / examples - share));
    const order = distances.map((_, k) => k).sort((a, b) => distances[a]! - distances[b]!);
    let sum = 0;
    for (const k of order) {
      sum += chances[k]!;
      if (sum >= 0.99) return distances[k]!;
    }
    return distances[order.at(-1)!]!;
  }

  test('is the smallest distance that 99 % of binomial counts do not exceed', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 0.9999, noNaN: true }), fc.integer({ min: 1, max: 300 }), (share, n) => {
        expect(shareNoise(share, n)).toBeCloseTo(plainNoise(share, n), 9);
      }),
    );
  });

  test('is 2.58 standard deviations of many examples, and 0 for a class that is never or always there', () => {
    expect(shareNoise(0.3, 1_000_000) / Math.sqrt((0.3 * 0.7) / 1_000_000)).toBeCloseTo(2.576, 2);
    expect([shareNoise(0, 50), shareNoise(1, 50)]).toEqual([0, 0]);
  });
});

describe('the noise of all shares', () => {
  const even = (classes: number) => Array<number>(classes).fill(1 / classes);
  const graded = (classes: number, ratio: number) => {
    const counts = Array.from({ length: classes }, (_, c) => ratio ** (-c / (classes - 1)));
    const sum = counts.reduce((a, b) => a + b);
    return counts.map((count) => count / sum);
  };

  test.each([
    ['2 even classes', even(2), 500],
    ['2 classes, one in a hundred', [0.99, 0.01], 500],
    ['3 classes, one that is most', [0.9, 0.05, 0.05], 300],
    ['10 even classes', even(10), 200],
    ['10 even classes, few examples', even(10), 30],
    ['10 graded classes', graded(10, 100), 1000],
    ['100 even classes', even(100), 500],
    ['200 graded classes', graded(200, 50), 400],
  ] as const)('of %s is exceeded about once in a hundred times', (_, shares, examples) => {
    const random = generator(11);
    const bound = sharesNoise(shares, examples);
    const rounds = 4000;
    let beyond = 0;
    for (let i = 0; i < rounds; i++) {
      const counts = draw(shares, examples, random);
      if (
        guessDeviation(
          counts.map((n) => n / examples),
          shares,
        ) >
        bound + 1e-12
      )
        beyond++;
    }
    expect(beyond / rounds).toBeGreaterThan(0.003);
    expect(beyond / rounds).toBeLessThan(0.02);
  });

  test('of two classes is that of one share, up to the steps in which counts come', () => {
    for (const share of [0.5, 0.2, 0.05]) {
      expect(Math.abs(sharesNoise([share, 1 - share], 2000) - shareNoise(share, 2000))).toBeLessThan(1 / 2000);
    }
  });

  test('shrinks with the root of the number of examples, and takes a thousand classes in no time', () => {
    const shares = graded(1000, 100);
    expect(sharesNoise(shares, 400_000) / sharesNoise(shares, 1_600_000)).toBeCloseTo(2, 1);
  });

  test('is 0 where there is one class', () => {
    expect(sharesNoise([1, 0, 0], 100)).toBe(0);
  });
});
