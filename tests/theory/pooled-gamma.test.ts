import { describe, expect, test } from 'vitest';
import { chiSquareQuantile } from '../../src/theory/chi-square.ts';
import { pooledGamma } from '../../src/theory/pooled-gamma.ts';
import { generator } from '../support/generator.ts';
import { expectRelative, normals } from './draws.ts';

describe('quantiles of chi-square', () => {
  test('are those of tables', () => {
    for (const [p, freedom, value] of [
      [0.025, 1, 0.000982069117175],
      [0.975, 1, 5.02388618731],
      [0.5, 2, 2 * Math.log(2)],
      [0.975, 2, -2 * Math.log(0.025)],
      [0.025, 10, 3.24697278024],
      [0.975, 10, 20.4831773508],
      [0.975, 72, 97.35305],
      [0.025, 1000, 914.257154],
    ] as const) {
      expectRelative(chiSquareQuantile(p, freedom), value, 1e-7);
    }
  });

  test('go on smoothly where the approximation takes over', () => {
    for (const p of [0.025, 0.975]) expectRelative(chiSquareQuantile(p, 2001), chiSquareQuantile(p, 2000) + 1, 2e-4);
  });
});

/** Networks of wide layers: node means N(0, gamma) about an offset of the network, all variances 1. */
function networks(random: () => number, inits: number, nodes: number, gamma: number, scale = () => 1) {
  return Array.from({ length: inits }, () => {
    const size = scale();
    const offset = nodes === 1 ? 0 : 5 * random();
    return { means: Array.from({ length: nodes }, () => offset + Math.sqrt(gamma * size) * random()), within: size };
  });
}

describe('gamma pooled over networks', () => {
  test.each([
    [8, 10, 0.5],
    [3, 4, 2],
    [1, 3, 1],
    [20, 1, 0.7],
  ])(
    '%d networks of %d nodes, gamma %d: right on average, and in the interval in 95 %% of cases or somewhat more',
    (inits, nodes, gamma) => {
      const random = normals(generator(4));
      const repeats = 1500;
      const all = Array.from({ length: repeats }, () => pooledGamma(networks(random, inits, nodes, gamma), 1e9)!);
      const mean = all.reduce((sum, one) => sum + one.gamma / repeats, 0);
      expectRelative(mean, gamma, (3 * Math.sqrt(2 / (inits * Math.max(1, nodes - 1)))) / Math.sqrt(repeats));
      const covered = all.filter(({ low, high }) => low <= gamma && gamma <= high).length / repeats;
      expect(covered).toBeGreaterThan(0.935);
      expect(covered).toBeLessThan(0.99);
    },
  );

  test('networks of different scale count by it, and where they differ in gamma the interval is wider', () => {
    const random = normals(generator(5));
    const plain = pooledGamma(networks(random, 30, 10, 1), 1e9)!;
    const mixed = [...networks(random, 15, 10, 0.1), ...networks(random, 15, 10, 1.9)];
    const wide = pooledGamma(mixed, 1e9)!;
    expect(wide.high - wide.low).toBeGreaterThan(1.4 * (plain.high - plain.low));
    const dead = { means: [0, 1e-3, 0, 0, 0, 0, 0, 0, 0, 0], within: 0 };
    expectRelative(pooledGamma([...mixed, dead], 1e9)!.gamma, wide.gamma, 1e-5);
  });

  test('is less by what means over D inputs have by chance, but not below 0', () => {
    const inits = [{ means: [1, 0], within: 1 }];
    expect(pooledGamma(inits, 10)!.gamma).toBeCloseTo(0.4, 12);
    expect(pooledGamma(inits, 1)!.gamma).toBe(0);
    expect(pooledGamma([{ means: [2, 2], within: 1 }], 10)).toEqual({ gamma: 0, low: 0, high: 0 });
  });

  test('is null where no output varies', () => {
    expect(pooledGamma([], 10)).toBeNull();
    expect(pooledGamma([{ means: [1, 2], within: 0 }], 10)).toBeNull();
  });
});
