/**
 * What class gradients cost in plain operations, within their budget of 5 %: on cpu (pure JS) and on webgl in headless
 * Chromium. Prints a table; `npm run bench -- plain`. Arguments: [blocks] [cpu or webgl] [part of a network's name]; CHROME_PATH may name a browser.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { type Blocks, compareBlocks } from './blocks.js';
import { show } from './pairs.js';
import { type PlainName, plainCases } from './plain-cases.js';

const TARGET = 1.05;
const SIZES = { warmUp: 200, blocks: Number(process.argv[2] ?? 16) };
const ONLY = process.argv[3] ?? '';
const root = fileURLToPath(new URL('../..', import.meta.url));
const NETWORK = process.argv[4] ?? '';
const names = (Object.keys(plainCases) as PlainName[]).filter((name) => name.includes(NETWORK));

function row(backend: string, name: string, result: Blocks, synchronous: number | null): void {
  const { off, ratio, whole, everyStep, warmUp, interval, steps } = result;
  console.log(
    `| ${backend} | ${name} | ${off.toFixed(1)} | ${interval.toFixed(1)} | ${show(ratio)} | ${whole.toFixed(3)} (${steps}) | ` +
      `${TARGET} | ${ratio.median <= TARGET ? 'met' : 'not met'} | ${everyStep.toFixed(3)} | ${warmUp.toFixed(3)} | ${synchronous ?? ''} |`,
  );
}

async function onCpu(): Promise<void> {
  await tf.setBackend('cpu');
  await tf.ready();
  for (const name of names) row('cpu', name, await compareBlocks(plainCases[name], SIZES), null);
}

async function onWebgl(): Promise<void> {
  const script = await bundled();
  const server = createServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'text/javascript' });
    response.end(isPage ? '<!doctype html><script type="module" src="/page.js"></script>' : script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { findBrowser } = (await import(new URL('../../scripts/browser.mjs', import.meta.url).href)) as {
    findBrowser(): Promise<string | null>;
  };
  const executablePath = await findBrowser();
  if (executablePath === null)
    throw new Error('Expected Chromium or Chrome, found none: set CHROME_PATH to its program.');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => window.comparePlain !== undefined);
    for (const name of names) await inPage(page, name);
  } finally {
    await browser.close();
    server.close();
  }
}

async function inPage(page: Page, name: PlainName): Promise<void> {
  const run = ({ name, sizes }: { name: PlainName; sizes: typeof SIZES }) => window.comparePlain(name, sizes);
  const result = await page.evaluate(run, { name, sizes: SIZES });
  row(
    `webgl, ${result.renderer.includes('SwiftShader') ? 'in software' : result.renderer}`,
    name,
    result,
    result.synchronous,
  );
}

async function bundled(): Promise<string> {
  const entry = join(root, 'dist', 'bench', 'plain-page.js');
  const result = await build({
    ...{ configFile: false, root, logLevel: 'error' },
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'page' } },
  });
  const [bundle] = [result].flat() as { output: { code: string }[] }[];
  return bundle!.output[0]!.code;
}

console.log(
  `Class gradients in plain operations, budget 0.05, Adam, ${SIZES.warmUp} steps before, Node ${process.version}`,
);
console.log(
  '| backend | network | step without, ms | measured every ... steps | ratio, median of blocks | all steps | at most | | step that is not measured | while the cost is found out | reads that wait |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
if ('cpu'.includes(ONLY)) await onCpu();
if ('webgl'.includes(ONLY)) await onWebgl();
