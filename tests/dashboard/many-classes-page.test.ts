/** A finished run of more classes than fit a table, from the real server. */
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { serving } from '../server/serving.ts';
import { withBrowser } from '../support/browser.ts';
import { RunWriter } from '../support/run.ts';
import { card, FOLDER, step } from './stage.ts';

const CLASSES = 600;
const NAMES = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
const browser = withBrowser();

/** Its matrices are more than the sockets between server and page hold. */
function bigRun() {
  const writer = new RunWriter(NAMES, 'big-run');
  const recall = NAMES.map((_, c) => c / CLASSES);
  const cosines = Array.from({ length: CLASSES ** 2 }, (_, i) => (i % 1999) / 1999);
  for (let at = 1; at <= 10; at++) {
    for (const metric of ['class-recall', 'class-loss', 'mean-probability', 'predicted-fraction']) {
      writer.measure(`probe/${metric}`, at, recall);
    }
    writer.measure('model/classifier-cosine', at, cosines);
  }
  return writer.end('finished', 10).records;
}

interface Counts {
  seeds: number;
  /** Times that a canvas was cleared for a drawing. */
  drawings: number;
  mutations: number;
}

/** Counts what the page does. It stands still for a while after it has asked for the run, as one that has much to do. */
async function watched(url: string): Promise<Page> {
  const page = await browser.page();
  onTestFinished(() => page.context().close());
  await page.addInitScript(() => {
    const counts = { seeds: 0, drawings: 0, mutations: 0 };
    Object.assign(window, { counts });
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...area) {
      counts.drawings++;
      clearRect.apply(this, area);
    };
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver((records) => {
      counts.mutations += records.length;
    }).observe(document, all);
    window.WebSocket = class extends WebSocket {
      constructor(address: string | URL) {
        super(address);
        this.addEventListener('message', ({ data }) => {
          if ((data as ArrayBuffer).byteLength > 1e6) counts.seeds++;
        });
      }
      override send(data: ArrayBuffer): void {
        super.send(data);
        for (const until = performance.now() + 3000; performance.now() < until; );
      }
    };
  });
  await page.goto(url);
  return page;
}

const countsOf = (page: Page) => page.evaluate(() => ({ ...(window as unknown as { counts: Counts }).counts }));

async function opened() {
  const site = await serving({ dashboard: FOLDER });
  site.store.append(bigRun());
  site.store.flush();
  const page = await watched(site.server.link());
  await step(page, 10, 60_000);
  return page;
}

test('it is sent and drawn once, and left alone while nothing changes', async () => {
  const page = await opened();
  await expect.poll(async () => (await countsOf(page)).drawings, { timeout: 30_000 }).toBeGreaterThan(0);
  // The numbers follow the drawing, and a server that sent it again would have by now.
  await page.waitForTimeout(4000);
  const drawn = await countsOf(page);
  await page.waitForTimeout(3000);
  expect(await countsOf(page)).toEqual(drawn);
  expect(drawn.seeds).toBe(1);
}, 120_000);

test('its long tables are written when they are opened, not before', async () => {
  const page = await opened();
  const recall = card('Class recall', 'probe');
  await expect.poll(() => page.textContent(`${recall} .note`), { timeout: 30_000 }).not.toBe('');
  expect(await page.locator('.numbers td').count()).toBe(0);
  await page.click(`${recall} .numbers-toggle`);
  await expect.poll(() => page.locator('.numbers td[data-value]').count()).toBe(CLASSES);
  expect(await page.locator(`${recall} td`).nth(300).getAttribute('data-value')).toBe('0.5');
}, 120_000);
