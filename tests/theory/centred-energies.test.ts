import fc from 'fast-check';
import { expect, test } from 'vitest';
import { centredEnergies } from '../../src/theory/centred-energies.ts';
import { layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';

test('by hand', () => {
  const { weightEnergy, featureEnergy } = centredEnergies({
    classifier: [
      [1, 0],
      [3, 4],
    ],
    classMeans: [
      [0, 2],
      [0, 6],
    ],
    withinClass: [1, 3],
  });
  expect(weightEnergy).toBeCloseTo(5, 12);
  expect(featureEnergy).toBeCloseTo(2 + 4, 12);
});

const example = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 3, maxLength: 3 });
const classes = fc.array(fc.array(example, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 });

test('the feature energy is the mean over classes of the mean |h - hbar|^2, counted example by example', () => {
  fc.assert(
    fc.property(classes, (features) => {
      const mean = (rows: readonly (readonly number[])[]) =>
        rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
      const square = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, j) => sum + (x - b[j]!) ** 2, 0);
      const means = features.map(mean);
      const hbar = mean(means);
      const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      const { featureEnergy } = centredEnergies({
        classifier: means,
        classMeans: means,
        withinClass: features.map((rows, c) => average(rows.map((row) => square(row, means[c]!)))),
      });
      expect(featureEnergy).toBeCloseTo(average(features.map((rows) => average(rows.map((h) => square(h, hbar))))), 8);
    }),
  );
});

test('what all rows share does not count', () => {
  const rows = [
    [1, 2],
    [3, -1],
    [0, 0],
  ];
  const moved = rows.map((row) => row.map((value) => value + 1000));
  const plain = centredEnergies({ classifier: rows, classMeans: rows, withinClass: [0, 0, 0] });
  const shifted = centredEnergies({ classifier: moved, classMeans: moved, withinClass: [0, 0, 0] });
  expect(shifted.weightEnergy).toBeCloseTo(plain.weightEnergy, 8);
  expect(shifted.featureEnergy).toBeCloseTo(plain.featureEnergy, 8);
});

test('balanced layer-peeled solutions are centred: their energies are those that they were given', () => {
  const { classifierCosine, classifierNorm } = layerPeeledModel({
    counts: [5, 5],
    weightEnergy: 3,
    featureEnergy: 1,
  });
  const rows = [[classifierNorm[0]!], [classifierNorm[1]! * classifierCosine[1]!]];
  expect(centredEnergies({ classifier: rows, classMeans: rows, withinClass: [0, 0] }).weightEnergy).toBeCloseTo(3, 12);
});

test.each<[object, RegExp]>([
  [{ classifier: [] }, /^classifier is empty: expected/],
  [{ classMeans: [[1]] }, /^classMeans has length 1: expected 2/],
  [{ classMeans: [[1], [Infinity]] }, /^classMeans\[1\]\[0\] is Infinity: expected/],
  [{ withinClass: [1] }, /^withinClass has length 1: expected 2/],
  [{ withinClass: [1, -1] }, /^withinClass\[1\] is -1: expected/],
])('refuses %o', (wrong, message) => {
  const call = () => centredEnergies({ classifier: [[1], [2]], classMeans: [[1], [2]], withinClass: [0, 0], ...wrong });
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});
