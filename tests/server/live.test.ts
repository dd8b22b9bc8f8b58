import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunHistory } from '../../src/history.ts';
import { historyOf, PROTOCOL_VERSION } from '../../src/protocol.ts';
import type { AnyRecord } from '../../src/record.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { folder, writerProcess } from '../store/folder.ts';
import { measurement, recordsOf } from '../store/records.ts';
import { connect, type Page, page, pause, type Serving, serving } from './serving.ts';

/** What a page would draw from: folds messages as a page does. */
class Shown {
  history = new RunHistory();
  private done = 0;

  /** Takes in what the page has heard. */
  read({ heard }: Page): this {
    for (const message of heard.slice(this.done)) {
      if (message.t === 'seed') this.history = historyOf(message);
      if (message.t === 'records') for (const record of message.records) this.history.add(record);
    }
    this.done = heard.length;
    return this;
  }

  /** A new connection is heard from its start. */
  reconnected(): void {
    this.done = 0;
  }
}

function folded(records: Iterable<AnyRecord>): RunHistory {
  const history = new RunHistory();
  for (const record of records) history.add(record);
  return history;
}

function put({ store, server }: Serving, records: readonly AnyRecord[]): void {
  store.append(records);
  server.publish(records);
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await pause(5);
}

test('a page that comes late gets the whole history, then every record as it comes', async () => {
  const site = await serving();
  const records = recordsOf('run-a', { steps: 400 });
  put(site, records.slice(0, 500));
  const client = await page(site);
  const hello = await client.next('hello');
  expect(hello).toMatchObject({ v: PROTOCOL_VERSION, runs: [{ run: 'run-a', state: 'live', lastSeq: 500 }] });
  client.say({ t: 'watch', run: 'run-a', since: 0 });
  const shown = new Shown();
  await until(() => shown.read(client).history.lastSeq === 500);
  for (let i = 500; i < records.length; i += 7) {
    put(site, records.slice(i, i + 7));
    await pause(1);
  }
  await until(() => shown.read(client).history.lastSeq === records.length);
  expect(shown.history).toEqual(folded(records));
});

test('a step goes to the page while others follow, in messages at least 40 ms apart', async () => {
  const site = await serving();
  const records = recordsOf('run-a', { steps: 600 });
  put(site, records.slice(0, 3));
  const client = await page(site);
  client.say({ t: 'watch', run: 'run-a', since: 0 });
  await client.next('records');
  const published = new Map<number, number>();
  for (let i = 3; i < records.length; i += 2) {
    put(site, records.slice(i, i + 2));
    published.set(records[i]!.seq, performance.now());
    await pause(1);
  }
  await until(() =>
    client.heard.some((message) => message.t === 'records' && message.records.at(-1)?.seq === records.length),
  );
  const delays: number[] = [];
  client.heard.forEach((message, i) => {
    if (message.t !== 'records') return;
    for (const { seq } of message.records) if (published.has(seq)) delays.push(client.times[i]! - published.get(seq)!);
  });
  delays.sort((a, b) => a - b);
  const median = delays[delays.length >> 1]!;
  console.log(`publish to page: median ${median.toFixed(1)} ms, longest ${delays.at(-1)!.toFixed(1)} ms`);
  // Far above what is printed: it would be seconds if steps waited for the last one.
  expect(median).toBeLessThan(1000);
  const gaps = client.times.slice(3).map((time, i) => time - client.times[i + 2]!);
  expect(gaps.filter((gap) => gap < 40).length).toBeLessThan(gaps.length / 4);
});

test('a page that was away a moment gets the records it lacks; one that was away long, or knows more than there is, a seed', async () => {
  const site = await serving();
  const records = recordsOf('run-a', { steps: 9000 });
  put(site, records);
  const client = await page(site);
  client.say({ t: 'watch', run: 'run-a', since: records.length - 5 });
  expect((await client.next('records')).records).toEqual(records.slice(-5));
  client.say({ t: 'watch', run: 'run-a', since: records.length });
  expect((await client.next('records')).records).toEqual([]);
  client.say({ t: 'watch', run: 'run-a', since: 10 });
  expect(historyOf(await client.next('seed')).metrics).toEqual(folded(records).metrics);
  client.say({ t: 'watch', run: 'run-a', since: 1e6 });
  expect((await client.next('seed')).seq).toBe(records.length);
});

