import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { pairLabel, selectPairs } from '../../dashboard/pairs.ts';
import { PALETTES } from '../../dashboard/palette.ts';
import type { RunHistory } from '../../src/history.ts';
import type { Declaration } from '../../src/record.ts';
import { card, NAMES, pixels, step, withStage } from './stage.ts';

const { stage, open } = withStage();
const PAIRS = card('Class against class over time', 'train');
const COSINES = 'train/class-grad-cosine';

function rowsOf(page: Page): Promise<{ label: string; value: number | null }[]> {
  return page.$$eval(`${PAIRS} tbody tr`, (rows) =>
    rows.map((row) => {
      const cell = row.querySelector('td')!;
      const value = cell.hasAttribute('data-value') ? Number(cell.getAttribute('data-value')) : null;
      return { label: row.querySelector('th')!.title, value };
    }),
  );
}

/** The rows as the history has them. */
function expectedRows(history: RunHistory, isAllowed: (pair: { a: number; b: number }) => boolean = () => true) {
  const metric = history.metrics.get(COSINES)!;
  const last = metric.buckets.at(-1)!;
  return selectPairs(metric, isAllowed).pairs.map((pair) => ({
    label: pairLabel(pair, NAMES),
    value: metric.value(last, pair.a * NAMES.length + pair.b),
  }));
}

const drawing = (page: Page) => page.$eval(`${PAIRS} canvas`, (node) => (node as HTMLCanvasElement).toDataURL());

describe('pairs of classes over time', () => {
  test('has the most opposed pairs with exact values, says how many there are, and follows the run', async () => {
    const { history, url, train } = await stage(150);
    const { page, troubles } = await open(url);
    await step(page, history.lastStep);
    await expect.poll(() => rowsOf(page)).toEqual(expectedRows(history));
    expect(await page.textContent(`${PAIRS} .note`)).toMatch(/^30 most opposed of 45 pairs, \d+ steps$/);
    await page.locator(PAIRS).scrollIntoViewIfNeeded();
    await expect.poll(() => page.textContent(`${PAIRS} .color-legend`)).toMatch(/^−0\.\d0\.\d$/);
    const before = await drawing(page);
    train(60);
    await step(page, history.lastStep);
    await expect.poll(() => rowsOf(page)).toEqual(expectedRows(history));
    await expect.poll(() => drawing(page)).not.toBe(before);
    expect(troubles).toEqual([]);
  });

  test('colours opposed pairs and agreeing ones by the two ends of one scale, in either theme', async () => {
    for (const dark of [false, true]) {
      const { history, training, url, tell, train } = await stage(1, { classNames: ['a', 'b', 'c'] });
      const panel = { group: 'Pairs', title: 'Pairs', chart: 'pairs', bounds: [-1, 1] } as const;
      const shape = {
        id: 'pulls',
        stream: 'train',
        help: '',
        cadence: 'schedule',
        fold: 'last',
        panels: [panel],
      } as const;
      // a and b pull against each other, b and c together, a and c never meet.
      const cosines = [1, -0.8, null, -0.8, 1, 0.8, null, 0.8, 1];
      tell(training.declare({ ...shape, axes: ['class', 'class'] }));
      tell(training.measurement('train', 'pulls', cosines, [3, 3]));
      train(20);
      tell(training.measurement('train', 'pulls', cosines, [3, 3]));
      const { page } = await open(url, { dark });
      await step(page, history.lastStep);
      const pairs = card('Pairs', 'train');
      await page.locator(pairs).scrollIntoViewIfNeeded();
      const { diverging } = PALETTES[dark ? 'dark' : 'light'];
      for (const end of [diverging[0]!, diverging.at(-1)!]) {
        await expect.poll(() => pixels(page, `${pairs} canvas`, end)).toBeGreaterThan(500);
      }
      await expect.poll(() => page.textContent(`${pairs} .note`)).toBe('2 pairs, 2 steps');
    }
  });

  test('tells classes, step and value of a cell under the pointer', async () => {
    const { history, url } = await stage(150);
    const { page } = await open(url);
    await step(page, history.lastStep);
    const canvas = page.locator(`${PAIRS} canvas`);
    await canvas.scrollIntoViewIfNeeded();
    await expect.poll(() => rowsOf(page)).toEqual(expectedRows(history));
    await expect.poll(() => page.textContent(`${PAIRS} .color-legend`)).not.toBe('');
    const [first] = await rowsOf(page);
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.7, box.y + 16);
    const tooltip = page.locator('.tooltip');
    await expect.poll(() => tooltip.locator('strong').first().textContent()).toBe(first!.label);
    const shown = (await tooltip.locator('small').textContent())!;
    const at = Number(/step ([\d,]+)/.exec(shown)![1]!.replaceAll(',', ''));
    // What was measured by the step under the pointer, not what was measured last.
    expect(at).toBeLessThan(50);
    const metric = history.metrics.get(COSINES)!;
    const [a, b] = first!.label.split(' – ').map((name) => NAMES.indexOf(name));
    const value = metric.value(metric.buckets.find((bucket) => bucket.step === at)!, a! * NAMES.length + b!);
    const text = (await tooltip.locator('.tip-value').textContent())!.replace('−', '-');
    expect(Number(text)).toBeCloseTo(value!, 3);
    expect(await page.locator('.crosshair:visible').count()).toBeGreaterThan(1);
  });

  test('leaves out a class that is switched off, and lets the others step back for the one under the pointer', async () => {
    const { history, url } = await stage(150);
    const { page } = await open(url);
    await step(page, history.lastStep);
    await page.locator(PAIRS).scrollIntoViewIfNeeded();
    await expect.poll(() => rowsOf(page)).toEqual(expectedRows(history));
    await page.mouse.move(0, 0);
    const before = await drawing(page);
    await page.hover('.chip[data-class="0"]');
    await expect.poll(() => drawing(page)).not.toBe(before);
    await page.click('.chip[data-class="0"]');
    const others = expectedRows(history, ({ a }) => a !== 0);
    await expect.poll(() => rowsOf(page), { timeout: 3000 }).toEqual(others);
    expect(others.length).toBe(30);
  });

  test('of many classes shows the pairs of the picked ones', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `class ${i}`);
    const { history, url } = await stage(60, { classNames: names, imbalance: 5 });
    const { page, troubles } = await open(url);
    await step(page, history.lastStep);
    await page.locator(PAIRS).scrollIntoViewIfNeeded();
    await expect.poll(() => page.textContent(`${PAIRS} .note`)).toMatch(/^30 most opposed of [67]\d\d pairs/);
    await page.fill('input[type="search"]', 'class 17');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.textContent(`${PAIRS} .note`), { timeout: 3000 })
      .toMatch(/^30 most opposed of 3\d pairs/);
    expect((await rowsOf(page)).every(({ label }) => label.split(' – ').includes('class 17'))).toBe(true);
    expect(troubles).toEqual([]);
  });

  test('of a metric that is no matrix of classes is empty and breaks nothing', async () => {
    const { training, history, url, tell } = await stage(30);
    const panel = { group: 'Odd', title: 'Odd', chart: 'pairs' } as const;
    const declare = (id: string, axes: Declaration['axes']) =>
      training.declare({ id, stream: 'train', help: '', axes, cadence: 'step', fold: 'last', panels: [panel] });
    tell(declare('odd-scalar', []), training.measurement('train', 'odd-scalar', [1], []));
    tell(declare('odd-vector', ['class']), training.measurement('train', 'odd-vector', [1, 2], [2]));
    const { page, troubles } = await open(url);
    await step(page, history.lastStep);
    await page.locator('section[aria-label="Odd"]').scrollIntoViewIfNeeded();
    await expect.poll(() => page.textContent('section[aria-label="Odd"] .note')).toBe('0 pairs, 1 step');
    expect(await page.locator('section[aria-label="Odd"] .card').count()).toBe(2);
    expect(troubles).toEqual([]);
  });
});

