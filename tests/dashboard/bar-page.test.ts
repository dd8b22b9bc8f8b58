import { expect, test } from 'vitest';
import { PALETTES } from '../../dashboard/palette.ts';
import type { OfRun } from '../../src/metric.ts';
import { RunWriter } from '../support/run.ts';
import { card, NAMES, pixels, step, withStage } from './stage.ts';

const { stage, open } = withStage();

type Measured = readonly [name: string, step: number, values: readonly (number | null)[], ofRun?: OfRun];

/** A page of a run of 20 steps that has measured these, too. */
async function pageWith(...measured: readonly Measured[]) {
  const { history, url, tell } = await stage(20);
  const writer = new RunWriter(NAMES, 'first');
  for (const [name, at, values, ofRun] of measured) writer.measure(name, at, values, null, ofRun);
  tell(...writer.records.slice(1).map((record, i) => ({ ...record, seq: history.lastSeq + 1 + i })));
  const { page, troubles } = await open(url);
  await step(page, 20);
  return { page, troubles };
}

const TIME = card('Time to unbias (steps)', 'probe');
const BY_CLASS = card('Time to unbias by class (steps)', 'probe');
const [FIRST] = PALETTES.light.series;

test('a bias that lasts is no time: the chart says not yet and since when, and its bar is pale', async () => {
  const { page, troubles } = await pageWith(['probe/time-to-unbias', 20, [19, null]]);
  await page.locator(TIME).scrollIntoViewIfNeeded();
  await expect
    .poll(() => page.locator(`${TIME} .plot-notes`).innerText())
    .toBe('Evaluation mode: not yet (still biased at step 19)');
  await page.waitForSelector(`${TIME} table td[data-value]`, { state: 'attached' });
  expect(await pixels(page, `${TIME} canvas`, FIRST!)).toBe(0);
  expect(troubles).toEqual([]);
});

test('of one that has cleared nothing is said, and its bars are in full colour', async () => {
  const { page } = await pageWith(['probe/time-to-unbias', 20, [10, 13]]);
  await page.locator(TIME).scrollIntoViewIfNeeded();
  await expect.poll(() => pixels(page, `${TIME} canvas`, FIRST!)).toBeGreaterThan(500);
  expect(await page.locator(`${TIME} .plot-notes`).innerText()).toBe('');
});

test('classes whose bias lasts are named', async () => {
  const first = NAMES.map((_, c) => (c === 3 || c === 8 ? null : c));
  const { page } = await pageWith(['probe/class-first-unbiased-step', 20, first]);
  await page.locator(BY_CLASS).scrollIntoViewIfNeeded();
  await expect
    .poll(() => page.locator(`${BY_CLASS} .plot-notes`).innerText())
    .toBe('First unbiased step: not yet (cat, ship)');
});
