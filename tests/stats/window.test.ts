import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MetricHistory, RunHistory } from '../../src/history.ts';
import { type AnyRecord, type Declaration, packValues, RECORD_VERSION } from '../../src/record.ts';
import {
  scalarWindowStarts,
  startsFor,
  WINDOW_LIMITS,
  type WindowedSeries,
  type WindowLimits,
  windowed,
  windowStarts,
} from '../../src/stats/window.ts';

/** One training step as the tests write it: examples per class, value per class (null without examples), value of a scalar. */
interface Step {
  readonly step: number;
  readonly epoch: number | null;
  readonly counts: readonly number[];
  readonly values: readonly (number | null)[];
  readonly scalar: number;
}

const COMMON = { stream: 'train', help: '', cadence: 'step', fold: 'mean', panels: [] } as const;
const DECLARATIONS: readonly Declaration[] = [
  { ...COMMON, id: 'count', axes: ['class'], fold: 'sum', weight: { metric: 'count' } },
  { ...COMMON, id: 'score', axes: ['class'], weight: { metric: 'count' } },
  { ...COMMON, id: 'scalar', axes: [], weight: { metric: 'count', total: true } },
];

function historyOf(steps: readonly Step[]): { count: MetricHistory; score: MetricHistory; scalar: MetricHistory } {
  const history = new RunHistory();
  let seq = 0;
  const add = (step: Step | undefined, more: object) => {
    const head = { v: RECORD_VERSION, run: 'r', seq: ++seq, time: 0, stream: 'train' };
    history.add({ ...head, step: step?.step ?? 0, epoch: step?.epoch ?? null, ...more } as AnyRecord);
  };
  for (const body of DECLARATIONS) add(undefined, { kind: 'metric', body });
  for (const step of steps) {
    const shape = [step.counts.length];
    const put = (metric: string, values: readonly (number | null)[], of: readonly number[]) =>
      add(step, { kind: 'measurement', metric, shape: of, values: packValues(values, true) });
    put('count', step.counts, shape);
    put('score', step.values, shape);
    put('scalar', [step.scalar], []);
  }
  const metric = (id: string) => history.metrics.get(`train/${id}`)!;
  return { count: metric('count'), score: metric('score'), scalar: metric('scalar') };
}

/** The definition, bucket by bucket and step by step, as slow as it reads. */
function slowWindow(count: MetricHistory, end: number, limits: WindowLimits, isScalar: boolean): number {
  const { buckets } = count;
  const inside = (start: number, c: number) => sum(buckets.slice(start, end + 1).map((bucket) => bucket.sum[c]!));
  const classes = [...buckets[0]!.sum.keys()];
  const all = (start: number) => sum(classes.map((c) => inside(start, c)));
  const epochAt = (i: number) => {
    const told = buckets.slice(0, i + 1).flatMap(({ epoch }) => (epoch === null ? [] : [epoch]));
    return told.length === 0 ? null : Math.max(...told);
  };
  const isEnough = (start: number) =>
    isScalar
      ? all(start) >= limits.examples * classes.length
      : classes.every((c) => inside(0, c) === 0 || inside(start, c) >= limits.examples);
  const isAllowed = (start: number) => {
    const [then, now] = [epochAt(start), epochAt(end)];
    return then !== null && now !== null ? now - then < limits.epochs : all(start) <= limits.total;
  };
  let start = end;
  while (start > 0 && !isEnough(start) && isAllowed(start - 1)) start--;
  return start;
}

