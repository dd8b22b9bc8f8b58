import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/protocol.ts';
import type { AnyRecord } from '../../src/record.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { folder } from '../store/folder.ts';
import { measurement, recordsOf } from '../store/records.ts';
import { page, pause, type Serving, serving, type Writing, writing } from './serving.ts';

async function opened(site: Serving, run: string): Promise<Writing> {
  const writer = await writing(site);
  writer.say({ t: 'open', v: PROTOCOL_VERSION, run });
  return writer;
}

test('a run from elsewhere is stored, confirmed once it is on disk, and shown live', async () => {
  const site = await serving();
  const client = await page(site);
  const records = recordsOf('run-far', { steps: 50, end: true });
  const writer = await opened(site, 'run-far');
  expect(await writer.next('have')).toMatchObject({ run: 'run-far', seq: 0 });
  writer.say({ t: 'records', run: 'run-far', records: records.slice(0, 60) });
  expect((await writer.next('have')).seq).toBe(60);
  const other = openStore(`${site.dir}/runs`, { readOnly: true });
  expect([...other.read('run-far')]).toEqual(records.slice(0, 60));
  client.say({ t: 'watch', run: 'run-far', since: 0 });
  expect((await client.next('records')).records).toEqual(records.slice(0, 60));
  writer.say({ t: 'records', run: 'run-far', records: records.slice(60) });
  expect((await client.next('records')).records).toEqual(records.slice(60));
  expect((await writer.next('have')).seq).toBe(records.length);
  expect([...other.read('run-far')]).toEqual(records);
  expect(site.store.runs()).toMatchObject([{ run: 'run-far', state: 'finished' }]);
});

test('a writer that comes back is told what is stored; what it sends again is stored once', async () => {
  const site = await serving();
  const records = recordsOf('run-far', { steps: 100 });
  const first = await opened(site, 'run-far');
  first.say({ t: 'records', run: 'run-far', records: records.slice(0, 50) });
  while ((await first.next('have')).seq < 50) await pause(1);
  first.socket.terminate();
  const second = await opened(site, 'run-far');
  expect((await second.next('have')).seq).toBe(50);
  second.say({ t: 'records', run: 'run-far', records: records.slice(20) });
  expect((await second.next('have')).seq).toBe(records.length);
  expect([...site.store.read('run-far')]).toEqual(records);
});

test('a run that had gone to an earlier server goes on at a new one over the same directory', async () => {
  const dir = folder();
  const records = recordsOf('run-far', { steps: 100 });
  const earlier = openStore(dir);
  earlier.append(records.slice(0, 80));
  earlier.close();
  const site = await serving({ store: openStore(dir) });
  const writer = await opened(site, 'run-far');
  expect((await writer.next('have')).seq).toBe(80);
  writer.say({ t: 'records', run: 'run-far', records: records.slice(80) });
  await writer.next('have');
  const client = await page(site);
  client.say({ t: 'watch', run: 'run-far', since: 0 });
  expect((await client.next('records')).records).toEqual(records);
});

test('a new connection of the same run takes the place of the old one; two runs do not disturb each other', async () => {
  const site = await serving();
  const first = await opened(site, 'run-one');
  await first.next('have');
  const second = await opened(site, 'run-one');
  await second.next('have');
  expect((await first.next('error')).message).toMatch(/Another connection has taken over run run-one/);
  expect(await first.closed).toBe(1008);
  const third = await opened(site, 'run-two');
  second.say({ t: 'records', run: 'run-one', records: recordsOf('run-one') });
  third.say({ t: 'records', run: 'run-two', records: recordsOf('run-two', { steps: 30 }) });
  await second.next('have');
  while ((await third.next('have')).seq === 0) await pause(1);
  expect([...site.store.read('run-one')]).toEqual(recordsOf('run-one'));
  expect([...site.store.read('run-two')]).toEqual(recordsOf('run-two', { steps: 30 }));
});

