import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basisOf } from '../../src/geometry/basis.ts';
import { ClassMoments, type MomentsOptions } from '../../src/geometry/class-moments.ts';
import { featureEnergy } from '../../src/geometry/energy.ts';
import { meansBasis, nc1Coverage, neuralCollapse, neuralCollapseOf } from '../../src/geometry/neural-collapse.ts';
import { addProducts, plainProducts } from '../../src/geometry/products.ts';
import { type Cloud, cloudOf, clouds, expectSame, normals } from './clouds.ts';
import * as plain from './plain-collapse.ts';

function momentsOf({ features, labels, classes, columns }: Cloud, scatter?: MomentsOptions['scatter']): ClassMoments {
  const moments = new ClassMoments({ classes, columns, ...(scatter === undefined ? {} : { scatter }) });
  moments.add(features.flat(), labels);
  return moments;
}

/** Everything that moments are asked for. */
const figures = (moments: ClassMoments, weights: readonly number[][]) => ({
  ...neuralCollapseOf(moments, { weights }),
  energy: featureEnergy(moments),
  counts: [...moments.counts],
  means: moments.means().map((mean) => mean && [...mean]),
  variances: Array.from(moments.counts, (_, c) => moments.variance(c)),
});

const part = (cloud: Cloud, from: number, to: number): Cloud => ({
  ...cloud,
  features: cloud.features.slice(from, to),
  labels: cloud.labels.slice(from, to),
});

