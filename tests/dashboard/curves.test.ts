import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowsAtColumns } from '../../dashboard/charts/class-map.ts';
import { placeTags, stretches } from '../../dashboard/charts/line-marks.ts';
import { niceRange, valueRange } from '../../dashboard/charts/value-bounds.ts';
import { CurveCache, nearestRow, plainCurve, rowAt } from '../../dashboard/curves.ts';
import { type Frame, growingEnd, traceOf } from '../../dashboard/decimate.ts';
import { stepPosition } from '../../dashboard/step-axis.ts';
import { type MetricHistory, RunHistory } from '../../src/history.ts';
import { type AnyRecord, type Declaration, packValues, RECORD_VERSION } from '../../src/record.ts';
import { windowed } from '../../src/stats/window.ts';
import { SmallTraining } from './small-training.ts';

const SCALAR: Declaration = { id: 'm', stream: 's', help: '', axes: [], cadence: 'step', fold: 'mean', panels: [] };

/** A scalar metric measured at every step, from `first` on; null is missing. */
function metricOf(values: readonly (number | null)[], first = 0): MetricHistory {
  const history = new RunHistory();
  history.declare(SCALAR);
  values.forEach((value, i) => {
    const head = { v: RECORD_VERSION, run: 'r', seq: i + 1, time: 0, step: first + i, epoch: null, stream: 's' };
    const record = { ...head, kind: 'measurement', metric: 'm', shape: [], values: packValues([value], true) };
    history.add(record as AnyRecord);
  });
  return history.metrics.get('s/m')!;
}

const frame = (last: number, columns: number, scale: Frame['scale'] = 'linear'): Frame => ({
  scale,
  range: [0, last],
  columns,
});

describe('a trace', () => {
  // Without -0: which of two zeros is drawn does not matter.
  const value = fc.option(
    fc.double({ min: -10, max: 10, noNaN: true }).map((v) => v + 0),
    { freq: 5 },
  );

  test('keeps the highest and the lowest value of every column, whatever the scale', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('log', 'linear'),
        (values, columns, scale) => {
          const curve = plainCurve(metricOf(values));
          const { ys, lows, highs } = traceOf(curve, 0, frame(values.length, columns, scale));
          const present = values.filter((v) => v !== null);
          const drawn = ys.filter((y) => !Number.isNaN(y));
          // Below step 256 a bucket is one step; later ones are means, whose extremes the spans keep.
          if (values.length <= 256)
            expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([Math.min(...present), Math.max(...present)]);
          const finite = (list: readonly number[]) => list.filter((v) => !Number.isNaN(v));
          expect([Math.min(...finite(lows)), Math.max(...finite(highs))]).toEqual([
            Math.min(...present),
            Math.max(...present),
          ]);
        },
      ),
    );
  });

  test('has at most four points and one gap per column, in order of steps', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 60 }),
        (values, columns) => {
          const { xs } = traceOf(plainCurve(metricOf(values)), 0, frame(values.length, columns));
          expect(xs.length).toBeLessThanOrEqual(4 * (columns + 1));
          expect(xs).toEqual([...xs].sort((a, b) => a - b));
        },
      ),
    );
  });

  test('has a gap where a value is missing, never a 0', () => {
    const { xs, ys } = traceOf(plainCurve(metricOf([1, 2, null, null, 5])), 0, frame(5, 100));
    expect(xs).toEqual([0, 1, 2, 4]);
    expect(ys).toEqual([1, 2, Number.NaN, 5]);
  });

  test('marks NaN and infinity where they were, and draws the rest', () => {
    const trace = traceOf(plainCurve(metricOf([1, Number.NaN, 3, -Infinity])), 0, frame(4, 100));
    expect(trace.broken).toEqual([1, 3]);
    expect(trace.ys.filter((y) => !Number.isNaN(y))).toEqual([1, 3]);
  });

  test('of a part of the run goes on to both edges', () => {
    const curve = plainCurve(metricOf(Array.from({ length: 100 }, (_, i) => i)));
    const { xs } = traceOf(curve, 0, { scale: 'linear', range: [40, 50], columns: 100 });
    expect([xs[0], xs.at(-1)]).toEqual([39, 51]);
  });
});

describe('the curves that the page keeps', () => {
  const training = new SmallTraining({ run: 'r', classNames: ['a', 'b', 'c', 'd'] });
  const history = new RunHistory();
  for (const record of training.start()) history.add(record);
  const cache = new CurveCache();
  const metric = (id: string) => history.metrics.get(`train/${id}`)!;

  test('are those computed at once, whenever they were asked for', () => {
    for (let step = 0; step < 400; step++) {
      for (const record of training.next()) history.add(record);
      if (step % 7 !== 0) continue;
      const curve = cache.curve(metric('class-recall'), metric('support'));
      const last = curve.rows - 1;
      const expected = windowed(metric('class-recall'), metric('support'), last);
      for (let c = 0; c < 4; c++) {
        expect(curve.value(last, c) ?? 0).toBeCloseTo(expected.values[c]!, 9);
        expect(curve.value(last, c) !== null).toBe(expected.present[c] === 1);
      }
      expect([...curve.support(last)!]).toEqual([...expected.support]);
    }
    const whole = windowed(metric('class-recall'), metric('support'));
    const curve = cache.curve(metric('class-recall'), metric('support'));
    for (let row = 0; row < whole.rows; row++) {
      if (whole.present[row * 4] === 1) expect(curve.value(row, 0)).toBeCloseTo(whole.values[row * 4]!, 9);
    }
  });

  test('of a metric that is measured now and then are its measurements', () => {
    const probe = history.metrics.get('probe/class-recall')!;
    const curve = cache.curve(probe, history.metrics.get('probe/support'));
    expect(curve.support(0)).toBeNull();
    expect(curve.value(0, 1)).toBe(probe.buckets[0]!.last[1]);
  });

  test('find the row nearest to a step', () => {
    const curve = plainCurve(metricOf([0, 0, 0], 10));
    expect([0, 10.4, 10.6, 99].map((step) => nearestRow(curve, step))).toEqual([0, 0, 1, 2]);
    expect(nearestRow(plainCurve(metricOf([])), 5)).toBe(-1);
  });
});