test('the run of the server itself, one of another process, and one that has ended are not written from outside', async () => {
  const site = await serving();
  site.store.append(recordsOf('run-own'));
  const onOwn = await opened(site, 'run-own');
  expect((await onOwn.next('error')).message).toMatch(/run-own is written by the server's own process/);
  site.store.append(recordsOf('run-done', { end: true }));
  site.store.flush();
  const onDone = await opened(site, 'run-done');
  expect((await onDone.next('have')).seq).toBe(24);
  onDone.say({ t: 'records', run: 'run-done', records: [measurement('run-done', 25, 1, 'loss', [], [0])] });
  expect((await onDone.next('error')).message).toMatch(/run-done has ended/);
});

const record = recordsOf('run-far')[0]!;
test.each<[string, unknown, string]>([
  ['nothing', new Uint8Array(0), 'Expected one MessagePack message'],
  ['half a message', encode({ t: 'open', v: 1, run: 'run-far' }).subarray(0, 9), 'Expected one MessagePack message'],
  ['a length beyond the frame', Uint8Array.of(0xdd, 0x7f, 0xff, 0xff, 0xff), 'Expected one MessagePack message'],
  ['a text frame', 'open', 'Expected one MessagePack message'],
  ['something else', encode([1, 2, 3]), 'Expected an open or records message'],
  ['another version', encode({ t: 'open', v: 99, run: 'run-far' }), 'This server speaks version 1, the writer 99'],
  ['a path as run', encode({ t: 'open', v: 1, run: '../../evil' }), 'Expected a run id'],
  ['records before open', encode({ t: 'records', run: 'run-far', records: [record] }), 'open it first'],
])('%s ends the connection of a writer with a sentence, and leaves no file', async (_what, frame, sentence) => {
  const site = await serving();
  const writer = await writing(site);
  writer.socket.send(frame as Uint8Array);
  expect((await writer.next('error')).message).toContain(sentence);
  expect(await writer.closed).toBe(1008);
  expect(site.store.runs()).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['another run', [recordsOf('run-two')[0]], 'Expected only records of run run-far'],
  ['a malformed record', [{ ...record, step: -1 }], 'its step does not fit'],
  ['records out of order', [...recordsOf('run-far')].reverse(), 'Expected records in order of seq'],
  ['a hole before it', recordsOf('run-far').slice(3), 'Expected the record with seq 1, got 4'],
  ['a hole in it', recordsOf('run-far').toSpliced(5, 2), 'Expected the record with seq 6, got 8'],
  ['no list', 7, 'Expected an open or records message'],
])('of a frame with %s nothing is stored', async (_what, records, sentence) => {
  const site = await serving();
  const writer = await opened(site, 'run-far');
  await writer.next('have');
  writer.say({ t: 'records', run: 'run-far', records: records as AnyRecord[] });
  expect((await writer.next('error')).message).toContain(sentence);
  await writer.closed;
  expect(site.store.runs()).toEqual([]);
});

test('after a frame that is refused the socket takes nothing more, and nothing beyond the hole is confirmed', async () => {
  const site = await serving();
  const records = recordsOf('run-far', { steps: 100 });
  const writer = await opened(site, 'run-far');
  await writer.next('have');
  writer.say({ t: 'records', run: 'run-far', records: records.slice(0, 10) });
  writer.say({ t: 'records', run: 'run-far', records: [{ ...records[10]!, step: -1 }, ...records.slice(11, 20)] });
  for (let i = 20; i < 100; i += 10) writer.say({ t: 'records', run: 'run-far', records: records.slice(i, i + 10) });
  writer.say({ t: 'records', run: 'run-far', records: records.slice(10) });
  expect((await writer.next('error')).message).toContain('got one with seq 11; its step does not fit');
  expect(await writer.closed).toBe(1008);
  expect(writer.heard.filter(({ t }) => t === 'error')).toHaveLength(1);
  const again = await opened(site, 'run-far');
  expect((await again.next('have')).seq).toBe(10);
  again.say({ t: 'records', run: 'run-far', records: records.slice(20) });
  expect((await again.next('error')).message).toContain('Expected the record with seq 11, got 21');
  expect([...site.store.read('run-far')]).toEqual(records.slice(0, 10));
});

test('records that the writer has let go, and says so, leave a hole that is taken', async () => {
  const site = await serving();
  const records = recordsOf('run-far', { steps: 100 });
  const left = [...records.slice(0, 3), ...records.slice(40, 60), ...records.slice(70)];
  const gaps = [
    [4, 40],
    [61, 70],
  ];
  const writer = await opened(site, 'run-far');
  await writer.next('have');
  writer.socket.send(encode({ t: 'records', run: 'run-far', records: left, gaps }));
  expect((await writer.next('have')).seq).toBe(records.length);
  expect([...site.store.read('run-far')]).toEqual(left);
});

test('a server that cannot store closes with 1011: the writer may come back', async () => {
  const site = await serving();
  const writer = await opened(site, 'run-far');
  await writer.next('have');
  site.store.close();
  writer.say({ t: 'records', run: 'run-far', records: recordsOf('run-far') });
  await writer.next('error');
  expect(await writer.closed).toBe(1011);
});

test('a frame of more than 16 MiB ends the connection', async () => {
  const site = await serving();
  const writer = await writing(site);
  writer.socket.on('error', () => {});
  writer.socket.send(new Uint8Array(16 * 1024 * 1024 + 1));
  expect([1006, 1009]).toContain(await writer.closed);
});
