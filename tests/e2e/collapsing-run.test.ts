import { expect, test } from 'vitest';
import { PALETTES } from '../../dashboard/palette.ts';
import { card, pixels } from '../dashboard/stage.ts';
import { withBrowser } from '../support/browser.ts';
import { folder, run } from '../support/script.ts';

const browser = withBrowser();

/** Two common classes of 200 examples, three rare ones of 4, weight decay: trains until the rows of the rare ones are one direction. */
const COLLAPSING = (logdir: string) => `
  const counts = [200, 200, 4, 4, 4];
  const of = counts.flatMap((count, c) => Array(count).fill(c));
  const y = tf.tensor1d(of, 'int32');
  const data = tf.tidy(() => tf.add(tf.gather(tf.randomNormal([5, 8], 0, 2, 'float32', 4), y), tf.randomNormal([of.length, 8], 0, 1, 'float32', 5)));
  const targets = tf.oneHot(y, 5).toFloat();
  const dense = (units, seed, options = {}) => tf.layers.dense({
    units, activation: 'relu', kernelRegularizer: tf.regularizers.l2({ l2: 0.04 }), kernelInitializer: tf.initializers.heNormal({ seed }), ...options,
  });
  const net = tf.sequential({ layers: [dense(32, 1, { inputShape: [8] }), dense(32, 2), dense(5, 3, { activation: 'softmax' })] });
  net.compile({ optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy' });
  const classNames = ['oak', 'elm', 'yew', 'ash', 'fir'];
  const monitor = await watch(tf, net, { probe: { xs: data, ys: targets }, classCounts: counts, classNames, logdir: '${logdir}', port: 0 });
  console.log(monitor.url);
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let step = 0; step < 200; step++) {
    const [x, t] = tf.tidy(() => {
      const drawn = tf.randomUniform([128], 0, of.length, 'int32', step + 1);
      return [tf.gather(data, drawn), tf.gather(targets, drawn)];
    });
    await net.trainOnBatch(x, t);
    tf.dispose([x, t]);
  }
  await monitor.close({ keepServing: true });
  const kernel = net.layers.at(-1).getWeights()[0].transpose().arraySync();
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const [yew, ash, fir] = kernel.slice(2);
  console.log('measured here', (cosine(yew, ash) + cosine(yew, fir) + cosine(ash, fir)) / 3);
  process.stdin.once('data', () => process.exit(0));
`;

test('a real run whose rare classes collapse: the page shows where the guesses stand, the cosine beside its prediction, and tells who collapsed', async () => {
  const script = run(COLLAPSING(folder()));
  const [url] = await script.until(/http:\S+/);
  const page = await browser.page({ height: 1400 });
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(url);
  script.child.stdin!.write('go\n');
  const [, cosine] = await script.until(/measured here (\S+)/);
  await page.waitForSelector('header.top[data-step="200"]', { timeout: 20_000 });

  const guesses = card('Where the first guesses stand', 'probe');
  await page.locator(guesses).scrollIntoViewIfNeeded();
  await expect.poll(() => page.textContent(guesses)).toMatch(/Why, by theory: gamma is [\d.]+/);

  const minority = card('Minority cosine', 'model');
  await page.locator(minority).scrollIntoViewIfNeeded();
  const [measured, predicted] = PALETTES.light.series;
  await expect.poll(() => pixels(page, `${minority} canvas`, measured!)).toBeGreaterThan(50);
  expect(await pixels(page, `${minority} canvas`, predicted!)).toBeGreaterThan(50);
  const table = `${minority} table[data-metric="model/minority-cosine"]`;
  await expect.poll(() => page.getAttribute(table, 'data-step')).toBe('200');
  expect(Number(cosine)).toBeGreaterThan(0.95);
  expect(Number(await page.getAttribute(`${table} td[data-value]`, 'data-value'))).toBeCloseTo(Number(cosine), 4);

  const alert = '[data-alert^="minority-collapse"] .message';
  await expect
    .poll(() => page.textContent(alert))
    .toMatch(/^The rows of "yew", "ash" and "fir" in the last dense layer have become one direction/);
  expect(troubles).toEqual([]);
  script.child.stdin!.write('end\n');
  await script.finished;
});
