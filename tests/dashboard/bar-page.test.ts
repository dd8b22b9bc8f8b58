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

const GAMMA = card('Gamma of this architecture', 'probe');

test('the interval of a gamma is a whisker on its bar, and in the tooltip and the table in numbers', async () => {
  const { page } = await pageWith(['probe/survey-gamma', 20, [2, 1.5, 3, 0.25]]);
  const canvas = page.locator(`${GAMMA} canvas`);
  await canvas.scrollIntoViewIfNeeded();
  await expect.poll(() => pixels(page, `${GAMMA} canvas`, FIRST!)).toBeGreaterThan(500);
  expect(await pixels(page, `${GAMMA} canvas`, PALETTES.light.text)).toBeGreaterThan(40);
  expect(await canvas.getAttribute('aria-label')).toContain('Values: gamma; whisker: 95 % interval.');
  const { width, height } = (await canvas.boundingBox())!;
  await canvas.hover({ position: { x: 0.3 * width, y: height / 2 } });
  await expect.poll(() => page.locator('.tooltip .tip-value').innerText()).toBe('2 (1.5 to 3)');
  await canvas.hover({ position: { x: 0.8 * width, y: height / 2 } });
  await expect.poll(() => page.locator('.tooltip').innerText()).toMatch(/^finite width adds[\s\S]*0\.25$/);
  const cells = page.locator(`${GAMMA} table tbody`);
  expect(await cells.textContent()).toBe('gamma295 % from1.595 % to3finite width adds0.25');
});
