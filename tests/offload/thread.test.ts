import { writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { groupsOfRows } from '../../src/capture/gradients/groups.ts';
import { DenseGram } from '../../src/capture/gradients/sums/dense-gram.ts';
import { copyOf, type DenseSums } from '../../src/capture/gradients/sums/pass-sums.ts';
import type { Pending } from '../../src/capture/reading/later.ts';
import { OffloadThread } from '../../src/offload/thread.ts';
import { nativeOf } from '../../src/wasm/access.ts';
import type { Native } from '../../src/wasm/native.ts';
import { generator } from '../support/generator.ts';
import { kill, OFFLOAD_WORKER, started } from '../support/offload.ts';
import { folder } from '../support/script.ts';
import { tf, wasm } from '../support/tensorflow.ts';

interface Operands {
  readonly rowOf: Int32Array;
  readonly rows: number;
  readonly x: Float32Array;
  readonly d: Float32Array;
  readonly din: number;
  readonly dout: number;
}

let native: Native;
beforeAll(async () => {
  await wasm();
  native = nativeOf(tf)!;
});

function operands(examples: number, rows: number, din: number, dout: number, seed = 1): Operands {
  const next = generator(seed);
  const values = (length: number) => Float32Array.from({ length }, () => next() - 0.5);
  const rowOf = Int32Array.from({ length: examples }, () => Math.floor(next() * rows));
  return { rowOf, rows, x: values(examples * din), d: values(examples * dout), din, dout };
}

/** As the training thread computes it, in the memory of the backend. */
function here({ rowOf, rows, x, d, din, dout }: Operands): DenseSums {
  const [xAt, dAt] = [x, d].map((values, i) => native.room(`test ${i}`, values.byteLength)) as [number, number];
  native.floats(xAt, x.length).set(x);
  native.floats(dAt, d.length).set(d);
  const lengths = [rows ** 2, rowOf.length, rows ** 2, rowOf.length];
  const to = lengths.map((length, i) => native.room(`test sums ${i}`, length * 8));
  const [gram, squares, ...factor] = to.map((at, i) => native.doubles(at, lengths[i]!).fill(0));
  const [sums, ofFactor] = [
    { gram: to[0]!, squares: to[1]! },
    { gram: to[2]!, squares: to[3]! },
  ];
  const dense = new DenseGram(native, groupsOfRows(rowOf, rows));
  const forms = dense.formsFactor(din, dout);
  dense.add({ x: xAt, d: dAt, din, dout }, sums, forms ? ofFactor : null);
  if (!forms) dense.addRows(dAt, dout, ofFactor);
  return copied({ gram: gram!, squares: squares!, factor: { gram: factor[0]!, squares: factor[1]! } });
}

function copied({ gram, squares, factor }: DenseSums): DenseSums {
  return { gram: gram.slice(), squares: squares.slice(), factor: copyOf(factor) };
}

function handOver(thread: OffloadThread, one: Operands): Pending<ReadonlyMap<number, DenseSums>> | null {
  const pass = thread.begin(one.rowOf, one.rows);
  if (pass === null) return null;
  expect(pass.product(0, one.x, one.d, one.din, one.dout)).toBe(true);
  return pass.finish();
}

/** What is there by now, copied: the next pass may overwrite it. */
function taken(pending: Pending<ReadonlyMap<number, DenseSums>>): DenseSums {
  expect(pending.ready).toBe(true);
  return copied(pending.take().get(0)!);
}

/** Waits as a loop that never yields does. */
function spin(pending: Pending<unknown>): void {
  while (!pending.ready);
}

test('the other thread computes bit for bit what this one would, whatever the shapes', async () => {
  const { thread } = await started(2, 1 << 20);
  const size = fc.integer({ min: 1, max: 70 });
  const shape = fc.record({ examples: size, rows: fc.integer({ min: 1, max: 20 }), din: size, dout: size });
  fc.assert(
    fc.property(shape, fc.integer(), ({ examples, rows, din, dout }, seed) => {
      const one = operands(examples, rows, din, dout, seed);
      const pending = handOver(thread, one)!;
      spin(pending);
      expect(taken(pending)).toEqual(here(one));
    }),
  );
});

test('several products of a pass come back by their pieces', async () => {
  const { thread } = await started();
  const one = operands(32, 4, 20, 10);
  const other = { ...operands(32, 4, 7, 9, 2), rowOf: one.rowOf };
  const pass = thread.begin(one.rowOf, 4)!;
  expect(pass.product(3, one.x, one.d, one.din, one.dout)).toBe(true);
  expect(pass.product(5, other.x, other.d, other.din, other.dout)).toBe(true);
  const pending = pass.finish();
  await pending.arrived();
  const sums = pending.take();
  expect([...sums.keys()]).toEqual([3, 5]);
  expect(copied(sums.get(3)!)).toEqual(here(one));
  expect(copied(sums.get(5)!)).toEqual(here(other));
});

describe('room', () => {
  test('no slot is free while all results wait to be taken, and one is as soon as the first was', async () => {
    const { thread, sentences } = await started(2);
    const all = [1, 2, 3].map((seed) => operands(16, 3, 8, 8, seed));
    const pending = all.map((one) => handOver(thread, one));
    expect(pending[2]).toBe(null);
    await pending[0]!.arrived();
    expect(taken(pending[0]!)).toEqual(here(all[0]!));
    const third = handOver(thread, all[2]!)!;
    await third.arrived();
    expect([taken(pending[1]!), taken(third)]).toEqual([here(all[1]!), here(all[2]!)]);
    expect(sentences).toEqual([]);
  });

  test('results that nobody wants, and passes that failed, give their slots back', async () => {
    const { thread } = await started(1);
    for (let i = 0; i < 20; i++) {
      const one = operands(16, 3, 8, 8, i);
      const abandoned = thread.begin(one.rowOf, one.rows)!;
      abandoned.product(0, one.x, one.d, one.din, one.dout);
      abandoned.abandon();
      const unwanted = handOver(thread, one)!;
      unwanted.discard();
      const start = performance.now();
      let next = handOver(thread, one);
      while (next === null && performance.now() - start < 1000) next = handOver(thread, one);
      spin(next!);
      expect(taken(next!)).toEqual(here(one));
    }
  });

  test('a product larger than what is left is refused, the others come', async () => {
    const { thread } = await started(1, 1 << 14);
    const one = operands(16, 3, 8, 8);
    const pass = thread.begin(one.rowOf, one.rows)!;
    expect(pass.product(0, one.x, one.d, one.din, one.dout)).toBe(true);
    const large = operands(16, 3, 400, 8);
    expect(pass.product(1, large.x, large.d, large.din, large.dout)).toBe(false);
    const pending = pass.finish();
    await pending.arrived();
    expect(taken(pending)).toEqual(here(one));
  });
});

describe('a thread that is gone', () => {
  test('costs nothing but a sentence: what it had is computed here, and nothing more is handed over', async () => {
    const { thread, sentences } = await started();
    const all = [1, 2, 3].map((seed) => operands(128, 10, 300, 300, seed));
    const pending = all.map((one) => handOver(thread, one)!);
    await kill(thread);
    for (const [i, one] of all.entries()) expect(taken(pending[i]!)).toEqual(here(one));
    expect(handOver(thread, all[0]!)).toBe(null);
    expect(sentences).toEqual([
      'The thread for class gradients is gone (it ended with exit code 1): they are computed on the training thread. Nothing is lost.',
    ]);
  });

  /** A worker that starts, and then is not what it should be. */
  async function broken(code: string) {
    const file = join(folder(), 'offload.mjs');
    writeFileSync(file, `import { parentPort } from 'node:worker_threads';\nparentPort.postMessage('ready');\n${code}`);
    return started(4, 1 << 20, pathToFileURL(file));
  }

  test('hangs: after a second it is not counted on any more, in a loop that never yields', async () => {
    const { thread, sentences } = await broken('for (;;);');
    const one = operands(32, 4, 20, 10);
    const pending = handOver(thread, one)!;
    const start = performance.now();
    spin(pending);
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(taken(pending)).toEqual(here(one));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^The thread for class gradients is gone \(it has not answered for 1\d{3} ms\)/);
    expect(thread.begin(one.rowOf, one.rows)).toBe(null);
  });

  test('throws: its message is in the sentence', async () => {
    const { thread, sentences } = await broken("setTimeout(() => { throw new Error('out of memory'); }, 50);");
    const one = operands(32, 4, 20, 10);
    const pending = handOver(thread, one)!;
    await pending.arrived();
    expect(taken(pending)).toEqual(here(one));
    expect(sentences).toEqual([
      'The thread for class gradients is gone (out of memory): they are computed on the training thread. Nothing is lost.',
    ]);
  });

  test('was never there: null and a sentence', async () => {
    const sentences: string[] = [];
    const report = (sentence: string) => sentences.push(sentence);
    expect(await OffloadThread.open(new URL('file:///nowhere/offload.js'), report)).toBe(null);
    const file = join(folder(), 'offload.mjs');
    writeFileSync(file, "throw new Error('no SIMD');");
    expect(await OffloadThread.open(pathToFileURL(file), report)).toBe(null);
    expect(sentences).toEqual([
      expect.stringMatching(
        /^Expected the worker for class gradients at file:\/\/\/nowhere\/offload\.js, found nothing/,
      ),
      expect.stringMatching(/^The thread for class gradients is gone \(no SIMD\)/),
    ]);
  });
});

test('the training thread keeps its priority', async () => {
  const before = getPriority();
  const { thread } = await started();
  const one = operands(16, 3, 8, 8);
  await handOver(thread, one)!.arrived();
  expect(getPriority()).toBe(before);
});

test('closing loses nothing that was handed over, ends the worker, and can be repeated', async () => {
  const { thread, sentences } = await started();
  const all = [1, 2, 3, 4].map((seed) => operands(128, 10, 300, 300, seed));
  const pending = all.map((one) => handOver(thread, one)!);
  await thread.close();
  await thread.close();
  for (const [i, one] of all.entries()) expect(taken(pending[i]!)).toEqual(here(one));
  expect([thread.begin(all[0]!.rowOf, 10), sentences]).toEqual([null, []]);
});

test('a worker that is not closed does not keep the process', async () => {
  const { spawnSync } = await import('node:child_process');
  const script = `
    const { OffloadThread } = await import('${new URL('../offload/thread.js', OFFLOAD_WORKER).href}');
    await OffloadThread.open(new URL('${OFFLOAD_WORKER.href}'), console.error);
    console.log('done');
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect([status, stdout, stderr]).toEqual([0, 'done\n', '']);
});
