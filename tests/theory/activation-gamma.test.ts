import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gammaOfActivation } from '../../src/theory/activation-gamma.ts';
import { ACTIVATIONS, type Activation, activation } from '../../src/theory/activations.ts';
import { meanField } from '../../src/theory/mean-field.ts';
import { moments } from '../../src/theory/moments.ts';
import { generator } from '../support/generator.ts';
import { expectRelative, normals } from './draws.ts';

interface SingleLayer {
  activations: {
    activation: string;
    q: number;
    mean: number;
    second_moment: number;
    variance: number;
    gamma: number;
  }[];
  maxpool: {
    kernel_elements: number;
    q: number;
    relu: { mean: number; variance: number; gamma: number; c: number };
    linear_gamma: number;
    tanh_gamma: number;
  }[];
}
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/igb-single-layer.json', import.meta.url), 'utf8'),
) as SingleLayer;

/** ReLU moved down by its mean: not among ACTIVATIONS, in the reference for contrast. */
function shiftedRelu(q: number): Activation {
  const mean = Math.sqrt(q / (2 * Math.PI));
  return { ...ACTIVATIONS.relu, value: (x) => ACTIVATIONS.relu.value(x) - mean };
}

describe('reference values', () => {
  test.each(reference.activations)('$activation at q = $q', ({ activation: name, q, ...expected }) => {
    const chosen = name === 'srelu' ? shiftedRelu(q) : activation(name);
    const { mean, square, variance } = moments(chosen, { mean: 0, deviation: Math.sqrt(q) });
    expectRelative(mean, expected.mean);
    expectRelative(square, expected.second_moment);
    expectRelative(variance, expected.variance);
    expectRelative(name === 'srelu' ? mean ** 2 / variance : gammaOfActivation(name, { q }), expected.gamma);
  });
  test.each(reference.maxpool)('max-pooling over $kernel_elements units', (row) => {
    const { q, kernel_elements: maxPool } = row;
    expectRelative(gammaOfActivation('relu', { q, maxPool }), row.relu.gamma);
    expectRelative(gammaOfActivation('linear', { q, maxPool }), row.linear_gamma);
    expectRelative(gammaOfActivation('tanh', { q, maxPool }), row.tanh_gamma);
    const { mean, variance } = moments(ACTIVATIONS.relu, { mean: 0, deviation: Math.sqrt(q) }, maxPool);
    expectRelative(mean, row.relu.mean);
    expectRelative(variance, row.relu.variance);
    expectRelative(meanField(`relu,maxPool:${maxPool}`, { q, c: 0 }).at(-1)!.c, row.relu.c);
  });
});

describe('closed forms', () => {
  test('ReLU: 1 / (pi - 1), whatever the variance', () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (exponent) => {
        expectRelative(gammaOfActivation('relu', { q: 10 ** exponent }), 1 / (Math.PI - 1), 1e-12);
      }),
    );
  });
  test('odd activations: 0', () => {
    for (const name of ['linear', 'softsign', 'tanh']) {
      for (const q of [1e-3, 1, 1e4]) expect(gammaOfActivation(name, { q })).toBeLessThan(1e-25);
    }
  });
  test('a steep sigmoid is a step: mean 1/2, second moment 1/2', () => {
    expectRelative(gammaOfActivation('sigmoid', { q: 1e12 }), 1, 1e-5);
  });
});

test.each(Object.keys(ACTIVATIONS))('%s: a plain average over draws says the same', (name) => {
  const random = normals(generator(5));
  const { value } = ACTIVATIONS[name as keyof typeof ACTIVATIONS];
  for (const [q, k] of [
    [1.7, 1],
    [0.6, 4],
  ] as const) {
    const draws = Array.from({ length: 40_000 }, () => {
      let top = -Infinity;
      for (let i = 0; i < k; i++) top = Math.max(top, random());
      return value(Math.sqrt(q) * top);
    });
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    const exact = gammaOfActivation(name, { q, maxPool: k });
    // Delta method: d gamma = 2 mean d mean / variance - gamma d variance / variance; kurtosis taken as that of a wide law.
    const error =
      (2 * Math.abs(mean) * Math.sqrt(variance) + exact * variance * 3) / variance / Math.sqrt(draws.length);
    expect(Math.abs(mean ** 2 / variance - exact)).toBeLessThan(4 * error + 1e-3);
  }
});

test('wrong input is told in a sentence', () => {
  expect(() => gammaOfActivation('tahn')).toThrow('got "tahn": did you mean "tanh"?');
  expect(() => gammaOfActivation('relu', { q: 0 })).toThrow(
    new RangeError('q, the variance of the preactivation, is 0: expected a finite number above 0.'),
  );
  expect(() => gammaOfActivation('relu', { q: Number.NaN })).toThrow(RangeError);
  expect(() => gammaOfActivation('relu', { maxPool: 1.5 })).toThrow(
    new RangeError('maxPool, the number of units in a pool, is 1.5: expected a whole number of at least 1.'),
  );
});
