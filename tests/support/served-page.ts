import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll } from 'vitest';
import { ROOT } from './script.ts';

const CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'";

/** A page that runs one script of the tests, bundled; `entry` within the package. Its address is known when the tests run. */
export function servedPage(entry: string): { readonly url: string } {
  let server: Server;
  const page = { url: '' };
  beforeAll(async () => {
    const script = await bundled(entry);
    server = createServer((request, response) => {
      const isPage = request.url === '/';
      const type = isPage ? 'text/html' : 'text/javascript';
      response.writeHead(200, { 'content-type': type, 'content-security-policy': CONTENT_SECURITY_POLICY });
      response.end(isPage ? '<!doctype html><script type="module" src="/page.js"></script>' : script);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    page.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server?.close());
  return page;
}

async function bundled(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    root: ROOT,
    // What the relay needs of Node is left out with a warning: these pages record to a function.
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry: join(ROOT, entry), formats: ['es'], fileName: 'page' } },
  });
  const [bundle] = [result].flat() as { output: { code: string }[] }[];
  return bundle!.output[0]!.code;
}
