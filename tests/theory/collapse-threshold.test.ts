import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minorityCollapseThresholds } from '../../src/theory/collapse-threshold.ts';
import { layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';
import { fixture } from './fixture.ts';

interface Case {
  readonly K_A: number;
  readonly K_B: number;
  readonly E_W: number;
  readonly E_H: number;
  readonly R0: number;
  readonly R1_minority_zero: number | null;
}

const { cases } = fixture<{ cases: Case[] }>('lpm-two-group');

test.each(cases)('$K_A and $K_B classes, energies $E_W and $E_H, against another solver', (one) => {
  const { collapse, zero } = minorityCollapseThresholds({
    majority: one.K_A,
    minority: one.K_B,
    weightEnergy: one.E_W,
    featureEnergy: one.E_H,
  });
  expect(Math.abs(collapse! / one.R0 - 1)).toBeLessThan(1e-3);
  if (one.R1_minority_zero === null) expect(zero).toBeNull();
  else expect(Math.abs(zero! / one.R1_minority_zero - 1)).toBeLessThan(1e-3);
});

/** What the solver says a little below and a little above a ratio. */
function around(majority: number, minority: number, featureEnergy: number, ratio: number): string[] {
  return [0.99, 1.01].map((factor) => {
    const counts = [...new Array(majority).fill(ratio * factor), ...new Array(minority).fill(1)];
    return layerPeeledModel({ counts, weightEnergy: 1, featureEnergy, gap: 1e-11 }).phase;
  });
}

describe('the solver changes phase where they say', () => {
  const energy = fc.double({ min: 0.3, max: 12, noNaN: true });

  test('from separated to collapsed at R0', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 2, max: 6 }),
        energy,
        (majority, minority, featureEnergy) => {
          const thresholds = { majority, minority, weightEnergy: 1, featureEnergy };
          const { collapse, zero } = minorityCollapseThresholds(thresholds);
          expect(collapse).toBeGreaterThan(1);
          expect(zero ?? Infinity).toBeGreaterThanOrEqual(collapse!);
          fc.pre(zero === null || zero > collapse! * 1.01);
          expect(around(majority, minority, featureEnergy, collapse!)).toEqual(['separated', 'collapsed']);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('to zero at R1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        energy,
        (majority, minority, featureEnergy) => {
          const { zero } = minorityCollapseThresholds({ majority, minority, weightEnergy: 1, featureEnergy });
          fc.pre(zero !== null && zero < 1e6);
          const [before, after] = around(majority, minority, featureEnergy, zero!);
          expect(after).toBe('zero');
          expect(before).not.toBe('zero');
        },
      ),
      { numRuns: 40 },
    );
  });
});

test('one class has nobody to collapse with, and one majority class never takes all', () => {
  const energies = { weightEnergy: 1, featureEnergy: 1 };
  expect(minorityCollapseThresholds({ majority: 4, minority: 1, ...energies }).collapse).toBeNull();
  expect(minorityCollapseThresholds({ majority: 1, minority: 4, ...energies }).zero).toBeNull();
});

test('only the product of the energies counts, and larger energies put collapse off', () => {
  const at = (weightEnergy: number, featureEnergy: number) =>
    minorityCollapseThresholds({ majority: 3, minority: 5, weightEnergy, featureEnergy }).collapse!;
  expect(at(2, 8) / at(16, 1)).toBeCloseTo(1, 12);
  expect(at(1, 20)).toBeGreaterThan(at(1, 10));
});

test('a ratio beyond all numbers is no ratio', () => {
  const energies = { weightEnergy: 1e6, featureEnergy: 1e6 };
  expect(minorityCollapseThresholds({ majority: 3, minority: 3, ...energies })).toEqual({ collapse: null, zero: null });
});

test.each<[object, RegExp]>([
  [{ majority: 0 }, /^majority is 0: expected a whole number of at least 1\.$/],
  [{ minority: 1.5 }, /^minority is 1\.5: expected a whole/],
  [{ weightEnergy: -1 }, /^weightEnergy is -1: expected/],
  [{ featureEnergy: NaN }, /^featureEnergy is NaN: expected/],
])('refuses %o', (wrong, message) => {
  const call = () =>
    minorityCollapseThresholds({ majority: 2, minority: 2, weightEnergy: 1, featureEnergy: 1, ...wrong });
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});
