import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withBrowser } from '../support/browser.ts';
import { ROOT, started } from '../support/script.ts';

const browser = withBrowser();
const home = mkdtempSync(join(tmpdir(), 'classwatch-pack-'));

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', home], { cwd: ROOT });
  const tarball = readdirSync(home).find((name) => name.endsWith('.tgz'))!;
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  // tfjs comes along as a peer: a user who installs classwatch alone can train at once.
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${tarball}`], {
    cwd: home,
  });
  mkdirSync(join(home, 'work'));
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

const BODY = `
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const xs = tf.randomNormal([48, 6], 0, 1, 'float32', 3);
  const ys = tf.oneHot(tf.tensor1d(Array.from({ length: 48 }, (_, i) => i % 3), 'int32'), 3);
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 3, inputShape: [6], activation: 'softmax' }));
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const monitor = await watch(tf, model, { probe: { xs, ys }, port: 0 });
  console.log(monitor.url);
  await model.fit(xs, ys, { epochs: 4, batchSize: 16, verbose: 0, callbacks: [...monitor.callbacks] });
  await monitor.close({ keepServing: true });
  console.log('serving');
`;

const SCRIPTS = {
  'script.mjs': `import * as tf from '@tensorflow/tfjs';\nimport { watch } from 'classwatch';\n${BODY}`,
  'script.cjs': `const tf = require('@tensorflow/tfjs');\nconst { watch } = require('classwatch');\n(async () => {${BODY}})();`,
};

test.each(Object.entries(SCRIPTS))(
  'installed from npm pack into an empty folder, %s trains and its page opens',
  async (name, text) => {
    writeFileSync(join(home, 'work', name), text);
    const script = started(spawn(process.execPath, [name], { cwd: join(home, 'work') }));
    const [url] = await script.until(/http:\S+/);
    await script.until(/serving/);
    const page = await browser.page();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(url);
    await page.waitForSelector('header[data-step="12"]');
    expect(errors).toEqual([]);
    script.child.kill('SIGINT');
    const { stderr } = await script.finished;
    expect(stderr.replace(/^.*ExperimentalWarning[\s\S]*?\n.*\n/gm, '')).not.toMatch(/Error/);
  },
);

test('the package holds what it needs and nothing else', () => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8' }));
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli.js',
      'dist/relay/worker.js',
      'dist/dashboard/index.html',
      'LICENSE',
      'README.md',
    ]),
  );
  expect(
    paths.filter((path) => /^(src|tests|examples|bench|scripts|runs)\/|dist\/(examples|bench)\//.test(path)),
  ).toEqual([]);
});

test('the command line runs from the installed package', () => {
  const run = (...args: string[]) =>
    execFileSync('npx', ['--no-install', 'classwatch', ...args], { cwd: home, encoding: 'utf8' });
  expect(run('--version').trim()).toMatch(/^\d+\.\d+\.\d+$/);
  const runs = JSON.parse(run('list', '--logdir', join(home, 'work', 'runs'), '--json'));
  expect(runs).toHaveLength(2);
  expect(runs[0]).toMatchObject({ state: 'finished', steps: 12 });
});