describe('the value axis', () => {
  const lines = (ys: number[], lows: number[] = [], highs: number[] = [], band = false) => [
    { band, trace: { xs: [], ys, columns: [], lows, highs, broken: [] } },
  ];

  test('ends at round numbers around the values', () => {
    expect(valueRange(lines([0.31, 4.39]), 'linear')).toEqual({ low: 0, high: 5 });
    expect(niceRange(100.2, 103.9)).toEqual({ low: 100, high: 104 });
  });

  test('takes the bounds that the panel declares', () => {
    expect(valueRange(lines([0.4, 0.6]), 'linear', [0, 1])).toEqual({ low: 0, high: 1 });
    expect(valueRange(lines([3]), 'linear', [0, null])).toEqual({ low: 0, high: 3 });
  });

  test('shows the band of a line that has one', () => {
    expect(valueRange(lines([1, 2], [Number.NaN, 0.5], [3, 9], true), 'linear')).toEqual({ low: 0, high: 10 });
    expect(valueRange(lines([1, 2], [0.5], [9]), 'linear')).toEqual({ low: 1, high: 2 });
  });

  test('reaches the reference lines', () => {
    expect(valueRange(lines([0.5, 0.9]), 'linear', [0, null], [2])).toEqual({ low: 0, high: 2 });
    expect(valueRange(lines([10, 100]), 'log', undefined, [1.2, 2])).toEqual({ low: 1, high: 120 });
    expect(valueRange([], 'log', undefined, [1.2, 2])).toEqual({ low: 1, high: 2.4 });
  });

  test('is there before any value, and around a single one', () => {
    expect(valueRange([], 'linear')).toEqual({ low: 0, high: 1 });
    expect(valueRange([], 'log')).toEqual({ low: 0.1, high: 1 });
    expect(niceRange(0, 0)).toEqual({ low: 0, high: 0.2 });
    expect(niceRange(0.5, 0.5)).toEqual({ low: 0.5, high: 0.6 });
  });

  test('holds every value it was made for', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const { low, high } = niceRange(Math.min(a, b), Math.max(a, b));
        const slack = 1e-6 * (high - low);
        expect(low).toBeLessThanOrEqual(Math.min(a, b) + slack);
        expect(high).toBeGreaterThanOrEqual(Math.max(a, b) - slack);
      }),
    );
  });

  test('in logarithms leaves out what it cannot hold', () => {
    expect(valueRange(lines([-5, 0, 1, 100]), 'log')).toEqual({ low: 1 / 1.2, high: 120 });
  });
});

test('a growing step axis is a little ahead of the run and stays the same for a while', () => {
  for (const scale of ['log', 'linear'] as const) {
    const ends = new Set<number>();
    for (let step = 1; step <= 5000; step++) {
      const end = growingEnd(step, scale);
      expect(end).toBeGreaterThanOrEqual(step * (1 - 1e-9));
      expect(stepPosition(end, scale)).toBeLessThanOrEqual(stepPosition(step, scale) * 1.06 + 0.1);
      ends.add(end);
    }
    expect(ends.size).toBeLessThan(400);
  }
});

describe('labels at the ends of lines', () => {
  test('keep their order, do not overlap and stay inside as far as there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 12 }), (ys) => {
        const placed = placeTags(
          ys.map((y) => ({ y })),
          0,
          200,
        ).map(({ y }) => y);
        for (let i = 1; i < placed.length; i++) expect(placed[i]! - placed[i - 1]!).toBeGreaterThan(11.9);
        expect(placed[0]).toBeGreaterThanOrEqual(-1e-9);
        expect(placed.at(-1)).toBeLessThanOrEqual(200 + 1e-9);
      }),
    );
  });

  test('stay where they are if nothing is in the way', () => {
    expect(placeTags([{ y: 150 }, { y: 20 }], 0, 200)).toEqual([{ y: 20 }, { y: 150 }]);
  });
});

test('stretches are what lies between gaps', () => {
  const gap = Number.NaN;
  expect(stretches([gap, 1, 2, gap, gap, 3])).toEqual([
    [1, 3],
    [5, 6],
  ]);
  expect(stretches([])).toEqual([]);
});

describe('a map of class by step', () => {
  test('shows in every column the last measurement up to it, and nothing before the first or after the last', () => {
    const curve = plainCurve(metricOf([1, 2, 3, 4], 2));
    expect([...rowsAtColumns(curve, 8, 'linear', [0, 8])]).toEqual([-1, 0, 1, 2, 3, 3, -1, -1]);
  });

  test('tells at a step what it shows there', () => {
    const curve = plainCurve(metricOf([1, 2, 3], 10));
    const steps = Array.from({ length: curve.rows }, (_, row) => curve.bucket(row).firstStep);
    expect(steps.map((step) => rowAt(curve, step))).toEqual([0, 1, 2]);
    expect(rowAt(curve, steps[1]! - 0.5)).toBe(0);
    expect(rowAt(curve, steps[2]! + 1000)).toBe(2);
    expect(rowAt(curve, 9)).toBe(-1);
  });
});