test('whatever pattern of drops and reconnects: the page ends with the history of the store', async () => {
  const site = await serving();
  let run = 0;
  const action = fc.record({
    what: fc.constantFrom('publish', 'publish', 'publish', 'drop', 'stall', 'resume', 'pause', 'forget'),
    count: fc.integer({ min: 1, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const id = `run-${run++}`;
      const records = recordsOf(id, { steps: 1300 });
      const shown = new Shown();
      let at = 3;
      put(site, records.slice(0, at));
      let client = await watching(site, id, 0);
      for (const { what, count } of actions) {
        if (what === 'publish') {
          put(site, records.slice(at, at + count));
          at += count;
        }
        if (what === 'stall') client.socket.pause();
        if (what === 'resume') client.socket.resume();
        if (what === 'pause') await pause(count);
        if (what === 'forget') shown.history = new RunHistory();
        if (what === 'drop' || what === 'forget') {
          shown.read(client);
          client.socket.terminate();
          if (what === 'forget') shown.history = new RunHistory();
          client = await watching(site, id, shown.history.lastSeq);
          shown.reconnected();
        }
      }
      client.socket.resume();
      const stored = folded(site.store.read(id));
      await until(() => shown.read(client).history.lastSeq === stored.lastSeq);
      expect(shown.history.metrics).toEqual(stored.metrics);
      expect(shown.history.notices).toEqual(stored.notices);
      client.socket.terminate();
    }),
    { numRuns: 25 },
  );
});

async function watching(site: Serving, run: string, since: number): Promise<Page> {
  const client = await page(site);
  client.say({ t: 'watch', run, since });
  return client;
}

test('a slow page is not buffered for without bound, and is seeded anew once it has caught up', async () => {
  const site = await serving();
  put(site, recordsOf('run-a', { steps: 0 }));
  const client = await watching(site, 'run-a', 0);
  await client.next('records');
  client.socket.pause();
  const values = new Float32Array(16 * 1024);
  const before = bytesHeld();
  let seq = 3;
  for (let i = 0; i < 1500; i++) {
    // All of one step, so that the history itself stays small.
    put(site, [measurement('run-a', ++seq, 0, 'class-recall', [values.length], values.fill(i))]);
    if (i % 10 === 0) await pause(5);
    if (i % 100 === 0) site.store.flush();
  }
  const held = bytesHeld() - before;
  console.log(`100 MB published to a page that does not read: ${(held / 1e6).toFixed(0)} MB held`);
  expect(held).toBeLessThan(60e6);
  client.socket.resume();
  const shown = new Shown();
  await until(() => shown.read(client).history.lastSeq === seq);
  expect(client.heard.filter(({ t }) => t === 'seed').length).toBeGreaterThanOrEqual(1);
  const received = client.heard.reduce(
    (sum, message) => sum + (message.t === 'records' ? message.records.length : 0),
    0,
  );
  expect(received).toBeLessThan(seq / 2);
  expect(shown.history.metrics).toEqual(folded(site.store.read('run-a')).metrics);
});

test('a seed that takes long to go out is sent once; what came meanwhile follows as records', async () => {
  const site = await serving();
  const recall = new Float32Array(500_000).fill(0.5);
  put(site, recordsOf('run-a', { steps: 0 }));
  put(site, [measurement('run-a', 4, 0, 'class-recall', [recall.length], recall)]);
  // 20 MB for a page that does not read yet; it says that it knows more than there is.
  const client = await watching(site, 'run-a', 1e6);
  client.socket.pause();
  let seq = 4;
  for (let i = 0; i < 20; i++) {
    await pause(30);
    put(site, [measurement('run-a', ++seq, i, 'loss', [], [1 / (i + 1)])]);
  }
  client.socket.resume();
  const shown = new Shown();
  await until(() => shown.read(client).history.lastSeq === seq);
  // The server looks at its files, and at the pages, once a second.
  await pause(1500);
  expect(client.heard.filter(({ t }) => t === 'seed')).toHaveLength(1);
  const loss = shown.read(client).history.metrics.get('train/loss');
  expect(loss).toEqual(folded(site.store.read('run-a')).metrics.get('train/loss'));
});

/** Bytes in buffers that are still in use. */
function bytesHeld(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

test('a run that another process writes is followed while it is written, from its first record on', async () => {
  const dir = folder();
  const site = await serving({ store: openStore(dir) });
  const client = await page(site);
  const writer = writerProcess(dir, 'run-b', { pause: 50 });
  await writer.line('flushed');
  while (!(await client.next('runs')).runs.some(({ run }) => run === 'run-b')) await pause(1);
  client.say({ t: 'watch', run: 'run-b', since: 0 });
  const shown = new Shown();
  await until(() => shown.read(client).history.lastSeq >= 101);
  for (let i = 0; i < 3; i++) {
    const seq = Number((await writer.line('flushed')).split(' ')[1]);
    await until(() => shown.read(client).history.lastSeq >= seq);
  }
  const seqs = client.heard.flatMap((message) =>
    message.t === 'records' ? message.records.map((record) => record.seq) : [],
  );
  expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
});

test('a finished run is read from its file, in slices, while a live one goes on', async () => {
  const dir = folder();
  const old = openStore(dir);
  old.append(recordsOf('run-old', { steps: 60_000, end: true }));
  old.close();
  const site = await serving({ store: openStore(dir) });
  put(site, recordsOf('run-new'));
  const client = await watching(site, 'run-old', 0);
  const other = await watching(site, 'run-new', 0);
  await other.next('records');
  const started = performance.now();
  const longest = await longestStall(async () => {
    expect((await client.next('seed')).seq).toBe(120_004);
  });
  const took = performance.now() - started;
  console.log(`120,000 records read for a page in ${took.toFixed(0)} ms: nothing waited over ${longest.toFixed(0)} ms`);
  expect(longest).toBeLessThan(took / 2);
});

/** The longest time (ms) for which timers of this process, in which the server runs too, were held up. */
async function longestStall(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await work();
  clearInterval(timer);
  return longest;
}

test('an unknown run, a damaged file and a foreign message are answered with a sentence', async () => {
  const dir = folder();
  const site = await serving({ store: openStore(dir) });
  appendFileSync(`${dir}/run-bad.db`, 'not a database at all, but long enough to look at '.repeat(100));
  const client = await page(site);
  client.say({ t: 'watch', run: 'run-none', since: 0 });
  expect((await client.next('error')).message).toMatch(/^There is no run run-none in /);
  client.say({ t: 'watch', run: 'run-bad', since: 0 });
  expect((await client.next('error')).message).toMatch(/^Cannot read run run-bad in /);
  put(site, recordsOf('run-a'));
  client.say({ t: 'watch', run: 'run-a', since: 0 });
  expect((await client.next('records')).records).toHaveLength(23);
  client.say({ t: 'watch', run: '../../etc/passwd', since: 0 });
  expect((await client.next('error')).message).toMatch(/^Expected \{t: "watch"/);
  expect(await client.closed).toBe(1008);
});

test.each<[string, string | Uint8Array, number]>([
  ['text', 'watch', 1008],
  ['no MessagePack', Uint8Array.of(0xc1, 0xff), 1008],
  ['a list longer than the frame', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), 1008],
  ['a frame larger than 64 KiB', new Uint8Array(64 * 1024 + 1), 1009],
])('%s ends the connection of a page and nothing else', async (_what, data, code) => {
  const site = await serving();
  const other = await page(site);
  const client = await page(site);
  client.socket.send(data);
  expect(await client.closed).toBe(code);
  put(site, recordsOf('run-a'));
  other.say({ t: 'watch', run: 'run-a', since: 0 });
  expect((await other.next('records')).records).toHaveLength(23);
});

test('names with markup travel as they are, in the list and in the records', async () => {
  const site = await serving();
  const name = '"><script>alert(1)</script>\u202e';
  put(site, recordsOf('run-a', { name }));
  const client = await watching(site, 'run-a', 0);
  expect((await client.next('hello')).runs[0]!.name).toBe(name);
  expect((await client.next('records')).records[0]).toMatchObject({ body: { name } });
});

test('more pages than the server bears are turned away', async () => {
  const site = await serving();
  const headers = { authorization: `Bearer ${site.server.token}` };
  await Promise.all(Array.from({ length: 64 }, () => connect(site.server.port, '/live', headers)));
  await expect(connect(site.server.port, '/live', headers)).rejects.toThrow('503');
});

test('a store that throws is told once, counted, and does not end the server', async () => {
  const store = openStore(folder());
  const broken: Store = Object.create(store, {
    read: {
      value: () => {
        throw new Error('the disk is on fire');
      },
    },
  });
  const site = await serving({ store: broken });
  store.append(recordsOf('run-a'));
  const client = await page(site);
  for (let i = 0; i < 3; i++) {
    client.say({ t: 'watch', run: 'run-a', since: 0 });
    expect((await client.next('error')).message).toBe('the disk is on fire');
  }
  expect(site.told).toEqual(['Reading run run-a failed (the disk is on fire); serving goes on.']);
});
