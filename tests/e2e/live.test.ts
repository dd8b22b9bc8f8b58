import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withBrowser } from '../support/browser.ts';
import { folder, run } from '../support/script.ts';

const browser = withBrowser();

/** A loop that never yields: each step works for 100 ms, and writes down when it ended. */
const BLOCKING = (logdir: string) => `
  const { appendFileSync } = await import('node:fs');
  const optimizer = tf.train.sgd(0.1);
  const monitor = await watch(tf, model, { optimizer, probe, logdir: '${logdir}', port: 0 });
  console.log(monitor.url);
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let step = 0; step < 60; step++) {
    optimizer.minimize(() => tf.losses.softmaxCrossEntropy(ys, monitor.observe(model.apply(xs, { training: true }), ys)));
    appendFileSync('${logdir}/ends', step + ' ' + Date.now() + '\\n');
    const until = Date.now() + 100;
    while (Date.now() < until);
  }
  process.exit(0);
`;

test('the page shows steps as they end while the training loop blocks its own thread all the time', async () => {
  const logdir = folder();
  const script = run(BLOCKING(logdir));
  const [url] = await script.until(/http:\S+/);
  const page = await browser.page();
  await page.goto(url);
  await page.waitForSelector('header');
  await page.evaluate(() => {
    const seen: [step: number, time: number][] = [];
    Object.assign(window, { seen });
    const header = document.querySelector('header')!;
    const look = () => seen.push([Number(header.getAttribute('data-step')), Date.now()]);
    new MutationObserver(look).observe(header, { attributeFilter: ['data-step'] });
  });
  script.child.stdin!.write('go\n');
  await script.finished;
  await page.waitForFunction(() => document.querySelector('header[data-step="59"]') !== null);
  const seen = await page.evaluate(() => (window as unknown as { seen: [number, number][] }).seen);
  const ends = readFileSync(join(logdir, 'ends'), 'utf8').trim().split('\n');
  const latencies = ends.map((line) => {
    const [step, time] = line.split(' ').map(Number) as [number, number];
    return seen.find(([shown]) => shown >= step)![1] - time;
  });
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]!;
  console.log(`from the end of a step to the page: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`);
  // A page that waited for the loop to yield would show most steps seconds late.
  expect(at(0.95)).toBeLessThan(2000);
});
