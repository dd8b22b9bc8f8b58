/** How many records a second the store takes: steps of 30 metrics of ten values. `npm run bench -- store`. Argument: [rounds]. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimate, show } from './pairs.js';

type RecordModule = typeof import('../dist/record.js');
type StoreModule = typeof import('../dist/store/sqlite.js');
const built = async <T>(file: string) => (await import(new URL(`../${file}`, import.meta.url).href)) as T;
const { packValues, RECORD_VERSION } = await built<RecordModule>('record.js');
const { openStore } = await built<StoreModule>('store/sqlite.js');

const ROUNDS = Number(process.argv[2] ?? 9);
const METRICS = 30;
const STEPS = 3000;
/** Steps between two flushes: about a second of a fast training. */
const FLUSH_STEPS = 300;

const values = packValues(
  Array.from({ length: 10 }, (_, i) => i / 10),
  false,
);
const record = (step: number, metric: number) => ({
  ...{
    v: RECORD_VERSION,
    run: 'run-a',
    seq: step * METRICS + metric + 1,
    kind: 'measurement' as const,
    time: step,
    step,
  },
  ...{ epoch: null, stream: 'train', metric: `m${metric}`, shape: [10], values },
});

/** Records a second, and bytes per record on disk. */
function round(): readonly [rate: number, bytes: number] {
  const folder = mkdtempSync(join(tmpdir(), 'classwatch-bench-'));
  const steps = Array.from({ length: STEPS }, (_, step) => Array.from({ length: METRICS }, (_, m) => record(step, m)));
  const store = openStore(folder);
  const start = performance.now();
  steps.forEach((records, step) => {
    store.append(records);
    if (step % FLUSH_STEPS === 0) store.flush();
  });
  store.flush();
  const seconds = (performance.now() - start) / 1000;
  store.close();
  const { size } = statSync(join(folder, 'run-a.db'));
  rmSync(folder, { recursive: true });
  return [(STEPS * METRICS) / seconds, size / (STEPS * METRICS)];
}

const rounds = Array.from({ length: ROUNDS }, round);
console.log(
  `records a second: ${show(estimate(rounds.map(([rate]) => rate)), 0)}; bytes each: ${rounds[0]![1].toFixed(1)}`,
);
