import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassMoments } from '../../src/geometry/class-moments.ts';
import { featureEnergy, weightEnergy } from '../../src/geometry/energy.ts';
import { rowCosines } from '../../src/geometry/index.ts';
import { nearestMeanMismatches } from '../../src/geometry/nearest-mean.ts';
import {
  type CollapseInput,
  nc1Coverage,
  neuralCollapse,
  neuralCollapseOf,
} from '../../src/geometry/neural-collapse.ts';
import { type Products, plainProducts } from '../../src/geometry/products.ts';
import { cloudOf, clouds, expectSame, normals, rotated, rotationOf } from './clouds.ts';
import * as plain from './plain-collapse.ts';

const NOTHING = {
  nc1: null,
  cdnv: null,
  equinormMeans: null,
  equiangularityMeans: null,
  selfDuality: null,
};

/** The frame of `classes` vectors in at least as many columns, turned and scaled. */
function frameOf(classes: number, columns: number, scale = 1): number[][] {
  const corners = Array.from({ length: classes }, (_, c) =>
    Array.from({ length: columns }, (_, j) => (j < classes ? scale * ((j === c ? 1 : 0) - 1 / classes) : 0)),
  );
  return rotated(corners, rotationOf(3, columns));
}

describe('neuralCollapse', () => {
  test('says what the definitions say, NC4 included', () => {
    fc.assert(
      fc.property(clouds, (cloud) => {
        const got = neuralCollapse(cloud);
        const predicted = plain.predicted(cloud);
        expectSame(got.nearestMeanMismatch, 1 - plain.share(predicted, plain.nearest(cloud, plain.means(cloud))));
        const moments = new ClassMoments(cloud);
        moments.add(cloud.features.flat(), cloud.labels);
        const { nearestMeanMismatch: _, ...others } = got;
        expectSame(others, { ...neuralCollapseOf(moments, cloud) }, 1e-7);
      }),
    );
  });

  test('flat rows are the same', () => {
    const cloud = cloudOf({ seed: 8, classes: 4, columns: 6, examples: 50 });
    const flat: CollapseInput = {
      features: Float64Array.from(cloud.features.flat()),
      labels: Int32Array.from(cloud.labels),
      weights: cloud.weights.flat(),
      bias: Float64Array.from(cloud.bias),
      columns: 6,
    };
    expect(neuralCollapse(flat)).toEqual(neuralCollapse(cloud));
  });

  test('an exact frame is collapsed', () => {
    const weights = frameOf(10, 16, 3);
    const labels = Array.from({ length: 40 }, (_, i) => i % 10);
    const features = labels.map((label) => frameOf(10, 16)[label]!);
    const got = neuralCollapse({ features, labels, weights, minority: [7, 8, 9] });
    expect(got.nc1).toBe(0);
    expect(got.cdnv).toBe(0);
    expect(got.nearestMeanMismatch).toBe(0);
    for (const name of ['equinormMeans', 'equiangularityMeans', 'equinormClassifier', 'normVariation'] as const) {
      expect(got[name], name).toBeCloseTo(0, 13);
    }
    expect(got.equiangularityClassifier).toBeCloseTo(0, 13);
    expect(got.selfDuality).toBeCloseTo(0, 13);
    expect(got.minorityCosine).toBeCloseTo(-1 / 9, 13);
  });

  test('turning all features, and moving them, changes nothing but the angle to the classifier', () => {
    fc.assert(
      fc.property(clouds, fc.nat(1e6), (cloud, seed) => {
        const { columns } = cloud;
        const rotation = rotationOf(seed, columns);
        const shift = normals(seed, columns);
        const features = rotated(cloud.features, rotation).map((h) => h.map((x, j) => x + 10 * shift[j]!));
        const weights = rotated(cloud.weights, rotation);
        // The bias takes the shift back, so that predictions stay.
        const bias = cloud.bias.map((b, c) => b - 10 * plain.dot(weights[c]!, shift));
        expectSame({ ...neuralCollapse({ ...cloud, features, weights, bias }) }, { ...neuralCollapse(cloud) }, 1e-7);
        const { nc1, cdnv, equinormMeans, equiangularityMeans } = neuralCollapse({ ...cloud, features });
        const before = neuralCollapse(cloud);
        expectSame([nc1, cdnv], [before.nc1, before.cdnv], 1e-7);
        expectSame([equinormMeans, equiangularityMeans], [before.equinormMeans, before.equiangularityMeans]);
      }),
    );
  });
});

