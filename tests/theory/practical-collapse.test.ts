import { describe, expect, test } from 'vitest';
import { layerPeeledModel, minorityCollapseThresholds, oversampling } from '../../src/theory/index.ts';
import { examplesThatKeepApart, meanCosine, practicalCollapse } from '../../src/theory/practical-collapse.ts';

const collapseOf = (counts: number[], featureEnergy: number) =>
  practicalCollapse(layerPeeledModel({ counts, weightEnergy: 1, featureEnergy }));

describe('practical collapse', () => {
  test('finds rare classes of almost equal counts on one classifier, where no two are exactly the same', () => {
    expect(layerPeeledModel({ counts: [5000, 5000, 50, 51], weightEnergy: 1, featureEnergy: 5 }).phase).toBe(
      'separated',
    );
    expect(collapseOf([5000, 5000, 50, 51], 5)).toEqual({ shared: [[2, 3]], vanished: [] });
    expect(collapseOf([10, 5000, 20, 4000, 3000], 5)).toEqual({ shared: [[0, 2]], vanished: [] });
  });

  test('is transitive: whoever is near a member belongs to the set', () => {
    const angles = [0, 0.08, 0.04, 2];
    const classifierCosine = angles.flatMap((a) => angles.map((b) => Math.cos(a - b)));
    expect(Math.cos(0.08)).toBeLessThan(0.999);
    expect(practicalCollapse({ classifierNorm: [1, 1, 1, 1], classifierCosine }).shared).toEqual([[0, 1, 2]]);
  });

  test('tells classes that vanished, exactly or below 1 % of the mean norm, and shares none of them out', () => {
    expect(collapseOf([5000, 5000, 5000, 50, 45], 1)).toEqual({ shared: [], vanished: [3, 4] });
    const classifierNorm = [1, 1, 0.005, 0.006];
    const classifierCosine = new Array<number>(16).fill(1);
    expect(practicalCollapse({ classifierNorm, classifierCosine })).toEqual({ shared: [[0, 1, 3]], vanished: [2] });
  });

  test('finds nothing where energies keep the same classes apart', () => {
    expect(collapseOf([5000, 5000, 50, 51], 20)).toEqual({ shared: [], vanished: [] });
  });

  test('the mean cosine is over pairs of the given classes, without those whose classifier is 0', () => {
    const model = { classifierNorm: [1, 1, 0], classifierCosine: [1, 0.4, null, 0.4, 1, null, null, null, null] };
    expect(meanCosine(model, [0, 1, 2])).toBe(0.4);
    expect(meanCosine(model, [0, 2])).toBeNull();
  });
});

describe('examples that keep classes apart', () => {
  test('are for two different counts what oversampling says, within 2 %', () => {
    const input = { counts: [5000, 5000, 50, 50], weightEnergy: 1, featureEnergy: 5 };
    expect(oversampling(input)).toBeGreaterThan(2);
    const ratio = examplesThatKeepApart(input) / (50 * oversampling(input));
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(1.02);
  });

  test('keep graded counts apart, and 3 % fewer do not', () => {
    const counts = [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 10];
    const least = examplesThatKeepApart({ counts, weightEnergy: 1, featureEnergy: 2 });
    const raisedTo = (n: number) =>
      collapseOf(
        counts.map((count) => Math.max(count, n)),
        2,
      );
    expect(raisedTo(least)).toEqual({ shared: [], vanished: [] });
    expect(raisedTo(0.97 * least).shared).not.toEqual([]);
  });

  test('keep a single rare class from vanishing', () => {
    const energies = { weightEnergy: 1, featureEnergy: 0.5 };
    const { zero } = minorityCollapseThresholds({ majority: 3, minority: 1, ...energies });
    const least = examplesThatKeepApart({ counts: [5000, 5000, 5000, 1], ...energies });
    expect(least).toBeGreaterThan(5000 / zero!);
    expect(collapseOf([5000, 5000, 5000, least], 0.5).vanished).toEqual([]);
  });

  test('are the smallest count where nothing collapses; classes without examples do not matter', () => {
    expect(examplesThatKeepApart({ counts: [500, 400, 0, 0], weightEnergy: 1, featureEnergy: 20 })).toBe(400);
  });
});
