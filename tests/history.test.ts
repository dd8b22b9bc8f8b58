import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, RunHistory } from '../src/history.ts';
import { decodeMessage, encodeMessage, historyOf, type PageMessage, seedOf } from '../src/protocol.ts';
import { type AnyRecord, packValues } from '../src/record.ts';
import { RunWriter } from './support/run.ts';

const folded = (records: readonly AnyRecord[]) => {
  const history = new RunHistory();
  for (const record of records) history.add(record);
  return history;
};

/** Steps that rise by 1 to 400 each, with counts of two classes; recall is hits / support, missing without support. */
const run = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 400 }),
    support: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })),
    share: fc.constantFrom(0, 0.25, 0.5, 1),
  }),
  { minLength: 1, maxLength: 60 },
);

interface Step {
  readonly step: number;
  readonly support: readonly number[];
  readonly recall: readonly (number | null)[];
}

function stepsOf(rows: readonly { gap: number; support: readonly number[]; share: number }[]): Step[] {
  let step = -1;
  return rows.map(({ gap, support, share }) => {
    step += gap;
    return { step, support, recall: support.map((n) => (n === 0 ? null : share)) };
  });
}

describe('buckets', () => {
  test('are one step each below 256, then 1/256 of the step wide, and never go back', () => {
    for (let step = 0; step < 256; step++) expect(bucketOf(step)).toBe(step);
    for (let step = 256; step < 200_000; step += 97) {
      expect(bucketOf(step + 1) - bucketOf(step)).toBeGreaterThanOrEqual(0);
      expect(bucketOf(Math.ceil(step * (1 + 1 / 128))) - bucketOf(step)).toBeGreaterThanOrEqual(1);
    }
  });

  test('hold min, max, last and count-weighted means of what was recorded, as counting slowly says', () => {
    fc.assert(
      fc.property(run, (rows) => {
        const steps = stepsOf(rows);
        const writer = new RunWriter(['a', 'b']);
        for (const { step, support, recall } of steps) {
          writer.measure('train/support', step, support).measure('train/class-recall', step, recall);
        }
        const metric = folded(writer.records).metrics.get('train/class-recall')!;
        expect(metric.buckets.map(({ index }) => index)).toEqual([...new Set(steps.map(({ step }) => bucketOf(step)))]);
        for (const bucket of metric.buckets) {
          const own = steps.filter(({ step }) => bucketOf(step) === bucket.index);
          expect(bucket.count).toBe(own.length);
          for (const c of [0, 1]) {
            const present = own.filter(({ recall }) => recall[c] !== null);
            const examples = present.reduce((sum, { support }) => sum + support[c]!, 0);
            const hits = present.reduce((sum, { support, recall }) => sum + support[c]! * recall[c]!, 0);
            expect(metric.value(bucket, c)).toBe(examples === 0 ? null : hits / examples);
            if (present.length === 0) continue;
            expect(bucket.last[c]).toBe(present.at(-1)!.recall[c]);
            expect(bucket.min[c]).toBe(Math.min(...present.map(({ recall }) => recall[c]!)));
            expect(bucket.max[c]).toBe(Math.max(...present.map(({ recall }) => recall[c]!)));
          }
        }
      }),
    );
  });

  test('sum counts, not counts times themselves', () => {
    const writer = new RunWriter(['a', 'b']);
    expect(new Set([2001, 2002, 2003].map(bucketOf)).size).toBe(1);
    for (const step of [2001, 2002, 2003]) writer.measure('train/support', step, [3, 0]);
    const support = folded(writer.records).metrics.get('train/support')!;
    expect([
      support.buckets.length,
      support.value(support.buckets[0]!, 0),
      support.value(support.buckets[0]!, 1),
    ]).toEqual([1, 9, 0]);
  });

  test('keep NaN in the mean, so that it is seen, and out of the bounds', () => {
    const writer = new RunWriter(['a', 'b']);
    for (const loss of [1, Number.NaN, 3]) writer.measure('train/loss', 1000, [loss]);
    const metric = folded(writer.records).metrics.get('train/loss')!;
    const [bucket] = metric.buckets;
    expect([metric.value(bucket!, 0), bucket!.min[0], bucket!.max[0]]).toEqual([Number.NaN, 1, 3]);
  });

  test('of a matrix keep the measurements themselves; the first and the newest are never let go', () => {
    const classes = 300;
    const writer = new RunWriter(Array.from({ length: classes }, (_, c) => String(c)));
    const matrix = (value: number) => Array<number>(classes * classes).fill(value);
    for (let step = 0; step < 120; step++) writer.measure('model/classifier-cosine', step, matrix(step));
    const { buckets } = folded(writer.records).metrics.get('model/classifier-cosine')!;
    expect(buckets.length * classes * classes).toBeLessThanOrEqual(4_000_000);
    expect([buckets[0]!.last[0], buckets.at(-1)!.last[0]]).toEqual([0, 119]);
  });
});

describe('a run history', () => {
  test('ignores what it has seen, and a measurement that was never declared', () => {
    const writer = new RunWriter(['a', 'b']).measure('train/loss', 0, [1]);
    const history = folded([...writer.records, ...writer.records]);
    expect(history.metrics.get('train/loss')!.buckets[0]!.count).toBe(1);
    const orphan = new RunWriter(['a', 'b'])
      .measure('train/loss', 0, [1])
      .records.filter(({ kind }) => kind !== 'metric');
    expect(folded(orphan).metrics.size).toBe(0);
  });

  test('goes through a seed message unchanged, and goes on growing as if it had seen everything', () => {
    fc.assert(
      fc.property(run, fc.nat({ max: 120 }), (rows, at) => {
        const writer = new RunWriter(['a', 'b']);
        for (const { step, support, recall } of stepsOf(rows)) {
          writer.measure('train/support', step, support).measure('train/class-recall', step, recall);
        }
        const { records } = writer.end();
        const cut = Math.min(at, records.length);
        const seed = decodeMessage(encodeMessage(seedOf('r', folded(records.slice(0, cut)))));
        const late = historyOf(seed as Extract<PageMessage, { t: 'seed' }>);
        for (const record of records) late.add(record);
        const whole = folded(records);
        expect([...late.metrics].map(([name, { buckets }]) => [name, buckets])).toEqual(
          [...whole.metrics].map(([name, { buckets }]) => [name, buckets]),
        );
        expect([late.lastSeq, late.lastStep, late.notices]).toEqual([whole.lastSeq, whole.lastStep, whole.notices]);
      }),
    );
  });

  test('brings every value as it was, float32s in half the bytes', () => {
    const inexact = [0.1, 1 / 3, 1e300, 5e-324];
    const exact = [0.5, -0, Number.NaN, Number.POSITIVE_INFINITY];
    const seedBytes = (values: readonly number[]) => {
      const { records } = new RunWriter(['a', 'b', 'c', 'd']).measure('model/classifier-norm', 1, values);
      const measured = { ...records.at(-1), values: packValues(values, true) } as AnyRecord;
      const history = folded([...records.slice(0, -1), measured]);
      const bytes = encodeMessage(seedOf('r', history));
      const late = historyOf(decodeMessage(bytes) as Extract<PageMessage, { t: 'seed' }>);
      expect([...late.metrics].map(([, { buckets }]) => buckets)).toEqual(
        [...history.metrics].map(([, { buckets }]) => buckets),
      );
      return bytes.length;
    };
    // last, min, max and sum of four values each; the weights are whole numbers in both.
    expect(seedBytes(inexact) - seedBytes(exact)).toBe(4 * 4 * 4);
  });
});
