import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadDataSet } from '../../examples/data/dataset.ts';
import { fetchFiles, MNIST_FILES, type Source, userCache } from '../../examples/data/download.ts';
import { temporaryFolder } from './files.ts';

const CONTENT = Buffer.from('pixels, pixels, pixels');
const HASH = createHash('sha256').update(CONTENT).digest('hex');

/** A server on this machine that answers every request like this, and a source that points to it. */
async function source(
  answer: RequestListener,
  changes: Partial<Source> = {},
): Promise<Source & { asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mnist/`;
  const cache = join(temporaryFolder(), 'mnist');
  return { url, cache, files: { 'a.gz': HASH }, answerWithin: 300, pieceWithin: 300, ...changes, asked: () => asked };
}

const sendContent: RequestListener = (_, response) => void response.end(CONTENT);

test('a file is fetched once, checked, kept in the cache, and taken from there from then on', async () => {
  const from = await source(sendContent);
  expect(Buffer.from((await fetchFiles(from)).get('a.gz')!)).toEqual(CONTENT);
  expect(readFileSync(join(from.cache, 'a.gz'))).toEqual(CONTENT);
  expect(readdirSync(from.cache)).toEqual(['a.gz']);
  await fetchFiles(from);
  expect(from.asked()).toBe(1);
});

test('a cached file that is damaged is fetched again', async () => {
  const from = await source(sendContent);
  mkdirSync(from.cache, { recursive: true });
  writeFileSync(join(from.cache, 'a.gz'), CONTENT.subarray(0, 5));
  await fetchFiles(from);
  expect(readFileSync(join(from.cache, 'a.gz'))).toEqual(CONTENT);
});

test('a cache that cannot be written costs only the next download', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const from = await source(sendContent, { cache: join(folder, 'file', 'mnist') });
  expect(Buffer.from((await fetchFiles(from)).get('a.gz')!)).toEqual(CONTENT);
});

describe('one sentence says why, and nothing is cached, when', () => {
  async function refusal(answer: RequestListener, changes: Partial<Source> = {}): Promise<string> {
    const from = await source(answer, changes);
    const error = await fetchFiles(from).then(
      () => new Error('nothing went wrong'),
      (reason: Error) => reason,
    );
    expect(existsSync(join(from.cache, 'a.gz'))).toBe(false);
    return error.message;
  }

  test('the content is not what it should be', async () => {
    expect(await refusal((_, response) => void response.end('other'))).toMatch(
      new RegExp(`^a.gz: expected SHA-256 ${HASH}, got [0-9a-f]{64} \\(5 bytes\\)$`),
    );
  });

  test('the file is not there', async () => {
    expect(await refusal((_, response) => void response.writeHead(404).end())).toMatch(/a.gz answered 404 Not Found$/);
  });

  test('the connection breaks off in the middle', async () => {
    const message = await refusal((_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 5), () => response.destroy());
    });
    expect(message).toMatch(/^127.0.0.1:\d+ broke off \(.+\)$/);
  });

  test('the server does not answer', async () => {
    expect(await refusal(() => {})).toMatch(/did not answer in time$/);
  });

  test('the server stops sending', async () => {
    const message = await refusal((_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 5));
    });
    expect(message).toMatch(/did not answer in time$/);
  });

  test('nobody listens there', async () => {
    expect(await refusal(sendContent, { url: 'http://127.0.0.1:1/' })).toMatch(/^127.0.0.1:1 could not be reached/);
  });

  test('the server never stops sending', async () => {
    const message = await refusal((_, response) => {
      const piece = Buffer.alloc(1 << 20);
      const more = () => {
        while (response.write(piece)) {}
        response.once('drain', more);
      };
      more();
    });
    expect(message).toMatch(/sent more than 16777216 bytes$/);
  });
});

test('the first failure ends the other downloads', async () => {
  let brokeOff = () => {};
  const slowBrokeOff = new Promise<void>((resolve) => {
    brokeOff = resolve;
  });
  const answer: RequestListener = (request, response) => {
    if (request.url?.endsWith('slow')) response.on('close', brokeOff).writeHead(200).write('...');
    else setTimeout(() => response.writeHead(500).end(), 100);
  };
  const patient = { answerWithin: 60_000, pieceWithin: 60_000 };
  const from = await source(answer, { files: { bad: HASH, slow: HASH }, ...patient });
  await expect(fetchFiles(from)).rejects.toThrow(/bad answered 500/);
  await slowBrokeOff;
});

test('where MNIST is not to be had, digits are drawn, and the reason is told', async () => {
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const from = await source((_, response) => void response.end('a login page'));
  const data = await loadDataSet({ folder: null, drawn: false, imbalance: 100, seed: 1, mnistUrl: from.url });
  expect(data.origin).toMatch(
    /^Data: digits that this example draws itself \(MNIST is not to be had: .*: expected SHA-256 .*\)\.$/,
  );
  expect(data.classNames).toHaveLength(10);
  expect(data.train.labels.length).toBeGreaterThan(2000);
});

test('the cache lies where the system wants it', () => {
  expect(userCache({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'classwatch'));
  expect(userCache({}, 'linux')).toMatch(/\.cache.classwatch$/);
  expect(userCache({}, 'darwin')).toMatch(/Library.Caches.classwatch$/);
  expect(userCache({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'classwatch', 'Cache'));
});

test('each of the four files of MNIST has its SHA-256', () => {
  expect(Object.keys(MNIST_FILES)).toHaveLength(4);
  for (const hash of Object.values(MNIST_FILES)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});
