import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ingestUrl } from '../../src/relay/door.ts';
import { type Forward, forward } from '../../src/relay/forward.ts';
import { MAX_SPOOL_BYTES, Spool } from '../../src/relay/spool.ts';
import { startServer } from '../../src/server/server.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { UsageError } from '../../src/usage-error.ts';
import { pause, serving } from '../server/serving.ts';
import { folder } from '../store/folder.ts';
import { measurement, recordsOf } from '../store/records.ts';

const TOKEN = 'a-token-for-the-tests';

function forwarding(url: string, { run = 'run-far', token = TOKEN } = {}): { elsewhere: Forward; told: string[] } {
  const told: string[] = [];
  const elsewhere = forward({ url, token, run, report: (sentence) => told.push(sentence) });
  onTestFinished(() => elsewhere.close());
  return { elsewhere, told };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

test('records reach the server elsewhere and are kept until it has confirmed them', async () => {
  const site = await serving({ token: TOKEN });
  const { elsewhere, told } = forwarding(site.server.origin);
  const records = recordsOf('run-far', { steps: 2000, end: true });
  for (let i = 0; i < records.length; i += 50) elsewhere.send(records.slice(i, i + 50));
  expect(elsewhere.pending).toBe(records.length);
  expect(await elsewhere.flush(60_000)).toBe(true);
  expect(elsewhere.pending).toBe(0);
  expect([...site.store.read('run-far')]).toEqual(records);
  expect(told).toEqual([]);
});

test('a server that is not there yet, and dies twice, ends up with every record, once', async () => {
  const dir = folder();
  const port = await freePort();
  const { elsewhere, told } = forwarding(`http://127.0.0.1:${port}`);
  const records = recordsOf('run-far', { steps: 900 });
  elsewhere.send(records.slice(0, 300));
  await pause(300);
  let sent = 300;
  for (let life = 0; life < 3; life++) {
    const store = openStore(dir);
    const server = await startServer({ store, dashboard: dir, port, token: TOKEN });
    for (let i = 0; i < 20; i++) {
      elsewhere.send(records.slice(sent, sent + 25));
      sent = Math.min(records.length, sent + 25);
      await pause(5);
    }
    if (life === 2) elsewhere.send(records.slice(sent));
    if (life === 2) expect(await elsewhere.flush(100_000)).toBe(true);
    else await pause(600);
    await server.close();
    store.close();
  }
  expect([...openStore(dir).read('run-far')]).toEqual(records);
  expect(told.length).toBeGreaterThan(0);
  expect(told[0]).toMatch(/cannot be reached \(.*ECONNREFUSED.*\): the run is kept in memory/);
});

test('a dead server and a wrong token are told once each, at the end with the records lost; sending never throws', async () => {
  const site = await serving({ token: TOKEN });
  const dead = forwarding(`http://127.0.0.1:${await freePort()}`);
  const strange = forwarding(site.server.origin, { token: 'not-the-token-at-all' });
  for (const { elsewhere } of [dead, strange]) elsewhere.send(recordsOf('run-far'));
  await pause(900);
  for (const { elsewhere } of [dead, strange]) {
    expect(await elsewhere.flush(50)).toBe(false);
    elsewhere.close();
    elsewhere.send(recordsOf('run-far', { steps: 50 }));
    elsewhere.close();
    expect(elsewhere.pending).toBe(23);
    expect(await elsewhere.flush(1000)).toBe(false);
  }
  const lost = expect.stringMatching(
    /^23 records of run run-far did not reach the server at .*: they are kept nowhere/,
  );
  expect(dead.told).toEqual([expect.stringMatching(/cannot be reached/), lost]);
  expect(strange.told).toEqual([expect.stringMatching(/turned the run away \(401\): check url and token/), lost]);
});

test.each<[unknown, string]>([
  ['localhost:6120', 'got "localhost:6120": write http://localhost:6120.'],
  ['10.0.0.7:6120/tools', 'got "10.0.0.7:6120/tools": write http://10.0.0.7:6120/tools.'],
  ['runs/somewhere', 'got "runs/somewhere": write an address such as http://host:6120.'],
  ['ftp://host', 'got "ftp://host": write an address such as http://host:6120.'],
  [6120, 'got "6120": write an address'],
])('%j as url is refused at once', (url, sentence) => {
  const told: string[] = [];
  const start = () => forward({ url: url as string, token: TOKEN, run: 'run-far', report: (said) => told.push(said) });
  expect(start).toThrow(UsageError);
  expect(start).toThrow(`with http:// or https:// in front, ${sentence}`);
  expect(told).toEqual([]);
});

test('a record that the server refuses ends the sending: told once, everything after is counted as dropped', async () => {
  const site = await serving({ token: TOKEN });
  const { elsewhere, told } = forwarding(site.server.origin);
  const records = recordsOf('run-far', { steps: 500, name: 'n'.repeat(300) });
  for (let i = 0; i < 500; i += 50) elsewhere.send(records.slice(i, i + 50));
  expect(await elsewhere.flush(60_000)).toBe(false);
  elsewhere.send(records.slice(500));
  await pause(1000);
  expect([elsewhere.pending, elsewhere.dropped]).toEqual([0, records.length]);
  expect(await elsewhere.flush(60_000)).toBe(false);
  elsewhere.close();
  expect(told).toEqual([
    expect.stringMatching(
      /says: ".*seq 1; its body\.name does not fit.*" Nothing more is sent: .* kept nowhere else\.$/,
    ),
  ]);
  expect(site.store.runs()).toEqual([]);
});

test('a run of which measurements had to be let go is still taken, and the loss is told with its number', async () => {
  const port = await freePort();
  const { elsewhere, told } = forwarding(`http://127.0.0.1:${port}`);
  const values = new Float32Array(256 * 1024);
  const notices = recordsOf('run-far', { steps: 0 });
  const count = 90;
  elsewhere.send(notices);
  for (let i = 0; i < count; i++) elsewhere.send([measurement('run-far', 4 + i, i, 'loss', [values.length], values)]);
  const { dropped } = elsewhere;
  expect(dropped).toBeGreaterThan(10);
  const store = openStore(folder());
  const server = await startServer({ store, dashboard: folder(), port, token: TOKEN });
  expect(await elsewhere.flush(100_000)).toBe(true);
  elsewhere.close();
  await server.close();
  const seqs = [...store.read('run-far')].map(({ seq }) => seq);
  store.close();
  expect(seqs).toEqual([1, 2, 3, ...Array.from({ length: count - dropped }, (_, i) => 4 + dropped + i)]);
  expect(told.at(-1)).toMatch(new RegExp(`^${dropped} records of run run-far did not reach`));
});

test('a flush does not wait for the next attempt: a server that is back gets the run at once', async () => {
  const port = await freePort();
  const { elsewhere } = forwarding(`http://127.0.0.1:${port}`);
  elsewhere.send(recordsOf('run-far'));
  // Attempts at 0, 0.2, 0.6, 1.4, 3.0 and 6.2 s.
  await pause(3300);
  const store = openStore(folder());
  const server = await startServer({ store, dashboard: folder(), port, token: TOKEN });
  expect(await elsewhere.flush(2500)).toBe(true);
  await server.close();
  store.close();
});

test('a server that cannot store for now is tried again', async () => {
  const dir = folder();
  const port = await freePort();
  const closed = openStore(dir);
  const unable = await startServer({ store: closed, dashboard: dir, port, token: TOKEN });
  const { elsewhere } = forwarding(`http://127.0.0.1:${port}`);
  await pause(200);
  closed.close();
  elsewhere.send(recordsOf('run-far'));
  await pause(200);
  await unable.close();
  const store = openStore(dir);
  const able = await startServer({ store, dashboard: dir, port, token: TOKEN });
  expect(await elsewhere.flush(12_000)).toBe(true);
  expect([...store.read('run-far')]).toEqual(recordsOf('run-far'));
  await able.close();
  store.close();
});

test('what the server refuses is told in its own words, without control characters', async () => {
  const site = await serving({ token: TOKEN });
  site.store.append(recordsOf('run-own'));
  const { elsewhere, told } = forwarding(site.server.origin, { run: 'run-own' });
  elsewhere.send(recordsOf('run-own'));
  await pause(300);
  expect(told[0]).toMatch(/says: "Run run-own is written by the server's own process/);
});

test('over its limit the spool lets the oldest measurements go and keeps what explains the others', () => {
  const spool = new Spool();
  const values = new Float32Array(64 * 1024);
  const notices = recordsOf('run-far', { steps: 0 });
  spool.push(notices);
  const count = 2 * Math.ceil(MAX_SPOOL_BYTES / values.byteLength);
  for (let i = 0; i < count; i++) spool.push([measurement('run-far', 4 + i, i, 'loss', [values.length], values)]);
  expect(spool.dropped).toBeGreaterThan(count / 2 - 10);
  expect(spool.size + spool.dropped).toBe(notices.length + count);
  expect(spool.next().slice(0, 3)).toEqual(notices);
  let last = 0;
  for (let batch = spool.next(); batch.length > 0; batch = spool.next()) last = batch.at(-1)!.seq;
  expect(last).toBe(3 + count);
  spool.rewind();
  expect(spool.next()[0]).toEqual(notices[0]);
  spool.confirm(3 + count);
  expect(spool.size).toBe(0);
  expect(spool.next()).toEqual([]);
});

test('the address of the door follows from that of the server', () => {
  expect(ingestUrl('http://host:6120')).toBe('ws://host:6120/ingest');
  expect(ingestUrl('https://host/tools/classwatch/')).toBe('wss://host/tools/classwatch/ingest');
  expect(ingestUrl('http://[::1]:80/?x=1#y')).toBe('ws://[::1]/ingest');
  for (const bad of ['', 'host:6120', 'ftp://host', 'javascript:alert(1)']) expect(ingestUrl(bad)).toBeNull();
});
