import { describe, expect, test } from 'vitest';
import { Snapshot } from '../../src/capture/snapshot.ts';
import { metrics } from '../../src/metrics/index.ts';
import { listed } from '../support/listed.ts';

/** Six examples of three classes, worked out by hand; class 2 has no example. */
const examples = {
  labels: Int32Array.of(0, 0, 0, 1, 1, 0),
  probabilities: Float32Array.of(
    ...[0.5, 0.25, 0.25],
    ...[0.25, 0.5, 0.25],
    ...[0.75, 0.25, 0],
    ...[0.25, 0.75, 0],
    ...[0.5, 0.25, 0.25],
    ...[0.5, 0.5, 0],
  ),
  losses: [1, 2, 3, 4, 6, 2],
};
const snapshot = new Snapshot({ stream: 'probe', step: 0, classes: 3, loss: 3.25, examples });
const measure = (id: string, of = snapshot) => {
  const measured = metrics.find((metric) => metric.id === id)!.measure(of);
  return measured === null || typeof measured === 'number' ? measured : listed(measured);
};

describe('by hand', () => {
  test.each([
    ['loss', 3.25],
    ['accuracy', 4 / 6],
    ['support', [4, 2, 0]],
    ['class-loss', [2, 5, null]],
    ['class-recall', [3 / 4, 1 / 2, null]],
    ['class-precision', [3 / 4, 1 / 2, null]],
    ['macro-recall', 5 / 8],
    ['predicted-fraction', [4 / 6, 2 / 6, 0]],
    ['mean-probability', [2.75 / 6, 2.5 / 6, 0.75 / 6]],
    ['absent-rate', [0, 0, 1]],
    ['confusion', [3, 1, 0, 1, 1, 0, 0, 0, 0]],
  ])('%s is %j', (id, expected) => {
    expect(measure(id)).toEqual(expected);
  });

  test('classifier-norm and classifier-cosine are those of the rows', () => {
    const classifier = Float32Array.of(3, 4, 0, 2, -3, -4);
    const of = new Snapshot({ stream: 'model', step: 0, classes: 3, classifier });
    expect(measure('classifier-norm', of)).toEqual([5, 2, 5]);
    expect(measure('classifier-cosine', of)).toEqual([1, 0.8, -1, 0.8, 1, -0.8, -1, -0.8, 1]);
  });
});
