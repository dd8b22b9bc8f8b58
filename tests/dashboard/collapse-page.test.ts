import { expect, onTestFinished, test } from 'vitest';
import { PALETTES } from '../../dashboard/palette.ts';
import { rules } from '../../src/alerts/index.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import type { AnyRecord } from '../../src/record.ts';
import { Relay } from '../../src/relay/relay.ts';
import { RunWriter } from '../support/run.ts';
import { PageServer } from './page-server.ts';
import { card, FOLDER, NAMES, pixels, step, withStage } from './stage.ts';

const { open } = withStage();

/** A run of two sizes of classes that is heading for collapse; `ratio` of the weight decay, null: none. */
function run(ratio: number | null, featureEnergy: (step: number) => number): RunWriter {
  const classCounts = NAMES.map((_, c) => (c < 5 ? 800 : 8));
  const writer = new RunWriter(NAMES, 'collapsing', { classCounts });
  for (const at of [0, 1, 2, 4, 8, 16, 32, 64, 100, 112, 126, 141, 158, 178, 200, 224, 251, 282, 400, 500]) {
    writer
      .measure('model/minority-cosine', at, [Math.min(0.96, 0.05 + at / 500)])
      .measure('model/norm-variation', at, [0.3])
      .measure('model/weight-energy', at, [1.4])
      .measure('model/collapse-ratio', at, [ratio === null ? null : ratio + 12 / (1 + at)])
      .measure('train/feature-energy', at, [featureEnergy(at)]);
  }
  return writer;
}

/** The page over what a relay makes of the records. */
async function pageOf({ records }: RunWriter) {
  const server = new PageServer(FOLDER);
  onTestFinished(() => server.close());
  const url = await server.listen();
  const relay = new Relay({
    run: 'collapsing',
    rules,
    derived: derivedMetrics,
    keep: () => {},
    publish: (told: readonly AnyRecord[]) => server.publish(told),
    onAlert: () => {},
    trouble: (what, error) => expect.unreachable(`${what}: ${error}`),
  });
  for (const at of new Set(records.map((record) => record.step))) {
    relay.take(records.filter((record) => record.step === at).map(({ seq: _, ...record }) => record));
  }
  const { page, troubles } = await open(url, { height: 1400 });
  await step(page, 500);
  return { page, troubles };
}

const COSINE = card('Minority cosine', 'model');
const RATIO = card('Collapse ratio', 'model');
const THRESHOLDS = card('Imbalance and thresholds', 'model');

test('what is predicted is drawn with what is measured, thresholds with the imbalance, the ratio between its bounds', async () => {
  const { page, troubles } = await pageOf(run(2.5, (at) => 5 + 80 / (1 + at)));
  const [measured, predicted] = PALETTES.light.series;
  await page.locator(COSINE).scrollIntoViewIfNeeded();
  await expect.poll(() => pixels(page, `${COSINE} canvas`, measured!)).toBeGreaterThan(50);
  expect(await pixels(page, `${COSINE} canvas`, predicted!)).toBeGreaterThan(50);
  expect(await page.getAttribute(`${RATIO} canvas`, 'aria-label')).toContain(
    'Reference lines: 2 (from 2 on: collapses), 1.1 (up to 1.1: stays apart).',
  );
  const tables = await page.$$eval(`${THRESHOLDS} table`, (list) => list.map((table) => table.dataset.metric));
  expect(tables).toEqual(['model/imbalance', 'model/collapse-threshold', 'model/zero-threshold']);
  expect(await page.textContent(`${THRESHOLDS} .note`)).toMatch(/^vanishes: at no imbalance; /);
  await page.waitForSelector('[data-alert^="minority-collapse"] .message:text("heading for one direction")');
  expect(troubles).toEqual([]);
});

test('reference lines are on the chart, whatever the values', async () => {
  const { page } = await pageOf(run(300, () => 85));
  await page.locator(RATIO).scrollIntoViewIfNeeded();
  await expect.poll(() => pixels(page, `${RATIO} canvas`, PALETTES.light.reference)).toBeGreaterThan(300);
  await page.locator(COSINE).scrollIntoViewIfNeeded();
});

test('rows that vanish have no cosine, and a layer without weight decay no threshold: both in words', async () => {
  const vanishing = await pageOf(run(9, () => 0.2));
  await expect
    .poll(() => vanishing.page.textContent(`${COSINE} .note`))
    .toMatch(/^predicted: collapsed to zero, where there is no cosine; 20 measurements/);
  const free = await pageOf(run(null, () => 5));
  await expect.poll(() => free.page.textContent(`${RATIO} .note`)).toMatch(/^no weight decay: no threshold; /);
  expect(await free.page.locator(THRESHOLDS).count()).toBe(0);
  expect(await free.page.textContent(`${COSINE} .note`)).toMatch(/^20 measurements/);
});

test('one rare class alone has no cosine: the card says why, and what to do', async () => {
  const writer = new RunWriter(NAMES, 'collapsing', { classCounts: NAMES.map((_, c) => 800 / 2 ** c) });
  for (const at of [0, 1, 2, 500]) writer.measure('model/minority-cosine', at, [null]);
  const { page } = await pageOf(writer);
  await expect
    .poll(() => page.textContent(`${COSINE} .note`))
    .toMatch(/^one class alone is rare: no pair of rows to compare; name more of them in groups; 4 measurements/);
});
