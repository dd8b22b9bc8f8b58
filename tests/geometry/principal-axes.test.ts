import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PlaneInput, type PlaneView, type Point, principalAxes } from '../../src/geometry/principal-axes.ts';
import { symmetricEigen } from '../../src/geometry/symmetric-eigen.ts';
import { cloudOf, expectSame, normals, rotated, rotationOf } from './clouds.ts';
import * as plain from './plain-collapse.ts';

const pointsOf = ({ classifier, means }: PlaneView) => [...classifier, ...means].filter((point) => point !== null);

/** Largest distance that a point has moved. */
function moved(from: PlaneView, to: PlaneView): number {
  const ends = pointsOf(to);
  return Math.max(...pointsOf(from).map(([x, y], i) => Math.hypot(x - ends[i]![0], y - ends[i]![1])));
}

function inputOf(seed: number, classes: number, columns: number): { weights: number[][]; means: number[][] } {
  const cloud = cloudOf({ seed, classes, columns, examples: 4 * classes });
  return { weights: cloud.weights, means: plain.means(cloud) };
}

const inputs = fc
  .record({ seed: fc.nat(1e6), classes: fc.integer({ min: 3, max: 8 }), columns: fc.integer({ min: 2, max: 9 }) })
  .map(({ seed, classes, columns }) => inputOf(seed, classes, columns));

const turnedBy = (seed: number, { weights, means }: { weights: number[][]; means: number[][] }) => {
  const rotation = rotationOf(seed, weights[0]!.length);
  return { weights: rotated(weights, rotation), means: rotated(means, rotation) };
};

const jittered = (rows: number[][], seed: number, by: number) => {
  const noise = normals(seed, rows.length * rows[0]!.length);
  return rows.map((row, r) => row.map((x, j) => x + by * noise[r * row.length + j]!));
};

