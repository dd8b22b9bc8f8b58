import { describe, expect, test } from 'vitest';
import { distributionModel, intervalOf } from '../../dashboard/distributions.ts';
import { sectionsOf } from '../../dashboard/panels.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { RunHistory } from '../../src/history.ts';
import { RunWriter } from '../support/run.ts';

const TITLE = 'Where the first guesses stand';

function historyOf({ records }: RunWriter): RunHistory {
  const history = new RunHistory();
  for (const record of records) history.add(record);
  return history;
}

const specOf = (writer: RunWriter) =>
  sectionsOf(historyOf(writer))
    .flatMap(({ charts }) => charts)
    .find(({ title }) => title === TITLE);

const modelOf = (writer: RunWriter, classNames: readonly string[] = ['a', 'b']) =>
  distributionModel(specOf(writer)!, classNames)!;

const two = () => new RunWriter(['a', 'b']);
const labels = (count: number) => ({ labels: Array.from({ length: count }, (_, i) => String(i + 1)) });
const survey = (writer: RunWriter, values: readonly number[], classes = 2) =>
  writer.measure('probe/survey-fractions', 0, values, null, labels(values.length / classes));

/** The shares at which laws are told. */
const [AXIS] = derivedMetrics.find(({ id }) => id === 'survey-fraction-law')!.axes;
const { values: SHARES = [] } = AXIS as { readonly values?: readonly number[] };
/** P(share <= s) = s. */
const evenLaw = (writer: RunWriter) => writer.measure('probe/survey-fraction-law', 0, SHARES);

describe('a distribution', () => {
  test('counts what was drawn in intervals that hold their upper ends, the first one 0 too', () => {
    const { samples, edges, scale } = modelOf(survey(two(), [0.4, 0.6, 0.5, 0.5, 0, 1, 0.05, 0.95]));
    expect([scale, edges.length, edges.at(-1)]).toEqual(['linear', 21, 1]);
    const at = (value: number) => intervalOf(Math.fround(value), edges);
    expect([0, 0.05, 0.0501, 0.5, 0.95, 1, 2].map(at)).toEqual([0, 0, 1, 9, 18, 19, 19]);
    expect(samples[0]!.counts.flatMap((count, i) => (count > 0 ? [[i, count]] : []))).toEqual([
      [0, 2],
      [7, 1],
      [9, 2],
      [11, 1],
      [18, 1],
      [19, 1],
    ]);
    expect(samples[0]!.shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  });

  test('shows a law as the share in each interval, so that bars and lines are of one height', () => {
    const { laws } = modelOf(evenLaw(survey(two(), [0.3, 0.7])));
    for (const share of laws[0]!.shares) expect(share).toBeCloseTo(0.05, 6);
  });

  test('goes by roots where most of many classes get next to nothing', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 10 === 0 ? 0.9 : 0.1 / 9));
    const { scale, edges, samples } = modelOf(survey(new RunWriter(Array(10).fill('c')), values, 10));
    expect([scale, edges[0], edges.at(-1)]).toEqual(['root', 0, Math.fround(0.9)]);
    expect(Math.sqrt(edges[2]!)).toBeCloseTo(2 * Math.sqrt(edges[1]!), 6);
    expect([
      samples[0]!.counts.at(-1),
      samples[0]!.counts[0]! + samples[0]!.counts[1]! + samples[0]!.counts[2]!,
    ]).toEqual([4, 36]);
  });

  test('marks the classes of the run as it was first measured, the largest first', () => {
    const writer = survey(two(), [0.4, 0.6]);
    for (const step of [0, 1])
      writer
        .measure('probe/support', step, [5, 5])
        .measure('probe/predicted-fraction', step, step === 0 ? [0.2, 0.8] : [0.5, 0.5]);
    expect(modelOf(writer).marks.map(({ label, element, value }) => [label, element, Math.round(100 * value)])).toEqual(
      [
        ['b', 1, 80],
        ['a', 0, 20],
      ],
    );
  });

  test('says in sentences what the run says of itself, and values by name where it says nothing', () => {
    const writer = two()
      .measure('probe/survey-inits', 0, [8], null, { note: '8 initialisations.' })
      .measure('probe/initial-place', 0, [0.81, 0.72, 0.88]);
    expect(modelOf(writer).notes).toEqual([
      '8 initialisations.',
      'Share of initialisations that are less biased than this run: 0.81 (at least 0.72, at most 0.88)',
    ]);
  });

  test('is not there where nothing but the run would be in it', () => {
    const alone = two().measure('probe/support', 0, [5, 5]).measure('probe/predicted-fraction', 0, [0.2, 0.8]);
    expect(specOf(alone)).toBeUndefined();
    expect(specOf(alone.measure('probe/survey-inits', 0, [0], null, { note: 'No.' }))!.layers.length).toBe(2);
  });

  test('has no step before the first measurement', () => {
    const spec = specOf(survey(two(), [0.4, 0.6]))!;
    spec.layers[0]!.metric.buckets.length = 0;
    expect(distributionModel(spec, ['a', 'b'])).toBeNull();
  });
});
