import { expect, test } from 'vitest';
import { PALETTES } from '../../dashboard/palette.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import type { AnyRecord } from '../../src/record.ts';
import { RunWriter } from '../support/run.ts';
import { card, NAMES, pixels, step, values, withStage } from './stage.ts';

const { stage, open } = withStage();
const TITLE = 'Where the first guesses stand';
const CARD = card(TITLE, 'probe');

const [AXIS] = derivedMetrics.find(({ id }) => id === 'survey-fraction-law')!.axes;
const { values: SHARES = [] } = AXIS as { readonly values?: readonly number[] };

/** The records of a survey behind those of a run that goes on already. */
function surveyed(seq: number): AnyRecord[] {
  const shares = Array.from({ length: 80 }, (_, i) => (i % 10 === 0 ? 0.55 : 0.05));
  const { records } = new RunWriter(NAMES, 'first')
    .measure('probe/survey-inits', 0, [8], null, { note: '8 initialisations on <b>600</b> examples.' })
    .measure('probe/survey-fractions', 0, shares, null, { labels: ['1', '2', '3', '4', '5', '6', '7', '8'] })
    .measure('probe/initial-place', 0, [0.81, 0.72, 0.88])
    .measure(
      'probe/survey-fraction-law',
      0,
      SHARES.map((share) => share ** 0.3),
    )
    .measure(
      'probe/predicted-fraction-law',
      0,
      SHARES.map((share) => share ** 0.25),
    );
  return records.slice(1).map((record, i) => ({ ...record, seq: seq + 1 + i }));
}

test.each([false, true])(
  'laws, initialisations and the run are drawn in the colours of the theme, dark %s',
  async (dark) => {
    const { history, url, tell } = await stage(20);
    tell(...surveyed(history.lastSeq));
    const { page, troubles } = await open(url, { dark });
    await step(page, history.lastStep);
    await page.locator(CARD).scrollIntoViewIfNeeded();
    const { series, text } = PALETTES[dark ? 'dark' : 'light'];
    for (const color of [series[0]!, series[1]!, text]) {
      await expect.poll(() => pixels(page, `${CARD} canvas`, color)).toBeGreaterThan(40);
    }
    expect(await page.locator(`${CARD} .series-legend`).innerText()).toMatch(
      /^Other initialisations\s+Law by the survey\s+Law by theory\s+This run$/,
    );
    expect(await page.locator(`${CARD} .plot-notes p`).allInnerTexts()).toEqual([
      '8 initialisations on <b>600</b> examples.',
      'Share of initialisations that are less biased than this run: 0.81 (at least 0.72, at most 0.88)',
    ]);
    expect(troubles).toEqual([]);
  },
);

test('the tooltip tells what lies in an interval, and the table has it in numbers', async () => {
  const { history, url, tell } = await stage(20);
  tell(...surveyed(history.lastSeq));
  const { page } = await open(url);
  await step(page, history.lastStep);
  await page.waitForSelector(`${CARD} table[data-metric="probe/survey-fractions"] td[data-value]`, {
    state: 'attached',
  });
  const drawn = (await values(page, 'probe/survey-fractions', 'distribution')) as number[];
  expect(drawn.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
  expect(drawn.filter((share) => share > 0).toSorted()).toEqual([0.1, 0.9]);
  const first = [...history.metrics.get('probe/predicted-fraction')!.buckets[0]!.last];
  expect(await values(page, 'probe/predicted-fraction', 'distribution')).toEqual(first);
  await page.locator(CARD).scrollIntoViewIfNeeded();
  await page.locator(`${CARD} canvas`).hover({ position: { x: 60, y: 60 } });
  await expect.poll(() => page.locator('.tooltip').innerText()).toMatch(/^0 to [\d.]+\s+Other initialisations\s+\d/);
});

test('a run without a survey has no such chart', async () => {
  const { history, url } = await stage(5);
  const { page } = await open(url);
  await step(page, history.lastStep);
  expect(await page.locator(CARD).count()).toBe(0);
  expect(await page.locator('.card').count()).toBeGreaterThan(10);
});
