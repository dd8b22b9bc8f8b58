import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnyRecord, packValues } from '../../src/record.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { folder } from './folder.ts';
import { measurement, recordsOf, STARTED } from './records.ts';

test('every kind of record comes back as it was: live, after closing, and after any seq', () => {
  const dir = folder();
  const records = recordsOf('run-a', { steps: 700, end: true });
  const store = openStore(dir);
  for (let i = 0; i < records.length; i += 41) {
    store.append(records.slice(i, i + 41));
    if (i % 3 === 0) store.flush();
  }
  expect([...store.read('run-a')]).toEqual(records);
  store.close();
  const later = openStore(dir, { readOnly: true });
  expect([...later.read('run-a')]).toEqual(records);
  for (const since of [1, 3, 4, 511, 777, 1403, records.length]) {
    expect([...later.read('run-a', since)]).toEqual(records.slice(since));
  }
});

test('values keep their bits: NaN, infinities, minus zero, missing, float64, no epoch, changing shapes', () => {
  const dir = folder();
  const base = measurement('run-a', 2, 5, 'm', [4], [NaN, Infinity, -Infinity, -0]);
  const records: AnyRecord[] = [
    recordsOf('run-a')[0]!,
    base,
    { ...base, seq: 3, epoch: null, shape: [3], values: packValues([1, null, 3]) },
    { ...base, seq: 4, epoch: 0.1, time: STARTED + 0.25, values: packValues([1e300, 2 ** 53, 0.1, 1], true) },
    { ...base, seq: 5, shape: [], values: packValues([7]) },
    { ...base, seq: 6, shape: [0, 3], values: packValues([]) },
    { ...base, seq: 7, stream: 'probe', values: packValues(new Float32Array(4)) },
  ];
  const store = openStore(dir);
  store.append(records);
  store.close();
  expect([...openStore(dir).read('run-a')]).toEqual(records);
});

test('whatever is appended, repeated and flushed in whatever order: what is read is what was appended, once', () => {
  const dir = folder();
  let stores = 0;
  const metric = fc.constantFrom('a', 'b', 'c');
  const action = fc.record({ metric, size: fc.integer({ min: 0, max: 4000 }), flush: fc.boolean(), again: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 60 }), fc.nat(70), (actions, since) => {
      const store = openStore(join(dir, String(stores++)));
      const expected: AnyRecord[] = [];
      actions.forEach(({ metric, size, flush, again }, i) => {
        expected.push(measurement('run-a', i + 1, i, metric, [size], new Array(size).fill(i)));
        store.append(expected.slice(Math.max(0, i - again)));
        if (flush) store.flush();
      });
      expect([...store.read('run-a', since)]).toEqual(expected.slice(since));
      store.close();
      expect([...store.read('run-a', since)]).toEqual(expected.slice(since));
    }),
    { numRuns: 40 },
  );
});

test('what is written while a run is being read, page by page, makes neither holes nor repetitions', () => {
  const dir = folder();
  const store = openStore(dir);
  let seq = 0;
  const write = (count: number) => {
    for (let i = 0; i < count; i++, seq++) store.append([measurement('run-a', seq + 1, seq, `m${seq % 7}`, [], [seq])]);
    store.flush();
  };
  write(40_000);
  const seqs: number[] = [];
  for (const record of openStore(dir, { readOnly: true }).read('run-a')) {
    seqs.push(record.seq);
    if (seqs.length % 9000 === 0) write(1000);
  }
  expect(seqs).toHaveLength(40_000);
  expect(seqs.findIndex((value, i) => value !== i + 1)).toBe(-1);
  const rest = Array.from(store.read('run-a', 39_990), (record) => record.seq);
  expect(rest).toEqual(Array.from({ length: seq - 39_990 }, (_, i) => 39_991 + i));
});

test('a finished run is one plain file, at once; a run without end can be read and goes on later', () => {
  const dir = folder();
  const store = openStore(dir);
  store.append(recordsOf('done-run', { end: true }));
  store.append(recordsOf('open-run'));
  store.flush();
  expect(readdirSync(dir).filter((name) => name.startsWith('done'))).toEqual(['done-run.db']);
  expect(store.owns('done-run')).toBe(false);
  expect(store.owns('open-run')).toBe(true);
  store.close();
  const again = openStore(dir);
  expect(again.owns('open-run')).toBe(false);
  const more = recordsOf('open-run', { steps: 30 });
  again.append(more);
  again.close();
  expect([...openStore(dir).read('open-run')]).toEqual(more);
});

