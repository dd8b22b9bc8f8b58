import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { withBrowser } from '../support/browser.ts';
import { folder, ROOT, started } from '../support/script.ts';
import { tf, wasm } from '../support/tensorflow.ts';

const browser = withBrowser();
beforeAll(wasm);

const MNIST = join(ROOT, '..', 'shared', 'data', 'mnist');

interface Saved {
  readonly classNames: string[];
  readonly topology: object;
  readonly weights: readonly { readonly shape: number[]; readonly values: string }[];
  readonly probe: { readonly shape: number[]; readonly pixels: string; readonly labels: string };
}

/** What plain tfjs says about the saved network: confusion counts, true class by predicted class. */
async function oracle(file: string): Promise<number[][]> {
  const { topology, weights, probe, classNames } = JSON.parse(readFileSync(file, 'utf8')) as Saved;
  const model = await tf.models.modelFromJSON(topology as never);
  const decode = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
  model.setWeights(weights.map(({ shape, values }) => tf.tensor(new Float32Array(decode(values).buffer), shape)));
  const labels = decode(probe.labels);
  const pixels = Float32Array.from(decode(probe.pixels), (pixel) => pixel / 255);
  const guesses = (model.predict(tf.tensor2d(pixels, [labels.length, pixels.length / labels.length])) as tf.Tensor)
    .argMax(-1)
    .dataSync();
  const counts = classNames.map(() => classNames.map(() => 0));
  for (const [i, label] of labels.entries()) counts[label]![guesses[i]!]!++;
  return counts;
}

/** The exact numbers of the table of a metric, as the page shows them. */
function numbers(page: Page, metric: string): Promise<(number | null)[]> {
  return page.$eval(`table[data-metric="${metric}"]`, (table) =>
    [...table.querySelectorAll('td[data-class]')].map((cell) => {
      const value = cell.getAttribute('data-value');
      return value === null ? null : Number(value);
    }),
  );
}

test('final probe recall and confusion read from the page equal those that plain tfjs computes from the saved weights', async () => {
  const work = folder();
  const saved = join(work, 'saved.json');
  const real = existsSync(MNIST);
  console.log(real ? 'on real digits' : 'shared digits are not there: on drawn ones');
  const data = real ? ['--data', MNIST] : ['--drawn'];
  const program = join(ROOT, 'dist/examples/digits.js');
  const script = started(spawn(process.execPath, [program, ...data, '--epochs', '4', '--save', saved], { cwd: work }));
  await script.until(/Dashboard: (\S+)/);
  const [, url] = await script.until(/stays up until Ctrl-C: (\S+)/);
  const page = await browser.page();
  await page.goto(url!);
  const steps = await page
    .waitForSelector('header[data-step]:not([data-step="0"])')
    .then((el) => el.getAttribute('data-step'));
  await page.waitForSelector(`table[data-metric="probe/confusion"][data-step="${steps}"]`, { state: 'attached' });
  const counts = await oracle(saved);
  const recall = counts.map((row, c) => Math.fround(row[c]! / row.reduce((sum, n) => sum + n, 0)));
  expect(await numbers(page, 'probe/confusion')).toEqual(counts.flat());
  expect(await numbers(page, 'probe/class-recall')).toEqual(recall);
  // The page was opened after training: it has the whole history, from the untrained network on; and again after a reload.
  for (let visit = 0; visit < 2; visit++) {
    await page.waitForSelector('table[data-metric="probe/predicted-fraction"][data-step="0"]', { state: 'attached' });
    const guesses = await numbers(page, 'probe/predicted-fraction');
    expect(guesses.reduce<number>((sum, share) => sum + share!, 0)).toBeCloseTo(1, 5);
    await page.reload();
  }
  script.child.kill('SIGINT');
  await script.finished;
});