describe('moments out of batches', () => {
  test('say what the definitions say', () => {
    fc.assert(
      fc.property(clouds, (cloud) => {
        const got = figures(momentsOf(cloud), cloud.weights);
        expectSame(got.cdnv, plain.cdnv(cloud));
        expectSame(got.means, plain.means(cloud));
        const m = plain.centred(plain.means(cloud));
        expectSame(got.equinormMeans, plain.variation(m));
        expectSame(got.equiangularityMeans, plain.angles(m).mean_abs_dev_from_etf);
        expectSame(got.equinormClassifier, plain.variation(cloud.weights));
        expectSame(got.equiangularityClassifier, plain.angles(cloud.weights).mean_abs_dev_from_etf);
        expectSame(got.selfDuality, plain.duality(cloud.weights, m));
        const energies = m.map((row, c) => plain.norm(row) ** 2 + got.variances[c]!);
        expectSame(got.energy, plain.mean(energies));
        // With fewer columns than C - 1 the definition would divide by eigenvalues of 0.
        const rank = Math.min(cloud.classes - 1, cloud.columns);
        const nc1 = plain.nc1(plain.withinScatter(cloud), plain.betweenScatter(cloud), rank + 1);
        expectSame(got.nc1, (nc1 * (rank + 1)) / cloud.classes, 1e-7);
      }),
    );
  });

  test('in any order and split anyhow they are the same', () => {
    fc.assert(
      fc.property(clouds, fc.array(fc.nat(60), { maxLength: 4 }), fc.infiniteStream(fc.nat()), (cloud, cuts, keys) => {
        const order = cloud.labels
          .map((_, i) => ({ i, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key);
        const features = order.map(({ i }) => cloud.features[i]!);
        const labels = order.map(({ i }) => cloud.labels[i]!);
        const moments = new ClassMoments(cloud);
        const ends = [...cuts, 0, features.length].filter((cut) => cut <= features.length).sort((a, b) => a - b);
        ends.slice(1).forEach((end, k) => {
          moments.add(Float64Array.from(features.slice(ends[k]!, end).flat()), labels.slice(ends[k]!, end));
        });
        expectSame(figures(moments, cloud.weights), figures(momentsOf(cloud), cloud.weights));
      }),
    );
  });

  test('two that are merged are one', () => {
    fc.assert(
      fc.property(clouds, fc.nat(40), fc.boolean(), (cloud, cut, inBasis) => {
        const scatter = inBasis ? basisOf(cloud.weights) : 'full';
        const merged = momentsOf(part(cloud, 0, cut), scatter);
        merged.merge(momentsOf(part(cloud, cut, cloud.labels.length), scatter));
        expectSame(figures(merged, cloud.weights), figures(momentsOf(cloud, scatter), cloud.weights), 1e-7);
      }),
    );
  });

  test('more examples than are held at a time', () => {
    const cloud = cloudOf({ seed: 4, classes: 3, columns: 7, examples: 700 });
    const nc1 = plain.nc1(plain.withinScatter(cloud), plain.betweenScatter(cloud), 3);
    expectSame(neuralCollapseOf(momentsOf(cloud), cloud).nc1, nc1);
  });

  test('labels that are no class are left out', () => {
    const cloud = cloudOf({ seed: 1, classes: 3, columns: 4, examples: 30 });
    const moments = momentsOf(cloud);
    moments.add([9, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7], [-1, 3, 2 ** 40]);
    expect(moments.examples).toBe(30);
    expect(figures(moments, cloud.weights)).toEqual(figures(momentsOf(cloud), cloud.weights));
  });

  test('products that someone else computes, here in float32, are asked for once per block', () => {
    const cloud = cloudOf({ seed: 2, classes: 4, columns: 6, examples: 300, offset: 1e3 });
    const sizes: number[] = [];
    const moments = new ClassMoments({
      ...cloud,
      scatter: 'full',
      products: {
        ...plainProducts,
        addProducts: (rows, size, length, into) => {
          sizes.push(size, length);
          addProducts(Float64Array.from(rows, Math.fround), size, length, into);
        },
      },
    });
    moments.add(cloud.features.flat(), cloud.labels);
    expect(sizes).toEqual([6, 128, 6, 128, 6, 44]);
    const exact = neuralCollapseOf(momentsOf(cloud), cloud).nc1!;
    expect(Math.abs(neuralCollapseOf(moments, cloud).nc1! / exact - 1)).toBeLessThan(1e-6);
  });
});

describe('scatter in a basis', () => {
  const cloud = cloudOf({ seed: 3, classes: 5, columns: 12, examples: 200 });
  const exact = neuralCollapseOf(momentsOf(cloud), cloud).nc1!;

  test('is exact where the class means lie in the basis', () => {
    const moments = momentsOf(cloud, meansBasis(momentsOf(cloud)));
    expect(moments.scatter!.size).toBe(4);
    expectSame(neuralCollapseOf(moments, cloud).nc1, exact);
    expect(nc1Coverage(moments)).toBeCloseTo(1, 12);
  });

  test('elsewhere NC1 is that of the features in the basis, and coverage says how much they hold', () => {
    const axes = basisOf([
      [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    const moments = momentsOf(cloud, axes);
    const seen = { ...cloud, columns: 2, features: cloud.features.map((h) => [h[0]!, h[2]!]) };
    const m = plain.centred(plain.means(seen));
    expectSame(neuralCollapseOf(moments, cloud).nc1, neuralCollapseOf(momentsOf(seen), { weights: m }).nc1);
    const share = plain.frobenius(m) ** 2 / plain.frobenius(plain.centred(plain.means(cloud))) ** 2;
    expectSame(nc1Coverage(moments), share);
    expect(nc1Coverage(momentsOf(cloud))).toBe(1);
  });

  test('without any, NC1 alone is missing', () => {
    const { nc1, ...others } = figures(momentsOf(cloud, 'none'), cloud.weights);
    const { nc1: _, ...expected } = figures(momentsOf(cloud), cloud.weights);
    expect(nc1).toBeNull();
    expect(others).toEqual(expected);
    expect(nc1Coverage(momentsOf(cloud, 'none'))).toBeNull();
    expect(new ClassMoments({ classes: 2, columns: 2000 }).scatter).toBeNull();
  });
});

describe('digits', () => {
  /** Far from the origin, close to each other within classes. */
  const hard = { seed: 5, classes: 4, columns: 5, examples: 120 };

  test.each([1e3, 1e6])('an offset of %d costs none that the features still have', (offset) => {
    const near = cloudOf(hard);
    const far = { ...near, features: near.features.map((h) => h.map((x) => x + offset)) };
    const back = { ...far, features: far.features.map((h) => h.map((x) => x - offset)) };
    expectSame(neuralCollapse(far).nc1, neuralCollapse(back).nc1, 1e-9);
    expectSame(figures(momentsOf(far), far.weights).cdnv, figures(momentsOf(back), far.weights).cdnv, 1e-9);
    expectSame(figures(momentsOf(far), far.weights).nc1, figures(momentsOf(back), far.weights).nc1, 1e-9);
  });

  test('variability of 1e-18 beside means of 1 is still right', () => {
    const cloud = cloudOf(hard);
    const mus = normals(7, 20).map(Math.fround);
    const features = cloud.features.map((h, i) => h.map((x, j) => mus[cloud.labels[i]! * 5 + j]! + x * 2 ** -30));
    const collapsed = { ...cloud, features };
    const expected = plain.nc1(plain.withinScatter(collapsed), plain.betweenScatter(collapsed), 4);
    expect(expected).toBeLessThan(1e-15);
    expectSame(neuralCollapseOf(momentsOf(collapsed), cloud).nc1! / expected, 1, 1e-6);
    expectSame(neuralCollapse(collapsed).nc1! / expected, 1, 1e-6);
  });

  test('huge values, small ones', () => {
    const cloud = cloudOf(hard);
    const expected = neuralCollapse(cloud);
    for (const factor of [1e20, 1e-20]) {
      const features = cloud.features.map((h) => h.map((x) => x * factor));
      const bias = cloud.bias.map((b) => b * factor);
      expectSame({ ...neuralCollapse({ ...cloud, features, bias }) }, { ...expected });
      expectSame(neuralCollapseOf(momentsOf({ ...cloud, features }), cloud).nc1, expected.nc1);
    }
  });
});

describe('what is wrong is said', () => {
  const moments = () => new ClassMoments({ classes: 2, columns: 2 });

  test('and nothing is added', () => {
    const one = moments();
    expect(() => one.add([1, 2, 3, Number.NaN], [0, 1])).toThrow(
      new RangeError('Expected finite numbers in features, got NaN in row 1, column 1.'),
    );
    expect(() => one.add([1, 2, 3], [0, 1])).toThrow(
      new RangeError('Expected the length of features to be 2 labels times 2 columns, got 3.'),
    );
    expect(() => one.add([1, 2], [0.5])).toThrow(new RangeError('Expected integers in labels, got 0.5 at place 0.'));
    expect(one.examples).toBe(0);
    one.add([], []);
    expect(one.means()).toEqual([null, null]);
  });

  test('of options and of others that do not fit', () => {
    expect(() => new ClassMoments({ classes: 0, columns: 2 })).toThrow(
      new RangeError('Expected classes to be an integer of at least 1, got 0.'),
    );
    expect(() => new ClassMoments({ classes: 2, columns: 3, scatter: basisOf([[1, 0]]) })).toThrow(
      new RangeError('Expected a basis of 3 columns for scatter, got 2.'),
    );
    expect(() => moments().merge(new ClassMoments({ classes: 3, columns: 2 }))).toThrow(
      new RangeError('Expected moments of 2 classes to merge, got 3.'),
    );
    for (const scatter of ['none', basisOf([[1, 0]])] as const) {
      const other = new ClassMoments({ classes: 2, columns: 2, scatter });
      expect(() => moments().merge(other)).toThrow(/same scatter/);
    }
  });
});
