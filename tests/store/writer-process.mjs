// A process that writes a run as a training would, for tests that need another process: node writer-process.mjs DIR RUN [pause ms]
import { packValues } from '../../dist/record.js';
import { openStore } from '../../dist/store/sqlite.js';

const [dir, run, pause = '20'] = process.argv.slice(2);
const head = { v: 1, run, epoch: null, stream: 'train' };
const versions = { classwatch: '0', tfjs: '0', backend: 'cpu' };
const body = { name: run, classNames: ['a', 'b'], classCounts: null, config: {}, versions, pid: process.pid };
let seq = 0;

function next(rest) {
  seq++;
  return { ...head, seq, time: Date.now(), step: seq, ...rest };
}

try {
  const store = openStore(dir);
  store.append([next({ kind: 'run', body })]);
  for (;;) {
    const values = packValues([seq, -seq]);
    for (let i = 0; i < 100; i++)
      store.append([next({ kind: 'measurement', metric: `m${i % 3}`, shape: [2], values })]);
    try {
      store.flush();
      process.stdout.write(`flushed ${seq}\n`);
    } catch (error) {
      process.stdout.write(`failed ${[...store.read(run)].length} of ${seq}: ${error.message}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
} catch (error) {
  process.stdout.write(`refused: ${error.message}\n`);
}
