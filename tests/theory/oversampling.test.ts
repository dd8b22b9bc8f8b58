import { expect, test } from 'vitest';
import { minorityCollapseThresholds } from '../../src/theory/collapse-threshold.ts';
import { layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';
import { oversampling } from '../../src/theory/oversampling.ts';

const energies = { weightEnergy: 1, featureEnergy: 4 };
const counts = [20000, 20000, 100, 100, 100];

test('the smallest oversampling that keeps minority classes apart does, and a smaller one does not', () => {
  const w = oversampling({ counts, ...energies });
  const phase = (weight: number) =>
    layerPeeledModel({ counts: counts.map((n) => (n === 100 ? n * weight : n)), ...energies }).phase;
  expect(w).toBeGreaterThan(1);
  expect([phase(1), phase(w * 0.99), phase(w * 1.01)]).toEqual(['collapsed', 'collapsed', 'separated']);
});

test('is the imbalance over R0, whatever the order and the scale of the counts', () => {
  const { collapse } = minorityCollapseThresholds({ majority: 2, minority: 3, ...energies });
  expect(oversampling({ counts, ...energies })).toBeCloseTo(200 / collapse!, 12);
  expect(oversampling({ counts: [1, 200, 1, 200, 1], ...energies })).toBeCloseTo(200 / collapse!, 12);
});

test('is 1 where nothing collapses', () => {
  expect(oversampling({ counts: [3, 2, 3, 2], ...energies })).toBe(1);
  expect(oversampling({ counts: [7, 7, 7], ...energies })).toBe(1);
  expect(oversampling({ counts: [1e6, 1e6, 1], ...energies })).toBe(1);
});

test.each<[number[], RegExp]>([
  [[3, 2, 1], /^counts has 3 different values: expected at most two\.$/],
  [[3, 0], /^counts\[1\] is 0: expected a finite number above 0\.$/],
  [[3], /^counts has length 1: expected/],
])('refuses %j', (wrong, message) => {
  expect(() => oversampling({ counts: wrong, ...energies })).toThrow(RangeError);
  expect(() => oversampling({ counts: wrong, ...energies })).toThrow(message);
});