describe('principalAxes', () => {
  test('shows distances of two-dimensional points as they are, each set at its own size', () => {
    const input = inputOf(3, 5, 2);
    const view = principalAxes(input);
    expect(view.share).toBeCloseTo(1, 12);
    for (const [name, rows] of [
      ['classifier', input.weights],
      ['means', input.means],
    ] as const) {
      const size = plain.frobenius(plain.centred(rows));
      const shown = plain.pairsOf(view[name]).map(([a, b]) => Math.hypot(a![0] - b![0], a![1] - b![1]));
      expectSame(
        shown,
        plain.pairsOf(rows).map(([a, b]) => plain.norm(plain.minus(a, b)) / size),
      );
    }
  });

  test('no other plane shows more', () => {
    fc.assert(
      fc.property(inputs, fc.nat(1e6), (input, seed) => {
        const rows = [input.weights, input.means].flatMap((set) => {
          const centred = plain.centred(set);
          return centred.map((row) => row.map((x) => x / plain.frobenius(centred)));
        });
        const [x, y] = rotationOf(seed, rows[0]!.length);
        const other = plain.sum(rows.map((row) => plain.dot(row, x!) ** 2 + plain.dot(row, y!) ** 2)) / 2;
        expect(principalAxes(input).share).toBeGreaterThanOrEqual(other - 1e-12);
        // Along the axes themselves: first the longer, and nothing in common.
        const points = pointsOf(principalAxes(input));
        const [xx, yy, xy] = [
          plain.sum(points.map((p) => p[0] ** 2)),
          plain.sum(points.map((p) => p[1] ** 2)),
          plain.sum(points.map((p) => p[0] * p[1])),
        ];
        expect(xx).toBeGreaterThanOrEqual(yy - 1e-12);
        expect(xy).toBeCloseTo(0, 9);
      }),
    );
  });

  test('a turned copy of the same points gives the same picture', () => {
    fc.assert(
      fc.property(inputs, fc.nat(1e6), (input, seed) => {
        const view = principalAxes(input);
        expect(moved(view, principalAxes(turnedBy(seed, input), view))).toBeLessThan(1e-6);
        expect(view.share! - principalAxes(turnedBy(seed, input)).share!).toBeCloseTo(0, 9);
      }),
    );
    const input = inputOf(1, 6, 5);
    expect(moved(principalAxes(input), principalAxes(turnedBy(4, input)))).toBeLessThan(1e-9);
  });

  test('after a mirrored or turned view the same points lie where they lay', () => {
    const input = inputOf(2, 6, 5);
    const view = principalAxes(input);
    const [c, s] = [Math.cos(2), Math.sin(2)];
    const turn = (point: Point): Point => point && [c * point[0] + s * point[1], s * point[0] - c * point[1]];
    const before = { ...view, classifier: view.classifier.map(turn), means: view.means.map(turn) };
    expect(moved(before, principalAxes(input, before))).toBeLessThan(1e-9);
  });

  test('where another plane has become the principal one it is shown', () => {
    const rows = [
      [2, 0, 0, 0],
      [-2, 0, 0, 0],
      [0, 1, 0, 0.1],
      [0, -1, 0, -0.1],
      [0, 0, 0.3, 0.2],
      [0, 0, -0.3, -0.2],
    ];
    const later = rows.map(([x, y, z, u]) => [y! * 0.4, z! * 3, x!, u! * 0.5]);
    const view = principalAxes({ weights: rows, means: rows });
    const free = principalAxes({ weights: later, means: later });
    const aligned = principalAxes({ weights: later, means: later }, view);
    expectSame(aligned.share, free.share, 1e-6);
  });

  test('small moves of the rows are small moves of the points, in a frame too, where all axes are equally long', () => {
    const frame = Array.from({ length: 8 }, (_, c) => Array.from({ length: 10 }, (_, j) => (c === j ? 1 : 0)));
    let view = principalAxes({ weights: frame, means: frame });
    for (let step = 0; step < 20; step++) {
      const input = { weights: jittered(frame, step, 1e-3), means: jittered(frame, 100 + step, 1e-3) };
      const next = principalAxes(input, view);
      expect(moved(view, next)).toBeLessThan(0.005);
      view = next;
    }
    expect(view.share).toBeCloseTo(2 / 7, 2);
  });

  describe('of many points, of which only the longest axes are made', () => {
    /** Rows whose spread along axis j is `sizes[j]`. */
    const rowsOf = (seed: number, classes: number, sizes: readonly number[]) => {
      const values = normals(seed, classes * sizes.length);
      return Array.from({ length: classes }, (_, c) => sizes.map((size, j) => size * values[c * sizes.length + j]!));
    };
    /** By all eigenvalues of the points' products. */
    const bestShare = (sets: number[][][]) => {
      const rows = sets.flatMap((set) => {
        const centred = plain.centred(set);
        return centred.map((row) => row.map((x) => x / plain.frobenius(centred)));
      });
      const gram = rows.flatMap((a) => rows.map((b) => plain.dot(a, b)));
      const [first, second] = symmetricEigen(gram, rows.length).values;
      return (first! + second!) / sets.length;
    };

    test('axes that stand out are exact', () => {
      const sizes = [5, 3, ...Array.from({ length: 38 }, (_, j) => 1 / (1 + j))];
      const [weights, means] = [rowsOf(1, 60, sizes), rowsOf(2, 60, sizes)];
      expect(principalAxes({ weights, means }).share! / bestShare([weights, means])).toBeCloseTo(1, 9);
    });

    test('without any that stand out, nearly as much is shown as could be; picture after picture it gets closer', () => {
      const [weights, means] = [rowsOf(1, 60, Array(40).fill(1)), rowsOf(2, 60, Array(40).fill(1))];
      const best = bestShare([weights, means]);
      const first = principalAxes({ weights, means });
      expect(first.share!).toBeGreaterThan(0.97 * best);
      expect(first.share!).toBeLessThanOrEqual(best + 1e-12);
      let view = first;
      for (let k = 0; k < 10; k++) view = principalAxes({ weights, means }, view);
      expect(view.share!).toBeGreaterThan(0.99 * best);
    });

    test('a turned copy gives the same picture, and small moves are small', () => {
      const frame = Array.from({ length: 50 }, (_, c) => Array.from({ length: 60 }, (_, j) => (c === j ? 1 : 0)));
      let view = principalAxes({ weights: frame, means: frame });
      for (let step = 0; step < 10; step++) {
        const input = { weights: jittered(frame, step, 1e-3), means: jittered(frame, 100 + step, 1e-3) };
        const next = principalAxes(input, view);
        expect(moved(view, next)).toBeLessThan(0.005);
        expect(moved(next, principalAxes(turnedBy(step, input), view))).toBeLessThan(1e-6);
        view = next;
      }
    });

    test('a thousand classes', () => {
      const weights = rowsOf(3, 1000, [4, 2, ...Array(30).fill(0.5)]);
      const { classifier, means, share } = principalAxes({ weights, means: weights });
      expect(
        Math.max(...classifier.map((point, c) => Math.hypot(point![0] - means[c]![0], point![1] - means[c]![1]))),
      ).toBeLessThan(1e-9);
      expect(share).toBeCloseTo(20 / (20 + 30 * 0.25), 1);
    });
  });

  test('a class comes and goes: the others stay', () => {
    const { weights, means } = inputOf(5, 6, 4);
    const view = principalAxes({ weights, means });
    const without = { weights, means: means.map((mean, c) => (c === 4 ? null : mean)) };
    const next = principalAxes(without, view);
    expect(next.means[4]).toBeNull();
    expect(next.means.filter((point) => point === null)).toHaveLength(1);
    expect(moved(principalAxes(without, view), principalAxes(without, next))).toBeLessThan(0.3);
    expect(principalAxes({ weights, means }, next).means[4]).not.toBeNull();
  });

  test('rows that span less than a plane', () => {
    const line: PlaneInput = { weights: [1, 2, 4], means: [null, null, null], columns: 1 };
    const view = principalAxes(line);
    expect(view.share).toBeCloseTo(1, 12);
    expectSame(
      view.classifier.map((point) => point![1]),
      [0, 0, 0],
    );
    expect(moved(view, principalAxes(line, view))).toBeLessThan(1e-9);
    const mirrored = { ...view, classifier: view.classifier.map((point): Point => [-point![0], 0]) };
    expect(moved(mirrored, principalAxes(line, mirrored))).toBeLessThan(1e-9);
    const same = principalAxes(
      {
        weights: [
          [1, 2],
          [1, 2],
        ],
        means: [
          [3, 3],
          [3, 3],
        ],
      },
      view,
    );
    expect(same).toEqual({
      classifier: [
        [0, 0],
        [0, 0],
      ],
      means: [
        [0, 0],
        [0, 0],
      ],
      share: null,
    });
    expect(principalAxes({ weights: [[1, 2]], means: [null] }).classifier).toEqual([[0, 0]]);
  });

  test('says what is wrong', () => {
    expect(() => principalAxes({ weights: [[1, 2]], means: [] })).toThrow(
      new RangeError('Expected means of 1 classes, null where there is none, got 0.'),
    );
    expect(() => principalAxes({ weights: [[1, 2]], means: [[1, 2, 3]] })).toThrow(
      new RangeError('Expected 2 values in every row of means, got 3 in row 0.'),
    );
    expect(() => principalAxes({ weights: [[1, Number.NaN]], means: [null] })).toThrow(
      new RangeError('Expected finite numbers in weights, got NaN in row 0, column 1.'),
    );
  });
});