test('the list tells name, state, steps and times, newest first', () => {
  const store = openStore(folder());
  const markup = '<img src=x onerror=alert(1)>\u001b[31m';
  store.append(recordsOf('run-old', { end: true }));
  store.append(
    recordsOf('run-new', { steps: 7, name: markup }).map((record) => ({ ...record, time: record.time + 1000 })),
  );
  expect(store.runs()).toEqual([
    {
      run: 'run-new',
      name: markup,
      state: 'live',
      steps: 6,
      started: STARTED + 1001,
      updated: STARTED + 1017,
      lastSeq: 17,
    },
    {
      run: 'run-old',
      name: 'run-old',
      state: 'finished',
      steps: 10,
      started: STARTED + 1,
      updated: STARTED + 24,
      lastSeq: 24,
    },
  ]);
});

test('a text that could be a path, or that some system cannot take as a file name, is no run id', () => {
  const dir = folder();
  const store = openStore(dir);
  const bad = [
    '../evil',
    '..',
    'a/b/c/d',
    'a\\b\\c',
    '/etc/passwd',
    'Run-A',
    'abc',
    '-abcd',
    'a'.repeat(65),
    'run a',
    'run\0a',
    'com1',
    '',
    'run.db',
  ];
  for (const run of bad) {
    expect(() => store.append(recordsOf(run)), run).toThrow(/Expected a run id of 4 to 64/);
    expect(() => [...store.read(run)], run).toThrow(RangeError);
  }
  expect(readdirSync(dir)).toEqual([]);
  expect(() => [...store.read('run-none')]).toThrow(/There is no run run-none/);
});

test('a log directory that cannot be made, written or read is told in one sentence', () => {
  const dir = folder();
  writeFileSync(join(dir, 'file'), '');
  expect(() => openStore(join(dir, 'file'))).toThrow(
    /^Cannot write the log directory .*file .*: make it writable or choose another one/,
  );
  expect(() => openStore(join(dir, 'file', 'deeper'))).toThrow(/Cannot write the log directory/);
  expect(() => openStore(join(dir, 'none'), { readOnly: true })).toThrow(/Cannot read the log directory/);
  expect(() => openStore(dir, { readOnly: true }).append(recordsOf('run-a'))).toThrow(/for reading only/);
});

test('when the file of a run is deleted, flush says so and what is measured from then on can still be read', () => {
  const dir = folder();
  const store = openStore(dir);
  const records = recordsOf('run-a', { steps: 20 });
  store.append(records.slice(0, 20));
  store.flush();
  for (const name of readdirSync(dir)) rmSync(join(dir, name));
  store.append(records.slice(20));
  expect(() => store.flush()).toThrow(/run run-a \(its file has been deleted\)/);
  expect([...store.read('run-a')].length).toBeGreaterThan(20);
});

test('over its limit the memory of unwritten records lets the oldest measurements go, and counts them', () => {
  const dir = folder();
  const store = openStore(dir);
  const count = 700;
  const values = new Float32Array(32 * 1024);
  store.append(recordsOf('run-a', { steps: 0 }));
  for (let i = 0; i < count; i++) store.append([measurement('run-a', 4 + i, i, 'm', [values.length], values)]);
  expect(store.dropped).toBeGreaterThan(0);
  const rest = [...store.read('run-a')];
  expect(rest.length + store.dropped).toBe(3 + count);
  expect(rest.slice(0, 3).map(({ kind }) => kind)).toEqual(['run', 'metric', 'metric']);
  expect(rest.at(-1)?.seq).toBe(3 + count);
  store.close();
  expect([...openStore(dir).read('run-a')].map(({ seq }) => seq)).toEqual(rest.map(({ seq }) => seq));
});

test('a record of ten values takes less than 64 bytes on disk', () => {
  const dir = folder();
  const store = openStore(dir);
  const records: AnyRecord[] = [];
  const recall = Array.from({ length: 10 }, (_, i) => i / 10);
  for (let i = 0; i < 90_000; i++)
    records.push(measurement('run-a', i + 1, Math.floor(i / 30), `m${i % 30}`, [10], recall));
  for (let i = 0; i < records.length; i += 30) {
    store.append(records.slice(i, i + 30));
    if (i % 9000 === 0) store.flush();
  }
  store.flush();
  store.close();
  const size = statSync(join(dir, 'run-a.db')).size / records.length;
  expect(size).toBeLessThan(64);
});