describe('what is not there', () => {
  const cloud = cloudOf({ seed: 9, classes: 4, columns: 6, examples: 60 });

  test('a class without examples is left out of what concerns features', () => {
    const isLeft = cloud.labels.map((label) => label !== 2);
    const only = (_: unknown, i: number) => isLeft[i]!;
    const got = neuralCollapse({ ...cloud, features: cloud.features.filter(only), labels: cloud.labels.filter(only) });
    const three = {
      features: cloud.features.filter(only),
      labels: cloud.labels.filter(only).map((label) => (label === 3 ? 2 : label)),
      weights: cloud.weights.filter((_, c) => c !== 2),
    };
    const expected = neuralCollapse(three);
    for (const name of ['nc1', 'cdnv', 'equinormMeans', 'equiangularityMeans', 'selfDuality'] as const) {
      expectSame(got[name], expected[name]);
    }
    expectSame(got.equinormClassifier, plain.variation(cloud.weights));
    expectSame(got.equiangularityClassifier, plain.angles(cloud.weights).mean_abs_dev_from_etf);
  });

  test('and has no mean and no variance; one with a single example varies by 0', () => {
    const moments = new ClassMoments({ classes: 3, columns: 2 });
    moments.add([3, 4, 0, 2, 0, 0], [0, 2, 2]);
    expect(moments.means().map((mean) => mean && [...mean])).toEqual([[3, 4], null, [0, 1]]);
    expect([0, 1, 2].map((c) => moments.variance(c))).toEqual([0, null, 1]);
    // |mu_0 - mu_2|^2 = 18: (0 + 1) / 36; centre (1.5, 2.5), 4.5 from each.
    expect(neuralCollapseOf(moments, { weights: [3, 4, 1, 0, 0, 1] }).cdnv).toBeCloseTo(1 / 36, 14);
    expect(featureEnergy(moments)).toBeCloseTo((4.5 + 4.5 + 1) / 2, 14);
  });

  test('no examples, or of one class', () => {
    const weights = cloud.weights;
    expect(neuralCollapse({ ...cloud, features: [], labels: [] })).toMatchObject({
      ...NOTHING,
      nearestMeanMismatch: null,
    });
    const one = neuralCollapse({ features: [[1, 2, 3, 4, 5, 6]], labels: [1], weights });
    expect(one).toMatchObject(NOTHING);
    expect(one.equinormClassifier).toBeGreaterThan(0);
    expect(featureEnergy(new ClassMoments(cloud))).toBeNull();
  });

  test('features that are all the same: 0 / 0 is null', () => {
    const features = cloud.features.map(() => [0.1, 0.2, 0.3, 0.7, 1e5, -0.9]);
    expect(neuralCollapse({ ...cloud, features })).toMatchObject(NOTHING);
  });

  test('features whose squares are beyond what a number holds: null, not NaN, and no digits are lost just below', () => {
    const scaled = (factor: number) => ({ ...cloud, features: cloud.features.map((h) => h.map((x) => x * factor)) });
    for (const factor of [1e154, 1e160, 1e200, 1e300]) {
      const got = neuralCollapse(scaled(factor));
      expect(got).toMatchObject({ ...NOTHING, nearestMeanMismatch: null });
      expectSame(got.equinormClassifier, neuralCollapse(cloud).equinormClassifier);
      const moments = new ClassMoments({ ...cloud, scatter: 'full' });
      moments.add(scaled(factor).features.flat(), cloud.labels);
      expect(neuralCollapseOf(moments, cloud)).toMatchObject(NOTHING);
      expect([featureEnergy(moments), nc1Coverage(moments)]).toEqual([null, null]);
    }
    const { nearestMeanMismatch: _, ...expected } = neuralCollapse({ ...cloud, bias: cloud.bias.map(() => 0) });
    const { nearestMeanMismatch: __, ...got } = neuralCollapse(scaled(1e150));
    expectSame(got, { ...expected }, 1e-7);
  });

  test('and so in float32 arithmetic, where they end sooner', () => {
    const f32 = (values: Float64Array) => Float64Array.from(Float32Array.from(values));
    const products: Products = {
      addProducts(rows, size, length, into) {
        plainProducts.addProducts(rows, size, length, into);
        into.set(f32(into));
      },
      rowProducts: (...given) => f32(plainProducts.rowProducts(...given)),
    };
    const features = cloud.features.map((h) => h.map((x) => x * 1e25));
    const got = neuralCollapse({ ...cloud, features, products });
    for (const [name, value] of Object.entries(got)) expect([name, Number.isNaN(value)]).toEqual([name, false]);
    expect(got.nc1).toBeNull();
    expect(got.nearestMeanMismatch).toBeNull();
  });

  test('enormous rows of the classifier count by their proportions', () => {
    const { nearestMeanMismatch: _, ...expected } = neuralCollapse(cloud);
    for (const factor of [2 ** 600, 2 ** 1015]) {
      const weights = cloud.weights.map((w) => w.map((x) => x * factor));
      const { nearestMeanMismatch: __, ...got } = neuralCollapse({ ...cloud, weights });
      expectSame(got, { ...expected });
    }
    const weights = [
      [1e200, 0],
      [0, 1e200],
    ];
    expect(neuralCollapse({ features: weights, labels: [0, 1], weights })).toMatchObject({
      equinormClassifier: 0,
      equiangularityClassifier: 1,
      selfDuality: null,
      nearestMeanMismatch: null,
    });
    expect(weightEnergy(weights)).toBeNull();
  });

  test('an example whose logits are beyond what a number holds has no guess to be compared', () => {
    const means = [
      [1, 0],
      [0, 1],
    ];
    const weights = means.map((mean) => mean.map((x) => x * 1e308));
    const features = [
      [2, 0],
      [0, 1],
    ];
    expect(nearestMeanMismatches(features.flat(), { weights }, means)).toEqual({ mismatches: 0, examples: 1 });
  });

  test('class means that are the same but for rounding are the same', () => {
    const values = normals(3, 12);
    const forward = [0, 1, 2, 3].map((i) => values.slice(3 * i, 3 * i + 3));
    const features = [...forward, ...[...forward].reverse()];
    const labels = [0, 0, 0, 0, 1, 1, 1, 1];
    expect(
      neuralCollapse({
        features,
        labels,
        weights: [
          [1, 0, 0],
          [0, 1, 0],
        ],
      }),
    ).toMatchObject(NOTHING);
  });

  test('two of many means the same: no class distance to divide by, the rest is there', () => {
    const labels = [0, 0, 1, 1, 2, 2];
    const features = [
      [0, 1],
      [0, 3],
      [0, 1],
      [0, 3],
      [5, 1],
      [5, 0],
    ];
    const got = neuralCollapse({
      features,
      labels,
      weights: [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
    });
    expect(got.cdnv).toBeNull();
    expect(got.nc1).toBeGreaterThan(0);
  });

  test('two means close to each other and far from the rest: their distance keeps its digits, unless it is rounding', () => {
    const labels = [0, 0, 1, 1, 2, 2, 3, 3];
    const gap = 2 ** -20;
    const features = [-1, 1, gap - 1, gap + 1, 4095, 4097, -8193, -8191].map((x) => [x]);
    const cdnv = plain.cdnv({ features, labels, weights: [[1], [1], [1], [1]], bias: [0, 0, 0, 0] });
    expect(neuralCollapse({ features, labels, weights: [[1], [1], [1], [1]] }).cdnv! / cdnv).toBeCloseTo(1, 9);
    const values = normals(3, 30);
    const again = [...values, ...[...values].reverse(), 3].map((x) => [x]);
    const labels3 = again.map((_, i) => Math.floor(i / 30));
    expect(neuralCollapse({ features: again, labels: labels3, weights: [[1], [1], [1]] }).cdnv).toBeNull();
  });

  test('nearly dependent means: what lies below the rank cut is 0, what lies above counts', () => {
    const at = (height: number) => {
      const labels = [0, 0, 1, 1, 2, 2];
      const means = [
        [0, 0],
        [1, 0],
        [0.5, height],
      ];
      const features = labels.map((label, i) => means[label]!.map((x) => x + (i % 2 === 0 ? 2 ** -20 : -(2 ** -20))));
      return neuralCollapse({
        features,
        labels,
        weights: [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
      }).nc1!;
    };
    // 2^-40 of variance along each direction; the means have squares of 1 / 6 and 2 / 9 height^2 there.
    for (const height of [1, 1e-3, 1e-5]) {
      expectSame((at(height) * 2 ** 40) / (6 + 9 / 2 / height ** 2), 1 / 3);
    }
    expectSame(at(1e-10) * 2 ** 40, 2);
  });

  test('rows of 0 have no direction', () => {
    const weights = cloud.weights.map((row, c) => (c === 1 ? row.map(() => 0) : row));
    const got = neuralCollapse({ ...cloud, weights, minority: [0, 1, 2] });
    const others = weights.filter((_, c) => c !== 1);
    const away = plain.pairCosines(others).map((cosine) => Math.abs(cosine + 1 / 3));
    expectSame(got.equiangularityClassifier, plain.mean(away));
    expectSame(got.equinormClassifier, plain.variation(weights));
    expectSame(got.minorityCosine, plain.pairCosines([weights[0]!, weights[2]!])[0]!);
    const zeros = neuralCollapse({ ...cloud, weights: weights.map((row) => row.map(() => 0)), minority: [0, 1] });
    expect(zeros).toMatchObject({ equinormClassifier: null, equiangularityClassifier: null, selfDuality: null });
    expect(zeros).toMatchObject({ minorityCosine: null, normVariation: null });
    expect(rowCosines([1, 1, 0, 0], 2)).toEqual([1, null, null, null]);
  });
});

describe('minority', () => {
  test('counts tell it where it is not given; of fewer than two classes there is no pair', () => {
    const base = {
      weights: [
        [1, 0],
        [1, 1],
        [0, 2],
        [3, 0],
      ],
    };
    const labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3];
    const features = labels.map((label, i) => [label, i % 3]);
    const got = neuralCollapse({ ...base, features, labels });
    expect(got.minorityCosine).toBeCloseTo(0, 14);
    expect(got.normVariation).toBeCloseTo(0.2, 14);
    for (const minority of [[], [1]]) {
      const none = neuralCollapse({ ...base, features, labels, minority });
      expect(none).toMatchObject({ minorityCosine: null, normVariation: null });
    }
  });
});

describe('nearest class mean', () => {
  const classifier = {
    weights: [
      [1, 0],
      [0, 1],
      [-1, -1],
    ],
    bias: [0, 0, 0.5],
  };

  test('counts add up, means come from elsewhere, classes without one are nobody', () => {
    const features = [3, 1, 1, 3, -2, -2, 0, 0];
    const means = [
      [2, 0],
      [0, 2],
      [-1, -1],
    ];
    expect(nearestMeanMismatches(features, classifier, means)).toEqual({ mismatches: 0, examples: 4 });
    expect(nearestMeanMismatches(features, classifier, [[2, 0], [0, 2], null])).toEqual({ mismatches: 2, examples: 4 });
    expect(nearestMeanMismatches(features, classifier, means, [0, 5, -1, 2])).toEqual({ mismatches: 0, examples: 2 });
    expect(nearestMeanMismatches(features, classifier, [null, null, null])).toEqual({ mismatches: 0, examples: 0 });
    const given = { features: [[3, 1]], labels: [1], ...classifier, means: [[-9, 0], [3, 1], null] };
    expect(neuralCollapse(given).nearestMeanMismatch).toBe(1);
  });

  test('of equal ones the first', () => {
    const equal = {
      weights: [
        [1, 1],
        [1, 1],
      ],
    };
    expect(
      nearestMeanMismatches([5, 5], equal, [
        [7, 7],
        [7, 7],
      ]),
    ).toEqual({ mismatches: 0, examples: 1 });
    expect(
      nearestMeanMismatches(
        [1, 5],
        {
          weights: [
            [0, 0],
            [1, 0],
          ],
        },
        [
          [0, 5],
          [2, 5],
        ],
      ).mismatches,
    ).toBe(1);
  });

  test('far from the origin', () => {
    const far = {
      weights: [
        [-1, 0],
        [1, 0],
      ],
      bias: [1e8 + 0.25, -1e8 - 0.25],
    };
    const means = [
      [1e8, 7],
      [1e8 + 0.5, 7],
    ];
    const features = [1e8 + 0.125, 7, 1e8 + 0.375, 7];
    expect(nearestMeanMismatches(features, far, means)).toEqual({ mismatches: 0, examples: 2 });
  });
});

test('weight energy is centred', () => {
  expect(
    weightEnergy([
      [1, 1],
      [3, 1],
      [2, 1],
    ]),
  ).toBeCloseTo(2 / 3, 14);
  expect(weightEnergy(Float32Array.of(1e6 + 1, 1e6 + 3), 1)).toBe(1);
  expect(weightEnergy([])).toBeNull();
});

describe('what is wrong is said in one sentence', () => {
  const right: CollapseInput = {
    features: [
      [1, 2],
      [3, 4],
    ],
    labels: [0, 1],
    weights: [
      [1, 0],
      [0, 1],
    ],
    bias: [0, 0],
  };

  test.each<[Partial<CollapseInput>, string]>([
    [
      {
        features: [
          [1, 2],
          [Number.NaN, 4],
        ],
      },
      'Expected finite numbers in features, got NaN in row 1, column 0.',
    ],
    [{ features: [[1, 2], [3]] }, 'Expected 2 values in every row of features, got 1 in row 1.'],
    [{ features: [1, 2, 3] }, 'Expected the length of features to be a multiple of 2 columns, got 3.'],
    [{ labels: [0] }, 'Expected one label for each of 2 rows of features, got 1 labels.'],
    [{ labels: [0, Number.NaN] }, 'Expected integers in labels, got NaN at place 1.'],
    [{ labels: [0, '1'] as never }, 'Expected integers in labels, got the string "1" at place 1.'],
    [{ weights: [[1, 0]] }, 'weights has one row: expected the rows of at least two classes.'],
    [{ weights: [1, 0], columns: 2 }, 'weights has one row: expected the rows of at least two classes.'],
    [{ weights: [], columns: 2 }, 'weights has no rows: expected the rows of at least two classes.'],
    [
      { weights: [1, 0, 0, 1], columns: '2' as never },
      'Expected columns to be an integer of at least 1, got the string "2".',
    ],
    [
      {
        weights: [
          [1, 0],
          [0, Number.POSITIVE_INFINITY],
        ],
      },
      'Expected finite numbers in weights, got Infinity in row 1, column 1.',
    ],
    [{ weights: [1, 0, 0, 1] }, 'Expected columns, the number of values per row, beside flat weights, got undefined.'],
    [{ bias: [1] }, 'Expected one value of bias for each of 2 classes, got 1.'],
    [{ bias: [1, Number.NaN] }, 'Expected finite numbers in bias, got NaN in row 0, column 1.'],
    [{ minority: [0, 2] }, 'minority[1] is 2: expected the index of a class, 0 to 1.'],
    [{ minority: [1, 1] }, 'minority[1] is 1: expected every class once.'],
    [{ means: [[1, 2]] }, 'Expected means of 2 classes, null where there is none, got 1.'],
    [{ means: [[1, 2], [1]] }, 'Expected 2 values in every row of means, got 1 in row 1.'],
    [{ means: [[1], [1]] }, 'Expected 2 values in every row of means, got 1 in row 0.'],
  ])('%o', (wrong, sentence) => {
    expect(() => neuralCollapse({ ...right, ...wrong })).toThrow(new RangeError(sentence));
  });

  test('a classifier of other classes', () => {
    const moments = new ClassMoments({ classes: 3, columns: 2 });
    expect(() =>
      neuralCollapseOf(moments, {
        weights: [
          [1, 0],
          [0, 1],
        ],
      }),
    ).toThrow(new RangeError('Expected one row of weights for each of 3 classes, got 2.'));
  });
});
