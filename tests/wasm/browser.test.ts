import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withBrowser } from '../support/browser.ts';
import { ROOT } from '../support/script.ts';

const browser = withBrowser();

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

let server: Server;
let url: string;

beforeAll(async () => {
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(ROOT, 'tests', 'wasm', 'browser-page.ts'), formats: ['es'], fileName: 'page' },
    },
  });
  const [bundle] = [result].flat() as { output: { code: string }[] }[];
  const script = bundle!.output[0]!.code;
  const binaries = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/wasm/')) {
      response.writeHead(200, { 'content-type': 'application/wasm' });
      return response.end(readFileSync(join(binaries, basename(path))));
    }
    const page = path === '/';
    const type = page ? 'text/html' : 'text/javascript';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY });
    response.end(page ? '<!doctype html><script type="module" src="/page.js"></script>' : script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => server?.close());

test('in a browser, under a policy without eval, a conv net with BatchNorm trains on our kernels', async () => {
  const page = await browser.page();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) troubles.push(message.text());
  });
  await page.goto(url);
  await page.waitForFunction(() => window.findings !== undefined);
  const findings = await page.evaluate(() => window.findings);
  expect(findings.obstacle).toBe(null);
  expect(findings.kernels).toMatchObject({
    ...{ Conv2DBackpropFilter: 'supplied', Conv2DBackpropInput: 'accelerated', MaxPoolGrad: 'mended' },
    TrainingBatchNorm: 'accelerated',
  });
  expect(findings.last).toBeLessThan(findings.first / 4);
  expect(findings.accuracy).toBeGreaterThan(0.95);
  expect(troubles).toEqual([]);
});