/** The first and the last step that a row of a series is over. */
function stepsOf({ buckets }: MetricHistory, { starts, from }: WindowedSeries, row: number): [number, number] {
  return [buckets[starts[row]!]!.firstStep, buckets[from + row]!.step];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function even(count: number, classes: number, epoch: (step: number) => number | null = () => null): Step[] {
  return Array.from({ length: count }, (_, step) => ({
    step,
    epoch: epoch(step),
    counts: new Array<number>(classes).fill(10),
    values: new Array<number>(classes).fill(step),
    scalar: step,
  }));
}

const training = fc
  .record({
    classes: fc.integer({ min: 1, max: 4 }),
    first: fc.constantFrom(0, 250, 5000),
    length: fc.integer({ min: 1, max: 60 }),
    seed: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    toldFrom: fc.integer({ min: 0, max: 80 }),
  })
  .map(({ classes, first, length, seed, toldFrom }): Step[] => {
    const next = () => seed.next().value as number;
    let step = first;
    let epoch = 0;
    return Array.from({ length }, (_, i) => {
      step += 1 + Math.floor(next() * 20 * (next() < 0.3 ? 1 : 0));
      // An epoch that goes back (a resumed run) counts as the highest told so far.
      epoch += next() * 0.2 - (next() < 0.05 ? 0.5 : 0);
      const counts = Array.from({ length: classes }, () => (next() < 0.5 ? 0 : Math.floor(next() * 12)));
      const values = counts.map((count) => (count === 0 ? null : next() - 0.5));
      const isTold = i >= toldFrom && next() < 0.9;
      return { step, epoch: isTold ? epoch : null, counts, values, scalar: next() };
    });
  });
const limits = fc.record({
  examples: fc.integer({ min: 1, max: 25 }),
  epochs: fc.double({ min: 0.1, max: 3, noNaN: true }),
  total: fc.integer({ min: 1, max: 300 }),
});

describe('against a slow reference', () => {
  test('a window starts where every class seen so far has enough examples, or where it may not go on', () => {
    fc.assert(
      fc.property(training, limits, (steps, limit) => {
        const { count } = historyOf(steps);
        const expected = count.buckets.map((_, end) => slowWindow(count, end, limit, false));
        expect([...windowStarts(count, limit)]).toEqual(expected);
      }),
    );
  });

  test('a scalar waits for as many examples in total instead', () => {
    fc.assert(
      fc.property(training, limits, (steps, limit) => {
        const { count } = historyOf(steps);
        const expected = count.buckets.map((_, end) => slowWindow(count, end, limit, true));
        expect([...scalarWindowStarts(count, limit)]).toEqual(expected);
      }),
    );
  });

  test('a value is the count-weighted mean of the steps in the window, with their examples per class beside it', () => {
    fc.assert(
      fc.property(training, limits, (steps, limit) => {
        const { count, score } = historyOf(steps);
        const series = windowed(score, count, 0, startsFor(score, count, limit));
        for (let row = 0; row < series.rows; row++) {
          const [first, last] = stepsOf(score, series, row);
          const inside = steps.filter(({ step }) => step >= first && step <= last);
          for (let c = 0; c < series.classes; c++) {
            const examples = sum(inside.map(({ counts }) => counts[c]!));
            const total = sum(inside.map(({ counts, values }) => counts[c]! * (values[c] ?? 0)));
            const at = row * series.size + c;
            expect(series.support[at]).toBe(examples);
            expect(series.present[at]).toBe(examples > 0 ? 1 : 0);
            expect(series.values[at]).toBeCloseTo(examples > 0 ? total / examples : 0, 9);
          }
        }
      }),
    );
  });

  test('the rows from any bucket on are those of the whole series', () => {
    fc.assert(
      fc.property(training, fc.nat(60), (steps, from) => {
        const { count, score } = historyOf(steps);
        const whole = windowed(score, count);
        const tail = windowed(score, count, from);
        expect(tail.rows).toBe(Math.max(0, whole.rows - from));
        const skipped = Math.min(from, whole.rows) * whole.size;
        for (let i = 0; i < tail.values.length; i++) {
          expect(tail.present[i]).toBe(whole.present[skipped + i]);
          expect(tail.values[i]).toBeCloseTo(whole.values[skipped + i]!, 9);
        }
        expect([...tail.starts]).toEqual([...whole.starts.slice(from)]);
      }),
    );
  });

  test('a closed bucket keeps its row when more steps come', () => {
    fc.assert(
      fc.property(training, (steps) => {
        const fewer = steps.slice(0, Math.ceil(steps.length / 2));
        const [before, after] = [historyOf(fewer), historyOf(steps)];
        const closed = before.score.buckets.length - 1;
        const early = windowed(before.score, before.count);
        const late = windowed(after.score, after.count);
        expect([...late.starts.slice(0, closed)]).toEqual([...early.starts.slice(0, closed)]);
        for (let i = 0; i < closed * early.size; i++) expect(late.values[i]).toBeCloseTo(early.values[i]!, 9);
      }),
    );
  });
});

describe('the limits', () => {
  test('are 30 examples of every class, two epochs, or 20,000 examples where nobody tells the epoch', () => {
    expect(WINDOW_LIMITS).toEqual({ examples: 30, epochs: 2, total: 20_000 });
    const { count } = historyOf(even(10, 2));
    expect(windowStarts(count)[9]).toBe(7);
  });

  test('a class that was never seen does not extend the window', () => {
    const steps = even(50, 2).map((step) => ({ ...step, counts: [10, 0], values: [1, null] }));
    expect(windowStarts(historyOf(steps).count)[49]).toBe(47);
  });

  test('a class seen once, long ago, extends the window to the limit and no further', () => {
    const once = (step: Step) => (step.step === 0 ? step : { ...step, counts: [10, 0], values: [1, null] });
    const told = even(200, 2, (step) => step / 16).map(once);
    expect(windowStarts(historyOf(told).count)[199]).toBe(168);
    const untold = even(200, 2).map(once);
    expect(windowStarts(historyOf(untold).count, { ...WINDOW_LIMITS, total: 500 })[199]).toBe(150);
  });

  test('the window is at least one bucket, even if that alone is more than allowed', () => {
    expect([...windowStarts(historyOf(even(3, 2)).count, { examples: 30, epochs: 2, total: 5 })]).toEqual([0, 1, 2]);
  });

  test('a scalar of an imbalanced run does not wait for the rare class', () => {
    const steps = even(100, 2, (step) => step / 50).map((step) => ({
      ...step,
      counts: [64, step.step % 25 === 0 ? 1 : 0],
    }));
    const { count, scalar, score } = historyOf(steps);
    expect(startsFor(score, count)[99]).toBe(0);
    expect(startsFor(scalar, count)[99]).toBe(99);
  });
});

describe('the values', () => {
  test('a huge value and a NaN leave nothing behind once they are out of the window', () => {
    const steps = even(40, 1).map((step) => {
      const value = step.step === 5 ? 1e30 : step.step === 20 ? Number.NaN : 0.1;
      return { ...step, values: [value] };
    });
    const { count, score } = historyOf(steps);
    const { values } = windowed(score, count);
    const mean = (step: number) => values[step]!;
    expect([mean(4), mean(8), mean(19), mean(23), mean(39)].every((value) => Math.abs(value - 0.1) < 1e-12)).toBe(true);
    expect([mean(5), mean(7)].every((value) => value > 1e28)).toBe(true);
    expect([mean(20), mean(22)]).toEqual([Number.NaN, Number.NaN]);
  });

  test('counts are summed over the window', () => {
    const { count } = historyOf(even(10, 2));
    const series = windowed(count, count);
    expect([...series.values.slice(-2)]).toEqual([30, 30]);
    expect([...series.support.slice(-2)]).toEqual([30, 30]);
  });

  test('without any support a window is one bucket', () => {
    const { score } = historyOf(even(5, 2));
    const none = new RunHistory().declare(DECLARATIONS[0]!);
    const series = windowed(score, none);
    expect([...series.starts]).toEqual([0, 1, 2, 3, 4]);
    expect([...series.values.slice(-2)]).toEqual([4, 4]);
    expect(series.classes).toBe(0);
  });

  test('a metric without measurements has no rows', () => {
    const empty = new RunHistory().declare(DECLARATIONS[1]!);
    expect(windowed(empty, empty).rows).toBe(0);
  });

  test('a window does not reach over a change of shape', () => {
    const narrow = even(20, 2);
    const wide = even(40, 3).slice(20);
    const { count, score } = historyOf([...narrow, ...wide]);
    const starts = windowStarts(count);
    expect(starts[20]).toBe(20);
    expect(starts[21]).toBe(20);
    const series = windowed(score, count);
    expect([...series.present.slice(0, 60)].every((present) => present === 0)).toBe(true);
    expect([...series.values.slice(-3)]).toEqual([38, 38, 38]);
  });
});
