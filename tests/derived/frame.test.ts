import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DerivedFrame } from '../../src/derived/frame.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { type Derived, defineDerived } from '../../src/derived.ts';
import { RunHistory } from '../../src/history.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { AnyRecord, RunBody, Unnumbered } from '../../src/record.ts';
import { Relay } from '../../src/relay/relay.ts';
import { RunWriter } from '../support/run.ts';

const CLASSES = ['a', 'b', 'c'];
const half = defineDerived({
  id: 'half',
  stream: 'train',
  help: 'Half the loss.',
  axes: [],
  reads: ['train/loss'],
  panels: [],
  derive: ({ history }) => history.metrics.get('train/loss')!.buckets.at(-1)!.last[0]! / 2,
});

/** Takes each of the lists at a time, as the relay does. */
function deriveAll(
  metric: Derived,
  parts: readonly (readonly AnyRecord[])[],
  failed: (error: unknown) => void = (error) => expect.unreachable(String(error)),
) {
  const history = new RunHistory();
  const frame = new DerivedFrame('run', [metric], (_, error) => failed(error));
  const body = parts[0]![0]!.kind === 'run' ? (parts[0]![0]!.body as RunBody) : null;
  return parts.map((records) => {
    for (const record of records) history.add(record);
    return frame.derive(records, body!, history);
  });
}

const kinds = (records: readonly Unnumbered[]) => records.map(({ kind, stream, step }) => `${kind} ${stream} ${step}`);

test('what is derived is declared before its first measurement, and only then', () => {
  const { records } = new RunWriter(CLASSES).measure('train/loss', 3, [1]).measure('train/loss', 4, [2]);
  const parts = records.map((record) => [record]);
  expect(deriveAll(half, parts).map(kinds)).toEqual([
    [],
    [],
    ['metric train 3', 'measurement train 3'],
    ['measurement train 4'],
  ]);
});

test('of steps that are taken together the last one counts', () => {
  const { records } = new RunWriter(CLASSES).measure('train/loss', 3, [1]).measure('train/loss', 4, [2]);
  expect(deriveAll(half, [records]).map(kinds)).toEqual([['metric train 4', 'measurement train 4']]);
});

test('measurements that it does not read ask for nothing', () => {
  const { records } = new RunWriter(CLASSES).measure('train/accuracy', 3, [1]);
  expect(deriveAll({ ...half, derive: () => expect.unreachable() }, [records])).toEqual([[]]);
});

test('it is told what it said the last time', () => {
  const { records } = new RunWriter(CLASSES)
    .measure('train/loss', 0, [8])
    .measure('train/loss', 1, [8])
    .measure('train/loss', 2, [8]);
  const said: unknown[] = [];
  const count: Derived = {
    ...half,
    derive: (_, last) => {
      said.push(last && Array.from(last as number[]));
      return said.length === 2 ? null : said.length;
    },
  };
  deriveAll(
    count,
    records.map((record) => [record]),
  );
  expect(said).toEqual([null, [1], [1]]);
});

test.each([
  ['throws', () => JSON.parse('not json'), /JSON/],
  ['says too much', () => [1, 2], /^Expected 1 values, as its axes say, got 2\.$/],
] as const)('one that %s is told of, and nothing of it is recorded', (_, derive, sentence) => {
  const { records } = new RunWriter(CLASSES).measure('train/loss', 0, [8]);
  const errors: unknown[] = [];
  expect(deriveAll({ ...half, derive }, [records], (error) => errors.push(error))).toEqual([[]]);
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(sentence) })]);
});

test('the relay numbers, keeps and shows what is derived after what was measured, and rules see it', () => {
  const kept: AnyRecord[] = [];
  const seen: unknown[] = [];
  const rule = {
    id: 'looks',
    level: 'info',
    reads: ['train/half'],
    help: '',
    remedy: '',
    evaluate: ({ history }: { history: RunHistory }) => {
      seen.push(history.metrics.get('train/half')!.buckets.at(-1)!.last[0]);
      return [];
    },
  } as const;
  const relay = new Relay({
    run: 'run',
    rules: [rule],
    derived: [half],
    keep: (records) => kept.push(...records),
    publish: () => {},
    onAlert: () => {},
    trouble: (_, error) => expect.unreachable(String(error)),
  });
  relay.take(new RunWriter(CLASSES).measure('train/loss', 3, [1]).records);
  expect(kept.map(({ seq, kind }) => `${seq} ${kind}`)).toEqual([
    '1 run',
    '2 metric',
    '3 measurement',
    '4 metric',
    '5 measurement',
  ]);
  expect(seen).toEqual([0.5]);
});

test('the list holds every derived metric of the folder under its own id, each reads what is measured', () => {
  const others = ['index.ts', 'frame.ts', 'peeled-inputs.ts', 'peeled-solution.ts', 'guess-course.ts', 'guess-law.ts'];
  const files = readdirSync(new URL('../../src/derived', import.meta.url)).filter((name) => !others.includes(name));
  expect(derivedMetrics.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
  const known = new Set(metrics.map(({ id }) => id));
  for (const { id, reads } of derivedMetrics) {
    for (const name of reads) expect(known).toContain(name.split('/')[1]);
    expect(known).not.toContain(id);
  }
});
