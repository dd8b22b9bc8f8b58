import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/sqlite.ts';
import { folder, writerProcess } from './folder.ts';
import { measurement, recordsOf } from './records.ts';

/** The records of the writer process up to a seq are all there. */
function expectWhole(records: Iterable<{ seq: number }>, atLeast: number): number {
  const seqs = Array.from(records, ({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  expect(seqs.length).toBeGreaterThanOrEqual(atLeast);
  return seqs.length;
}

function flushed(line: string): number {
  return Number(line.split(' ')[1]);
}

test('a run that another process writes is listed as live, followed without a gap, and not ours to write', async () => {
  const dir = folder();
  const writer = writerProcess(dir, 'run-b', { pause: 2 });
  await writer.line('flushed');
  const store = openStore(dir);
  let since = 0;
  for (let look = 0; look < 20; look++) {
    const least = flushed(await writer.line('flushed'));
    const seqs = Array.from(store.read('run-b', since), ({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => since + i + 1));
    since += seqs.length;
    expect(since).toBeGreaterThanOrEqual(least);
    expect(store.runs()[0]).toMatchObject({ run: 'run-b', state: 'live' });
    expect(store.runs()[0]!.lastSeq).toBeGreaterThanOrEqual(least);
  }
  expect(store.owns('run-b')).toBe(false);
  expect(() => store.append([measurement('run-b', 1e9, 1, 'm', [], [1])])).toThrow(
    new RegExp(`process ${writer.child.pid} is writing it`),
  );
  await writer.line('flushed');
});

test('a second process that wants to write the same run is refused; the first one goes on', async () => {
  const dir = folder();
  const first = writerProcess(dir, 'run-b');
  await first.line('flushed');
  const second = writerProcess(dir, 'run-b');
  expect(await second.line('refused')).toContain(`process ${first.child.pid} is writing it`);
  const least = flushed(await first.line('flushed'));
  expectWhole(openStore(dir).read('run-b'), least);
});

test('after kill -9 a run lacks at most what was not flushed, is called abandoned, and can be read and gone on with', async () => {
  for (let round = 0; round < 5; round++) {
    const dir = folder();
    const writer = writerProcess(dir, 'run-b', { pause: 0 });
    await writer.line('flushed');
    await new Promise((resolve) => setTimeout(resolve, 20 * round));
    const least = flushed(await writer.line('flushed'));
    writer.child.kill('SIGKILL');
    await new Promise((resolve) => writer.child.once('exit', resolve));
    const store = openStore(dir);
    const length = expectWhole(store.read('run-b'), least);
    expect(store.runs()).toMatchObject([{ run: 'run-b', state: 'abandoned', lastSeq: length }]);
    const { v, run, time, step } = { v: 1, run: 'run-b', time: Date.now(), step: length };
    store.append([
      { v, run, seq: length + 1, time, step, epoch: null, stream: 'monitor', kind: 'end', body: { status: 'failed' } },
    ]);
    store.close();
    expect(expectWhole(openStore(dir).read('run-b'), length)).toBe(length + 1);
    expect(openStore(dir).runs()[0]).toMatchObject({ state: 'failed' });
  }
});

test('on a disk that takes no more, flush fails with a sentence and what was measured stays in memory', async () => {
  const dir = folder();
  const writer = writerProcess(dir, 'run-b', { pause: 1, limit: `trap '' XFSZ; ulimit -f 300;` });
  const line = await writer.line('failed');
  expect(line).toMatch(/Cannot write to .*run run-b \(.*\)\. What is measured is kept in memory for now/);
  for (const next of [line, await writer.line('failed')]) {
    const [, held, appended] = /failed (\d+) of (\d+)/.exec(next)!;
    expect(held).toBe(appended);
  }
  writer.child.kill('SIGKILL');
  await new Promise((resolve) => writer.child.once('exit', resolve));
  expectWhole(openStore(dir).read('run-b'), 101);
});

test('files that are no runs, damaged or of a later version are left out with one sentence each; the others are shown', () => {
  const dir = folder();
  const store = openStore(dir);
  for (const run of ['good-run', 'half-run', 'tiny-run', 'late-run'])
    store.append(recordsOf(run, { steps: 3000, end: true }));
  store.close();
  writeFileSync(join(dir, 'junk-run.db'), 'no database at all '.repeat(500));
  writeFileSync(join(dir, 'empty-run.db'), '');
  writeFileSync(join(dir, 'Not A Run.db'), 'x');
  truncateSync(join(dir, 'half-run.db'), 10_000);
  truncateSync(join(dir, 'tiny-run.db'), 100);
  const late = readFileSync(join(dir, 'late-run.db'));
  late.writeUInt32BE(2, 60);
  writeFileSync(join(dir, 'late-run.db'), late);
  const told: string[] = [];
  const later = openStore(dir, { report: (sentence) => told.push(sentence) });
  for (let i = 0; i < 3; i++) expect(later.runs().map(({ run }) => run)).toEqual(['good-run']);
  expect(told.map((sentence) => /^Cannot read run (\S+) in .*it is left out/.exec(sentence)?.[1]).sort()).toEqual([
    'half-run',
    'junk-run',
    'late-run',
    'tiny-run',
  ]);
  expect(told.join()).toContain('written by a newer classwatch');
  expect(() => [...later.read('half-run')]).toThrow(/Cannot read run half-run/);
  expect([...later.read('empty-run')]).toEqual([]);
});

test('a file with any byte changed is read as far as it goes and never ends the process', () => {
  const dir = folder();
  const store = openStore(dir);
  store.append(recordsOf('run-a', { steps: 400, end: true }));
  store.close();
  copyFileSync(join(dir, 'run-a.db'), join(dir, 'original'));
  const script = fileURLToPath(new URL('damaged-reader.mjs', import.meta.url));
  const said = execFileSync(process.execPath, [script, dir, '400'], { encoding: 'utf8' });
  expect(said).toMatch(/^read 400 damaged files/);
});
