import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { allowedHosts } from '../../src/server/gate.ts';
import { CODE_MS } from '../../src/server/sessions.ts';
import { connect, get, PAGE, type Serving, serving, signIn, writing } from './serving.ts';

async function statusOf(opening: Promise<unknown>): Promise<string> {
  return opening.then(
    () => 'open',
    (error: Error) => error.message,
  );
}

function bearer({ server }: Serving): Record<string, string> {
  return { authorization: `Bearer ${server.token}` };
}

test('a link opens once: the code becomes a cookie, and disappears from the address', async () => {
  const site = await serving();
  const { port, origin } = site.server;
  const link = new URL(site.server.link());
  expect(link.origin).toBe(origin);
  const first = await get(port, `${link.pathname}${link.search}&run=run-a`);
  expect(first.status).toBe(303);
  expect(first.headers.location).toBe('/?run=run-a');
  const [cookie] = first.headers['set-cookie']!;
  expect(cookie).toMatch(new RegExp(`^classwatch-${port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`));
  expect((await get(port, '/', { cookie: cookie!.split(';')[0]! })).body).toBe(PAGE);
  const second = await get(port, link.pathname + link.search);
  expect(second.status).toBe(403);
  expect(second.body).toContain('A fresh link is needed');
  expect(second.headers['set-cookie']).toBeUndefined();
  // In the browser that is signed in the used link still leads to the page.
  expect((await get(port, link.pathname + link.search, { cookie: cookie!.split(';')[0]! })).status).toBe(303);
});

test('a code is valid for ten minutes, also one that the caller chose', async () => {
  const site = await serving();
  const { port } = site.server;
  site.server.allowCode('chosen-by-the-caller');
  const late = new URL(site.server.link());
  site.clock.now += CODE_MS;
  expect((await get(port, '/?code=chosen-by-the-caller')).status).toBe(303);
  site.clock.now += 1;
  expect((await get(port, late.pathname + late.search)).status).toBe(403);
});

test('who comes without a session gets a page that explains, and a fresh link is printed at most every 10 s', async () => {
  const site = await serving();
  const { port } = site.server;
  for (let i = 0; i < 5; i++) {
    const { status, body } = await get(port, '/');
    expect(status).toBe(403);
    expect(body).toContain('came without a link, or with one that was used or is too old');
    expect(body).not.toMatch(/just been printed|This link/);
    expect(body).toContain('<meta name="color-scheme" content="light dark">');
  }
  expect(site.told).toHaveLength(1);
  const link = new URL(/http\S+/.exec(site.told[0]!)![0]);
  expect((await get(port, link.pathname + link.search)).status).toBe(303);
  site.clock.now += 9_999;
  await get(port, '/');
  expect(site.told).toHaveLength(1);
  site.clock.now += 1;
  await get(port, '/?code=wrong');
  expect(site.told).toHaveLength(2);
  site.clock.now += 20_000;
  // An image or a script in some other page is no person who needs a link.
  await get(port, '/', { 'sec-fetch-mode': 'no-cors' });
  await get(port, '/api/runs');
  await get(port, '/page.js');
  expect(site.told).toHaveLength(2);
});

test('fetching ahead, or asking for headers only, does not use a code up', async () => {
  const site = await serving();
  const { port } = site.server;
  const { pathname, search } = new URL(site.server.link());
  expect((await get(port, pathname + search, { 'sec-purpose': 'prefetch' })).status).toBe(403);
  expect((await get(port, pathname + search, {}, 'HEAD')).status).toBe(403);
  expect((await get(port, pathname + search)).status).toBe(303);
});

test('a Host that is not ours is turned away before anything else, on every door (DNS rebinding)', async () => {
  const site = await serving();
  const { port } = site.server;
  const cookie = await signIn(site);
  for (const host of [
    `evil.example:${port}`,
    'evil.example',
    `127.0.0.1.evil.example:${port}`,
    '127.0.0.1',
    'localhost:1',
  ]) {
    const { pathname, search } = new URL(site.server.link());
    expect((await get(port, pathname + search, { host, cookie })).status, host).toBeGreaterThanOrEqual(400);
    expect((await get(port, '/api/runs', { host, ...bearer(site) })).status, host).toBeGreaterThanOrEqual(400);
    expect(await statusOf(connect(port, '/live', { host, cookie, origin: `http://${host}` })), host).toMatch(/^4\d\d$/);
    expect(await statusOf(connect(port, '/ingest', { host, ...bearer(site) })), host).toMatch(/^4\d\d$/);
  }
  expect(site.told).toEqual([]);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
    expect((await get(port, '/api/runs', { host, cookie })).status, host).toBe(200);
  }
});

