import { expect, test } from 'vitest';
import { trainingGeometry } from '../../../src/capture/features/feature-watch.ts';
import { newStretch } from '../../../src/capture/features/feature-window.ts';
import { setGeometry } from '../../../src/capture/features/set-geometry.ts';
import { neuralCollapse } from '../../../src/geometry/neural-collapse.ts';
import { rowCosines } from '../../../src/stats/cosine.ts';
import { generator } from '../../support/generator.ts';

/** Features of `each` examples of every class around means of their own, all of it drawn. */
function drawn(classes: number, columns: number, each: number, seed = 1) {
  const random = generator(seed);
  const means = Array.from({ length: classes * columns }, () => random() - 0.5);
  const labels = Int32Array.from({ length: classes * each }, (_, i) => i % classes);
  const features = Float32Array.from(
    { length: labels.length * columns },
    (_, i) => means[labels[Math.floor(i / columns)]! * columns + (i % columns)]! + 0.1 * (random() - 0.5),
  );
  const probabilities = Float32Array.from({ length: labels.length * classes }, (_, i) =>
    i % classes === labels[Math.floor(i / classes)] ? 1 : 0,
  );
  const rows = Float32Array.from({ length: classes * columns }, () => random() - 0.5);
  return { features, rows, examples: { labels, probabilities, losses: new Float32Array(labels.length) } };
}

test('cosines of class means are those of the means less their mean; a class without examples has none', () => {
  const [classes, columns] = [4, 6];
  const { features, rows, examples } = drawn(classes, columns, 5);
  const labels = examples.labels.map((label) => (label === 3 ? -1 : label));
  const { meanCosines } = setGeometry(features, { ...examples, labels }, rows, null)!;
  const means = [0, 1, 2].map((c) => {
    const own = [...labels.keys()].filter((i) => labels[i] === c);
    return Array.from({ length: columns }, (_, j) => own.reduce((sum, i) => sum + features[i * columns + j]!, 0) / 5);
  });
  const centre = means[0]!.map((_, j) => (means[0]![j]! + means[1]![j]! + means[2]![j]!) / 3);
  const expected = rowCosines(
    means.flatMap((mean) => mean.map((value, j) => value - centre[j]!)),
    columns,
  );
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      const got = meanCosines![a * classes + b]!;
      if (a === 3 || b === 3) expect(got).toBeNull();
      else expect(got).toBeCloseTo(expected[a * 3 + b]!, 6);
    }
  }
});

test('only a thorough look has NC1; all else is the same', () => {
  const { features, rows, examples } = drawn(5, 70, 20);
  const [whole, quick] = [true, false].map((isThorough) => setGeometry(features, examples, rows, null, isThorough)!);
  expect(whole!.nc1).toBeGreaterThan(0);
  expect(quick).toEqual({ ...whole, nc1: null });
});

test('NC1 of 1,000 classes is what the features say, in float32', () => {
  const { features, rows, examples } = drawn(1000, 96, 2);
  const { nc1 } = setGeometry(features, examples, rows, null)!;
  const exact = neuralCollapse({ features, labels: examples.labels, weights: rows, columns: 96 }).nc1!;
  expect(nc1! / exact).toBeCloseTo(1, 5);
});

test('1,000 classes of 4,096 features have everything but NC1 at a quick look', () => {
  const { features, rows, examples } = drawn(1000, 4096, 1);
  const { nc1, nearestMeanMismatch, ...others } = setGeometry(features, examples, rows, null, false)!;
  expect([nc1, nearestMeanMismatch]).toEqual([null, null]);
  for (const [name, value] of Object.entries(others)) expect([name, value === null]).toEqual([name, false]);
  // One example each: nothing varies within classes, and all other examples are nearest to themselves.
  expect(others.cdnv).toBe(0);
  const stretch = newStretch(1000, 4096, null);
  stretch.moments.add(features, examples.labels);
  stretch.spread.add(features, examples.labels, examples.labels, stretch.moments);
  const trained = trainingGeometry(stretch, rows, false)!;
  expect(trained).toEqual({ ...others, nc1: null, nearestMeanMismatch: 0, featureEnergy: others.featureEnergy });
  const cosines = trained.meanCosines!.map((cosine) => cosine!);
  const [a, b] = [3, 977];
  const centre = Float64Array.from({ length: 4096 }, (_, j) => {
    let sum = 0;
    for (let c = 0; c < 1000; c++) sum += features[c * 4096 + j]!;
    return sum / 1000;
  });
  const pair = [a, b].map((c) => centre.map((value, j) => features[c * 4096 + j]! - value));
  const product = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, j) => sum + value * y[j]!, 0);
  const cosine = product(pair[0]!, pair[1]!) / Math.sqrt(product(pair[0]!, pair[0]!) * product(pair[1]!, pair[1]!));
  expect(cosines[a * 1000 + b]).toBeCloseTo(cosine, 5);
});

test('features whose squares are beyond what the arithmetic holds are unknown, not NaN', () => {
  // Products of 400 means with each other are left to float32, those of four are not.
  for (const [classes, columns] of [
    [4, 6],
    [400, 96],
  ] as const) {
    const { features, rows, examples } = drawn(classes, columns, 3);
    const huge = features.map((value) => value * 1e25);
    const stretch = newStretch(classes, columns, null);
    stretch.moments.add(huge, examples.labels);
    stretch.spread.add(huge, examples.labels, examples.labels, stretch.moments);
    const kinds = [setGeometry(huge, examples, rows, stretch)!, trainingGeometry(stretch, rows)!];
    for (const { meanCosines, ...figures } of kinds) {
      for (const [name, value] of Object.entries(figures)) expect([name, Number.isNaN(value)]).toEqual([name, false]);
      expect(meanCosines!.some(Number.isNaN)).toBe(false);
    }
  }
});
