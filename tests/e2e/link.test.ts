import { expect, test } from 'vitest';
import { withBrowser } from '../support/browser.ts';
import { folder, type Running, run } from '../support/script.ts';

const browser = withBrowser();

/** A run that goes on until it is told to end: its link, and what it is called. */
const training = (logdir: string, name: string) => `
  const monitor = await watch(tf, model, { name: '${name}', logdir: '${logdir}', port: 0 });
  console.log(monitor.url);
  await model.trainOnBatch(xs, ys);
  await monitor.flush();
  console.log('trained');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.exit(0);
`;

async function linkOf(script: Running): Promise<string> {
  await script.until(/trained/);
  return (await script.until(/http:\S+/))[0];
}

test('a link shows the run that gave it, whatever later runs the folder has; one that is chosen by hand takes its place', async () => {
  const logdir = folder();
  const first = run(training(logdir, 'the first'));
  const link = await linkOf(first);
  const second = run(training(logdir, 'the second'));
  await linkOf(second);
  const page = await browser.page();
  await page.goto(link);
  const picker = page.locator('select[aria-label="Run"]');
  await expect.poll(() => picker.locator('option').count()).toBe(2);
  expect(await page.textContent('h1')).toBe('the first');
  await linkOf(run(training(logdir, 'the third')));
  await expect.poll(() => picker.locator('option').count(), { timeout: 30_000 }).toBe(3);
  expect(await page.textContent('h1')).toBe('the first');
  await picker.selectOption({ index: 0 });
  await page.waitForSelector('h1:text-is("the third")');
  await page.reload();
  await page.waitForSelector('h1:text-is("the third")');
});