test('an Origin other than the page itself is turned away, with cookie and with token', async () => {
  const site = await serving();
  const { port } = site.server;
  const cookie = await signIn(site);
  const own = `http://127.0.0.1:${port}`;
  for (const origin of [
    'http://evil.example',
    'null',
    `http://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
    `${own}.evil.example`,
    `${own}/`,
  ]) {
    expect((await get(port, '/api/runs', { cookie, origin })).status, origin).toBe(403);
    expect(await statusOf(connect(port, '/live', { cookie, origin })), origin).toBe('403');
    expect(await statusOf(connect(port, '/ingest', { ...bearer(site), origin })), origin).toBe('403');
  }
  expect((await get(port, '/api/runs', { cookie, origin: own })).status).toBe(200);
  expect(await statusOf(connect(port, '/live', { cookie, origin: own }))).toBe('open');
});

test('an upgrade with a cookie needs an Origin; one with the token does not', async () => {
  const site = await serving();
  const { port } = site.server;
  const cookie = await signIn(site);
  expect(await statusOf(connect(port, '/live', { cookie }))).toBe('403');
  expect(await statusOf(connect(port, '/live', bearer(site)))).toBe('open');
});

test('a writer comes in by its token alone; wrong tokens and other cookies open nothing', async () => {
  const site = await serving();
  const { port, token } = site.server;
  const cookie = await signIn(site);
  const origin = `http://127.0.0.1:${port}`;
  expect(await statusOf(writing(site))).toBe('open');
  expect(await statusOf(connect(port, '/ingest', { cookie, origin }))).toBe('401');
  expect(await statusOf(connect(port, '/ingest', {}))).toBe('401');
  for (const wrong of [`${token}x`, token.slice(1), 'x', '', `${token} ${token}`]) {
    expect(await statusOf(connect(port, '/ingest', { authorization: `Bearer ${wrong}` })), wrong).toBe('401');
    expect((await get(port, '/api/runs', { authorization: `Bearer ${wrong}`, cookie })).status, wrong).toBe(401);
  }
  expect((await get(port, '/api/runs', { cookie: cookie.replace(/=.*/, '=guess') })).status).toBe(403);
  expect((await get(port, '/api/runs', { cookie: cookie.replace(String(port), String(port + 1)) })).status).toBe(403);
});

test('every answer carries the security headers, refusals of upgrades too; none allows other sites', async () => {
  const site = await serving();
  const { port } = site.server;
  const cookie = await signIn(site);
  const answers = [
    await get(port, '/'),
    await get(port, '/', { cookie }),
    await get(port, '/page.js', { cookie }),
    await get(port, '/api/runs', { cookie, origin: `http://127.0.0.1:${port}` }),
    await get(port, '/none', { cookie }),
    await get(port, '/%ff', { cookie }),
    await get(port, '/api/runs', { cookie, host: 'evil.example' }),
    await get(port, '/api/runs', { cookie }, 'OPTIONS'),
    await get(port, '/live', { cookie, connection: 'upgrade', upgrade: 'websocket' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 200, 200, 200, 404, 404, 421, 405, 403]);
  for (const { headers, status } of answers) {
    expect(headers['content-security-policy'], String(status)).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('nothing is changed by a method, and no path leads out of the folder of the page', async () => {
  const site = await serving();
  const { port } = site.server;
  const cookie = await signIn(site);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    expect((await get(port, '/api/runs', { cookie }, method)).status, method).toBe(405);
  }
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/....//secret.txt',
    '//secret.txt',
    '/.hidden',
    '/page.js%00',
    '/../../../etc/passwd',
    'http://127.0.0.1/secret.txt',
  ];
  for (const path of paths) {
    const { status, body } = await get(port, path, { cookie });
    expect(status, path).toBeGreaterThanOrEqual(400);
    expect(body, path).not.toMatch(/secret|root:/);
  }
});

test('a port in use is told, and the next free one taken', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
  });
  const site = await serving({ port });
  expect(site.server.port).toBeGreaterThan(port);
  expect(site.told).toEqual([`Port ${port} is in use: the dashboard is on port ${site.server.port} instead.`]);
  other.close();
});

test('options that will not do are told in one sentence', async () => {
  await expect(serving({ port: 70_000 })).rejects.toThrow('Expected a port from 0 to 65535, got 70000.');
  await expect(serving({ host: '203.0.113.1' })).rejects.toThrow(
    /^Cannot listen on 203\.0\.113\.1, port 0 .*: choose another host or port\.$/,
  );
  await expect(serving({ token: 'short' })).rejects.toThrow(/Expected a token of at least 16/);
  await expect(serving({ pathPrefix: 'classwatch' })).rejects.toThrow(/Expected a path prefix such as \/classwatch/);
});

test('behind a proxy the page lives under its prefix and answers to the names that are allowed', async () => {
  const site = await serving({ pathPrefix: '/tools/classwatch/', allowedHosts: ['train.example'] });
  const { port, origin } = site.server;
  expect(origin).toBe(`http://127.0.0.1:${port}/tools/classwatch`);
  const { pathname, search } = new URL(site.server.link());
  const first = await get(port, pathname + search, { host: 'train.example' });
  expect(first.headers.location).toBe('/tools/classwatch/');
  expect(first.headers['set-cookie']![0]).toContain('Path=/tools/classwatch/');
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
  const headers = { cookie, host: 'train.example' };
  expect((await get(port, '/tools/classwatch/', headers)).body).toBe(PAGE);
  expect((await get(port, '/tools/classwatch', headers)).headers.location).toBe('/tools/classwatch/');
  expect((await get(port, '/', headers)).status).toBe(404);
  expect(await statusOf(connect(port, '/tools/classwatch/live', { ...headers, origin: 'https://train.example' }))).toBe(
    'open',
  );
  expect(await statusOf(connect(port, '/live', { ...headers, origin: 'https://train.example' }))).toBe('404');
});

test('a server on all addresses answers to those of this machine', () => {
  const hosts = allowedHosts('0.0.0.0', 6120, []);
  expect(hosts.has('127.0.0.1:6120')).toBe(true);
  expect(hosts.size).toBeGreaterThan(3);
  expect([...allowedHosts('::1', 80, ['a:1'])]).toEqual(expect.arrayContaining(['[::1]:80', '[::1]', 'a:1']));
});

test('closing frees the port at once, while pages are connected', async () => {
  const site = await serving();
  const client = await writing(site);
  await site.server.close();
  await site.server.close();
  await client.closed;
  await expect(get(site.server.port, '/')).rejects.toThrow(/ECONNREFUSED/);
});
