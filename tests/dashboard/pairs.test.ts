import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PAIRS, pairCurve, pairFilter, pairLabel, selectPairs, sideOf } from '../../dashboard/pairs.ts';
import { MetricHistory } from '../../src/history.ts';
import { packValues, RECORD_VERSION } from '../../src/record.ts';

type Matrix = readonly (number | null)[];

/** A metric with one measurement at every tenth step. */
function metricOf(shape: readonly number[], measured: readonly Matrix[]): MetricHistory {
  const metric = new MetricHistory({
    id: 'm',
    stream: 's',
    help: '',
    axes: shape.map(() => 'class' as const),
    cadence: 'schedule',
    fold: 'last',
    panels: [],
  });
  measured.forEach((values, i) => {
    const head = { v: RECORD_VERSION, run: 'r', seq: i + 1, time: 0, step: 10 * i, epoch: null, stream: 's' };
    metric.add({ ...head, kind: 'measurement', metric: 'm', shape, values: packValues(values, true) }, null);
  });
  return metric;
}

/** A symmetric matrix from the values of its pairs, in the order (0, 1), (0, 2), ... (1, 2), ... */
function symmetric(classes: number, values: Matrix): Matrix {
  const matrix: (number | null)[] = new Array(classes * classes).fill(1);
  let at = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      matrix[a * classes + b] = matrix[b * classes + a] = values[at++] ?? null;
    }
  }
  return matrix;
}

const all = () => true;
const keys = (pairs: readonly { a: number; b: number }[]) => pairs.map(({ a, b }) => `${a}-${b}`);

describe('the pairs that get a row', () => {
  test('are each pair of different classes once, most opposed over all measurements first', () => {
    const metric = metricOf([3, 3], [symmetric(3, [0.5, -0.1, -0.3]), symmetric(3, [0.1, -0.9, -0.2])]);
    const { pairs, total } = selectPairs(metric, all);
    expect(keys(pairs)).toEqual(['0-2', '1-2', '0-1']);
    expect(total).toBe(3);
  });

  test('do not begin with one that met once: a missing value counts as 0', () => {
    const once = symmetric(3, [null, -0.8, -0.3]);
    const others = [1, 2, 3].map(() => symmetric(3, [null, null, -0.3]));
    const { pairs, total } = selectPairs(metricOf([3, 3], [once, ...others]), all);
    expect(keys(pairs)).toEqual(['1-2', '0-2']);
    expect(total).toBe(2);
  });

  test('are all of them for eight classes, and the thirty most opposed for more', () => {
    const of = (classes: number) => {
      const count = (classes * (classes - 1)) / 2;
      const values = Array.from({ length: count }, (_, i) => Math.cos(7 * i));
      return selectPairs(metricOf([classes, classes], [symmetric(classes, values)]), all);
    };
    expect(of(8)).toMatchObject({ total: 28, pairs: { length: 28 } });
    expect(of(12)).toMatchObject({ total: 66, pairs: { length: MAX_PAIRS } });
  });

  test('are those that sorting all of them would give', () => {
    const value = fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constant(null));
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 66, maxLength: 66 }), { minLength: 1, maxLength: 5 }),
        (rows) => {
          const metric = metricOf(
            [12, 12],
            rows.map((row) => symmetric(12, row)),
          );
          const slow = [];
          for (let a = 0; a < 12; a++) {
            for (let b = a + 1; b < 12; b++) {
              const values = metric.buckets.map((bucket) => metric.value(bucket, a * 12 + b));
              const present = values.filter((v) => v !== null);
              if (present.length > 0) slow.push({ a, b, sum: present.reduce((sum, v) => sum + v, 0) });
            }
          }
          slow.sort((x, y) => x.sum - y.sum);
          const { pairs, total } = selectPairs(metric, all);
          expect(total).toBe(slow.length);
          expect(keys(pairs)).toEqual(keys(slow.slice(0, MAX_PAIRS)));
        },
      ),
    );
  });

  test('are not put in order by what is not finite, and still shown', () => {
    const metric = metricOf([3, 3], [symmetric(3, [Number.NaN, -0.5, 0.5])]);
    expect(keys(selectPairs(metric, all).pairs)).toEqual(['0-2', '0-1', '1-2']);
    expect(pairCurve(metric, [{ a: 0, b: 1 }]).value(0, 0)).toBeNaN();
  });

  test('are none where the metric is no square matrix', () => {
    for (const shape of [[], [4], [2, 3], [2, 2, 2]]) {
      const metric = metricOf(shape, [new Array(shape.reduce((size, length) => size * length, 1)).fill(0)]);
      expect(sideOf(metric)).toBe(0);
      expect(selectPairs(metric, all)).toEqual({ pairs: [], total: 0 });
    }
  });

  test('leave out classes that are switched off; of many classes they are those of the picked ones', () => {
    const view = { hidden: new Set([2]), picked: [5] };
    const few = pairFilter(4, view);
    expect([few({ a: 0, b: 1 }), few({ a: 0, b: 2 }), few({ a: 2, b: 3 })]).toEqual([true, false, false]);
    const many = pairFilter(50, view);
    expect([many({ a: 5, b: 9 }), many({ a: 1, b: 5 }), many({ a: 1, b: 2 })]).toEqual([true, true, false]);
    expect(pairFilter(50, { ...view, picked: [] })({ a: 1, b: 2 })).toBe(true);
  });
});

test('the curve of pairs has their values step by step; what is missing stays missing', () => {
  const metric = metricOf([3, 3], [symmetric(3, [0.5, null, -0.25]), symmetric(3, [0, 0.75, null])]);
  const curve = pairCurve(metric, [
    { a: 1, b: 2 },
    { a: 0, b: 2 },
  ]);
  expect([curve.rows, curve.size]).toEqual([2, 2]);
  expect([curve.value(0, 0), curve.value(0, 1), curve.value(1, 0), curve.value(1, 1)]).toEqual([
    -0.25,
    null,
    null,
    0.75,
  ]);
});

test('a label names both classes and cuts long names', () => {
  expect(pairLabel({ a: 0, b: 1 }, ['cat', 'dog'])).toBe('cat – dog');
  expect(pairLabel({ a: 0, b: 1 }, ['automobile-coupé'], 6)).toBe('autom… – class…');
});
