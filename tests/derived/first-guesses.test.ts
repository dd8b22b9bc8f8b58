import { describe, expect, test } from 'vitest';
import { surveyMode } from '../../src/capture/survey/mode.ts';
import { DerivedFrame } from '../../src/derived/frame.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { RunHistory } from '../../src/history.ts';
import type { AnyRecord, RunBody } from '../../src/record.ts';
import { sizeOf, unpackValues } from '../../src/record.ts';
import { normalCdf, normalQuantile } from '../../src/theory/normal.ts';
import { RunWriter } from '../support/run.ts';

/** What is derived of each metric, record by record, as [step, values]. */
function derived({ records }: RunWriter): Map<string, [step: number, values: number[]][]> {
  const history = new RunHistory();
  const frame = new DerivedFrame('run', derivedMetrics, (_, error) => expect.unreachable(String(error)));
  const body = records[0]!.kind === 'run' ? (records[0]!.body as RunBody) : null;
  const found = new Map<string, [number, number[]][]>();
  for (const record of records) {
    history.add(record);
    for (const said of frame.derive([record], body!, history) as AnyRecord[]) {
      if (said.kind !== 'measurement') continue;
      const values = Array.from(unpackValues(said.values, sizeOf(said.shape)).data);
      found.set(said.metric, [...(found.get(said.metric) ?? []), [said.step, values]]);
    }
  }
  return found;
}

const shares = () => {
  const [axis] = derivedMetrics.find(({ id }) => id === 'survey-fraction-law')!.axes;
  return (axis as { values: readonly number[] }).values;
};

/** A probe of so many examples of each class. */
const run = (classes: readonly string[], examples: number) =>
  new RunWriter(classes)
    .measure('probe/survey-gamma', 0, [0.8, 0.3, 2.5, 0])
    .measure('probe/predicted-gamma', 0, [0.5])
    .measure(
      'probe/support',
      0,
      classes.map(() => examples),
    );

describe('the law of one class', () => {
  test('of two classes is the closed form at either gamma, up to the noise of counting', () => {
    const found = derived(run(['a', 'b'], 20_000));
    for (const [name, gamma] of [
      ['survey-fraction-law', 0.8],
      ['predicted-fraction-law', 0.5],
    ] as const) {
      const [[step, law] = [-1, []], ...more] = found.get(name)!;
      expect([step, more.length]).toEqual([0, 0]);
      shares().forEach((share, i) => {
        const exact = share === 0 ? 0 : share === 1 ? 1 : normalCdf(normalQuantile(share) / Math.sqrt(gamma));
        expect(Math.abs(law[i]! - exact)).toBeLessThan(2e-3);
      });
    }
  });

  test('waits for the size of the probe, and is told once', () => {
    const writer = new RunWriter(['a', 'b']).measure('probe/survey-gamma', 0, [0.8, 0.3, 2.5, 0]);
    expect(derived(writer).size).toBe(0);
    writer.measure('probe/support', 0, [50, 50]).measure('probe/support', 1, [50, 50]);
    expect(
      derived(writer)
        .get('survey-fraction-law')!
        .map(([step]) => step),
    ).toEqual([0]);
  });

  test('by theory it is that at gamma and what finite width adds', () => {
    const law = (name: string, gammas: readonly (readonly [string, number[]])[]) => {
      const of = new RunWriter(['a', 'b']);
      for (const [metric, values] of gammas) of.measure(metric, 0, values);
      return derived(of.measure('probe/support', 0, [900, 900])).get(name)![0]![1];
    };
    const wider: [string, number[]][] = [
      ['probe/predicted-width-gamma', [0.3]],
      ['probe/predicted-gamma', [0.5]],
    ];
    expect(law('predicted-fraction-law', wider)).toEqual(
      law('survey-fraction-law', [['probe/survey-gamma', [0.8, 0.3, 2.5, 0]]]),
    );
  });

  test('is not told where theory has no gamma, or where the first measurement comes later', () => {
    const none = new RunWriter(['a', 'b'])
      .measure('probe/predicted-gamma', 0, [null])
      .measure('probe/support', 0, [9, 9]);
    expect(derived(none).size).toBe(0);
    expect(
      derived(
        new RunWriter(['a', 'b']).measure('probe/survey-gamma', 0, [1, 1, 1, 0]).measure('probe/support', 5, [9, 9]),
      ).size,
    ).toBe(0);
  });
});

describe('the place of a run', () => {
  test('of two classes is the closed form, lower where gamma may be larger', () => {
    const [[, values] = [0, []]] = derived(run(['a', 'b'], 20_000).measure('probe/top-share', 0, [0.8])).get(
      'initial-place',
    )!;
    const exact = [0.8, 2.5, 0.3].map((gamma) => 2 * normalCdf(normalQuantile(0.8) / Math.sqrt(gamma)) - 1);
    for (const [i, value] of values.entries()) expect(Math.abs(value - exact[i]!)).toBeLessThan(2e-3);
  });

  test.each([2, 5, 30])('of %i classes is what a survey says of itself', (classes) => {
    const names = Array.from({ length: classes }, (_, c) => String(c));
    const means = Array.from({ length: 8 }, (_, i) => names.map((_, c) => Math.sin(7 * i + 3 * c)));
    const inits = means.map((row) => ({
      means: row,
      within: 0.6,
      variances: row,
      fractions: row.map(() => 1 / classes),
    }));
    const survey = surveyMode(inits, 500);
    const { place, low, high } = survey.place(0.6, 10 * classes)!;
    const writer = new RunWriter(names)
      .measure('probe/survey-gamma', 0, [survey.gamma!, ...survey.gammaInterval!, survey.widthGamma])
      .measure(
        'probe/support',
        0,
        names.map(() => 10),
      )
      .measure('probe/top-share', 0, [0.6]);
    const [[, values] = [0, []]] = derived(writer).get('initial-place')!;
    for (const [i, value] of [place, low, high].entries()) expect(values[i]).toBeCloseTo(value, 4);
  });
});
