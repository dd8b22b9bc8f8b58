import { describe, expect, test } from 'vitest';
import { collapseRatio } from '../../src/theory/collapse-ratio.ts';
import { minorityCollapseThresholds } from '../../src/theory/collapse-threshold.ts';
import { layerPeeledModel } from '../../src/theory/layer-peeled-model.ts';
import { type Trained, trainPeeled } from './decayed-descent.ts';
import { dot } from './free-descent.ts';

/** Classifiers shrink faster than features, so that the two energies differ; the geometry depends on the root of the product, DECAY. */
const [WEIGHT_DECAY, FEATURE_DECAY] = [0.02, 0.005];
const DECAY = 0.01;
const CLASSES = 10;

/**
 * The smallest R that collapses under this decay: where the share of one minority class, 1 / (majority R + minority), is DECAY. Energies are
 * none of its terms, while in the bounded form R0 is that of given energies; training says which energies belong to which R.
 */
const collapseFrom = (majority: number) => (1 / DECAY - (CLASSES - majority)) / majority;

function trainedAt(majority: number, times: number) {
  const R = times * collapseFrom(majority);
  const counts = Array.from({ length: CLASSES }, (_, k) => (k < majority ? R : 1));
  const trained = trainPeeled(counts, {
    weightDecay: WEIGHT_DECAY,
    featureDecay: FEATURE_DECAY,
    steps: 10_000,
    rate: 2,
  });
  const { weightEnergy, featureEnergy } = trained;
  return {
    ...{ R, counts, trained },
    predicted: layerPeeledModel({ counts, weightEnergy, featureEnergy }),
    thresholds: minorityCollapseThresholds({ majority, minority: CLASSES - majority, weightEnergy, featureEnergy }),
  };
}

/** Cosines of all pairs of classifiers from class `from` on. */
function cosines({ w }: Trained, from: number): number[] {
  const rows = w.slice(from);
  return rows.flatMap((a, k) => rows.slice(0, k).map((b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
}

describe('free features and classifiers, trained by gradient descent with weight decay, end as the layer-peeled model of their energies says', () => {
  const MAJORITY = 5;

  test.each<[times: number, cosine: number, phase: string]>([
    [0.1, -0.1, 'separated'],
    [0.6, 0, 'separated'],
    [0.97, 0.55, 'separated'],
    [1.1, 1, 'collapsed'],
    [10, 1, 'collapsed'],
  ])(
    '5 and 5 classes, R = %f R0: the cosine of every two minority classes is the predicted one, %f: %s',
    (times, cosineNear, phase) => {
      const { R, counts, trained, predicted, thresholds } = trainedAt(MAJORITY, times);
      expect(trained.slope).toBeLessThan(1e-5);
      expect(predicted.phase).toBe(phase);
      const expected = predicted.classifierCosine.at(-2)!;
      expect(expected).toBeCloseTo(cosineNear, 1);
      // The goal is 0.05. What is left is how far training has come, slowest beside R0.
      for (const cosine of cosines(trained, MAJORITY)) expect(Math.abs(cosine - expected)).toBeLessThan(2e-3);
      trained.w.forEach((row, k) => {
        expect(Math.sqrt(dot(row, row)) / predicted.classifierNorm[k]!).toBeCloseTo(1, 3);
      });
      trained.h.forEach((row, k) => {
        expect(Math.sqrt(dot(row, row)) / predicted.featureNorm[k]!).toBeCloseTo(1, 3);
      });
      expect(trained.loss).toBeCloseTo(predicted.loss, 6);
      expect(thresholds.collapse! <= R).toBe(phase === 'collapsed');
      // Features have a mean, which the ratio leaves out: its nuclear norm is a little smaller, and the ratio up to 1 % larger.
      const { w: classifier, h: classMeans } = trained;
      const { rho } = collapseRatio({ counts, weightDecay: WEIGHT_DECAY, classifier, classMeans });
      const share = 1 / (MAJORITY * (R + 1));
      expect((rho! * share) / DECAY).toBeGreaterThan(0.999);
      expect((rho! * share) / DECAY).toBeLessThan(1.02);
      expect(rho! >= 1).toBe(phase === 'collapsed');
    },
  );

  test('7 and 3 classes, R = 3 R0: the minority vanishes, and the model has no cosine for it', () => {
    const { R, trained, predicted, thresholds } = trainedAt(7, 3);
    expect(predicted.phase).toBe('zero');
    expect(predicted.classifierCosine.at(-2)).toBeNull();
    for (const row of [...trained.w.slice(7), ...trained.h.slice(7)]) expect(dot(row, row)).toBeLessThan(1e-10);
    expect(thresholds.zero).toBeLessThan(R);
  });
});