describe('a chart that goes below and above 0', () => {
  test('has a line at 0; others have none, and a log axis has none', async () => {
    for (const dark of [false, true]) {
      const { history, url } = await stage(60);
      const { page } = await open(url, { dark });
      await step(page, history.lastStep);
      const { reference } = PALETTES[dark ? 'dark' : 'light'];
      const inTitle = async (title: string) => {
        await page.locator(card(title, 'train')).scrollIntoViewIfNeeded();
        const canvas = `${card(title, 'train')} canvas`;
        await page.waitForSelector(canvas);
        await expect
          .poll(() => pixels(page, canvas, PALETTES[dark ? 'dark' : 'light'].classes[0]!))
          .toBeGreaterThan(20);
        return pixels(page, canvas, reference);
      };
      expect(await inTitle('Alignment with the gradient')).toBeGreaterThan(150);
      expect(await inTitle('Class recall')).toBeLessThan(100);
      expect(await inTitle('Norm of the class gradient')).toBeLessThan(100);
    }
  });
});

describe('a heat map of layer by class', () => {
  test('names both axes and its layers, and has logarithmic colours that say what they cannot show', async () => {
    const { history, training, url, tell } = await stage(0, { classNames: ['a', 'b', 'c'] });
    tell(...training.next());
    const norms = [1e-3, 0, null, 1, 10, 1e-2, 1e-1, 1, 1];
    tell(training.measurement('train', 'layer-grad-norm', norms, [3, 3]));
    const { page } = await open(url);
    await step(page, history.lastStep);
    const layers = card('Norm of the class gradient by layer', 'train');
    await page.locator(layers).scrollIntoViewIfNeeded();
    await expect.poll(() => page.textContent(`${layers} .color-legend`)).toBe('log0.00110');
    expect(await page.textContent(`${layers} .warning`)).toBe('▲ 1 × ≤ 0');
    expect(await page.textContent(`${layers} .note`)).toContain('1 cells missing');
    const names = await page.$$eval(`${layers} tbody th`, (cells) => cells.map((cell) => cell.textContent));
    expect(names).toEqual(['first_inputs', 'other_inputs', 'bias']);
    // 10 is the dark end, 1e-3 and 0 the light one.
    const { sequential } = PALETTES.light;
    await expect.poll(() => pixels(page, `${layers} canvas`, sequential.at(-1)!)).toBeGreaterThan(500);
    const box = (await page.locator(`${layers} canvas`).boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.1);
    await expect.poll(() => page.textContent('.tooltip .rows')).toBe('Layerfirst_inputsClassb');
  });
});
