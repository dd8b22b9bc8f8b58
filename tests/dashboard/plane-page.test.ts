import { expect, test } from 'vitest';
import { PALETTES } from '../../dashboard/palette.ts';
import type { AnyRecord } from '../../src/record.ts';
import { RunWriter } from '../support/run.ts';
import { card, NAMES, pixels, step, values, withStage } from './stage.ts';

const { stage, open } = withStage();
const CARD = card('Classifier and class means', 'model');

/** Five classes far apart, each ray at its point; the other five in one bundle to the right of the origin. */
const PLACES = NAMES.flatMap((_, c) => {
  const [x, y] = c < 5 ? [0.4 * Math.cos(c + 1), 0.4 * Math.sin(c + 1)] : [0.2 + c / 1e3, 0.001];
  return [x, y, x, y];
}).map(Math.fround);

/** The records of two pictures behind those of a run that goes on already. */
function pictures(seq: number, classes = NAMES, places: readonly number[] = PLACES): AnyRecord[] {
  const { records } = new RunWriter(classes, 'first')
    .measure(
      'model/class-plane',
      10,
      places.map((value) => -value),
      null,
      { labels: classes },
    )
    .measure('model/plane-share', 10, [0.25])
    .measure('model/class-plane', 20, places, null, { labels: classes })
    .measure('model/plane-share', 20, [0.5]);
  return records.slice(1).map((record, i) => ({ ...record, seq: seq + 1 + i }));
}

test.each([false, true])('every class has its ray and its point in its own colour, dark %s', async (dark) => {
  const { history, url, tell } = await stage(20);
  tell(...pictures(history.lastSeq));
  const { page, troubles } = await open(url, { dark });
  await step(page, 20);
  await page.locator(CARD).scrollIntoViewIfNeeded();
  const { classes } = PALETTES[dark ? 'dark' : 'light'];
  for (const color of classes.slice(0, 5)) {
    await expect.poll(() => pixels(page, `${CARD} canvas`, color)).toBeGreaterThan(60);
  }
  expect(await page.locator(`${CARD} .series-legend`).innerText()).toMatch(/^classifier row\s+class mean$/);
  expect(await page.locator(`${CARD} .plot-notes`).innerText()).toBe(
    'Share of the squared lengths that this plane shows: 0.5',
  );
  expect(await values(page, 'model/class-plane', 'plane')).toEqual(PLACES);
  expect(troubles).toEqual([]);
});

test('the slider shows the picture of an earlier step', async () => {
  const { history, url, tell } = await stage(20);
  tell(...pictures(history.lastSeq));
  const { page } = await open(url);
  await step(page, 20);
  const slider = page.locator(`${CARD} input[type="range"]`);
  await slider.scrollIntoViewIfNeeded();
  await slider.fill('0');
  expect(await page.locator(`${CARD} output`).innerText()).toBe('step 10');
  expect(await values(page, 'model/class-plane', 'plane')).toEqual(PLACES.map((value) => -value));
  expect(await page.locator(`${CARD} .plot-notes`).innerText()).toMatch(/: 0\.25$/);
});

test('over a bundle the tooltip lists all that lie in it; a class that is switched off is not among them', async () => {
  const { history, url, tell } = await stage(20);
  tell(...pictures(history.lastSeq));
  const { page } = await open(url);
  await step(page, 20);
  const canvas = page.locator(`${CARD} canvas`);
  await canvas.scrollIntoViewIfNeeded();
  const { classes } = PALETTES.light;
  await expect.poll(() => pixels(page, `${CARD} canvas`, classes[0]!)).toBeGreaterThan(60);
  const over = () => hoverColor(page, classes[9]!);
  await over();
  await expect.poll(() => page.locator('.tooltip strong').innerText()).toBe('5 classes');
  expect(await page.locator('.tooltip').innerText()).toMatch(/dog[\s\S]*classifier row, class mean/);
  await page.locator('.class-bar .chip[data-class="5"]').click();
  // On the chip the pointer has its class in focus, and the others stand back.
  await page.mouse.move(2, 2);
  await expect.poll(() => pixels(page, `${CARD} canvas`, classes[9]!)).toBeGreaterThan(40);
  // The picture without it may be drawn after the pointer is there.
  await expect
    .poll(async () => {
      await over();
      return page.locator('.tooltip strong').innerText();
    })
    .toBe('4 classes');
});

/** Puts the pointer on the point that has this colour: where most of what is around has it, too. Names and rays are thinner. */
async function hoverColor(page: import('playwright-core').Page, color: string): Promise<void> {
  const [x, y] = await page.$eval(
    `${CARD} canvas`,
    (node, wanted) => {
      const { width, height, clientWidth } = node as HTMLCanvasElement;
      const { data } = (node as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(wanted.slice(at, at + 2), 16));
      const has = (x: number, y: number) => {
        const i = 4 * (y * width + x);
        const away = Math.abs(data[i]! - r!) + Math.abs(data[i + 1]! - g!) + Math.abs(data[i + 2]! - b!);
        return away <= 24 && data[i + 3]! >= 200;
      };
      let [best, most] = [[0, 0], 0];
      for (let y = 4; y < height - 4; y++) {
        for (let x = 4; x < width - 4; x++) {
          if (!has(x, y)) continue;
          let around = 0;
          for (let k = 0; k < 81; k++) if (has(x - 4 + (k % 9), y - 4 + Math.floor(k / 9))) around++;
          if (around > most) [best, most] = [[x, y], around];
        }
      }
      return best.map((at) => (at * clientWidth) / width);
    },
    color,
  );
  await page.locator(`${CARD} canvas`).hover({ position: { x: x!, y: y! } });
}

test('of many classes those picked are in colour, the others stand back', async () => {
  const names = Array.from({ length: 40 }, (_, c) => `kind ${c}`);
  const { history, url, tell } = await stage(20, { classNames: names });
  const places = names.flatMap((_, c) => [0.4 * Math.cos(c), 0.4 * Math.sin(c), 0.3 * Math.cos(c), 0.3 * Math.sin(c)]);
  tell(...pictures(history.lastSeq, names, places));
  const { page } = await open(url);
  await step(page, 20);
  await page.locator(CARD).scrollIntoViewIfNeeded();
  const first = PALETTES.light.classes[0]!;
  await page.waitForSelector(`${CARD} table td[data-value]`, { state: 'attached' });
  expect(await pixels(page, `${CARD} canvas`, first)).toBe(0);
  await page.locator('.class-bar input').fill('kind 7');
  await page.locator('.class-bar input').press('Enter');
  await page.locator(CARD).scrollIntoViewIfNeeded();
  await expect.poll(() => pixels(page, `${CARD} canvas`, first)).toBeGreaterThan(60);
});
