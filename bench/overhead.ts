/**
 * What the monitor costs the training thread: paired steps with and without it, in turn, in one process, on wasm (accelerated) with
 * batches of 128. Prints a table; `npm run bench -- overhead`. Arguments: [pairs].
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { type Monitor, watch } from 'classwatch';
import { accelerateTraining } from 'classwatch/wasm';
import { estimate, type Paired, pairs, show } from './pairs.js';

const BATCH = 128;
const WARM_UP = 30;
const PAIRS = Number(process.argv[2] ?? 400);

const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(entry)}/`);
await tf.setBackend('wasm');
await tf.ready();
// The harder baseline: what the monitor adds stands out against faster steps.
accelerateTraining(tf);
const folder = mkdtempSync(join(tmpdir(), 'classwatch-bench-'));

function network(inputs: number, hidden: readonly number[], classes: number): tf.Sequential {
  const model = tf.sequential();
  hidden.forEach((units, i) => {
    const kernelInitializer = tf.initializers.heNormal({ seed: i + 1 });
    model.add(
      tf.layers.dense({ units, activation: 'relu', kernelInitializer, ...(i === 0 ? { inputShape: [inputs] } : {}) }),
    );
  });
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 77 });
  model.add(tf.layers.dense({ units: classes, activation: 'softmax', kernelInitializer }));
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
  return model;
}

async function step(model: tf.Sequential, xs: tf.Tensor, ys: tf.Tensor): Promise<number> {
  const start = performance.now();
  const loss = await model.trainOnBatch(xs, ys);
  const took = performance.now() - start;
  tf.dispose(loss as never);
  return took;
}

interface Case {
  readonly name: string;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly classes: number;
}

async function measure({ inputs, hidden, classes }: Case): Promise<Paired> {
  const xs = tf.randomNormal([BATCH, inputs], 0, 1, 'float32', 3);
  const ys = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: BATCH }, (_, i) => (i * i) % classes),
      'int32',
    ),
    classes,
  );
  const off = network(inputs, hidden, classes);
  const on = network(inputs, hidden, classes);
  // The schedule measures the classifier at step 0 only: what is compared is the cost of every step.
  const schedule = (n: number) => n === 0;
  const monitor: Monitor = await watch(tf, on, { logdir: folder, port: 0, schedule });
  for (let i = 0; i < WARM_UP; i++) {
    await step(off, xs, ys);
    await step(on, xs, ys);
  }
  const result = await pairs(
    PAIRS,
    () => step(off, xs, ys),
    () => step(on, xs, ys),
  );
  await monitor.close();
  tf.dispose([xs, ys, off.getWeights(), on.getWeights()]);
  return result;
}

type LinkModule = typeof import('../dist/relay/link.js');
type RecordModule = typeof import('../dist/record.js');

/** Encoding and hand-over of one step's measurements alone, in microseconds. */
async function handOver(classes: number): Promise<number[]> {
  const { Link } = (await import(new URL('../relay/link.js', import.meta.url).href)) as LinkModule;
  const { packValues } = (await import(new URL('../record.js', import.meta.url).href)) as RecordModule;
  const nothing = () => {};
  const options = { mode: 'offline' as const, logdir: folder, stopOn: [], onAlert: nothing, onTrouble: nothing };
  const open = { classes, host: undefined, port: undefined, token: undefined, url: undefined, dashboard: undefined };
  const run = `bench-${classes}`;
  const link = await Link.open({ ...options, ...open, run, rules: undefined, workerUrl: undefined }, nothing);
  const head = { v: 1, run, time: Date.now(), epoch: null, stream: 'train' };
  const ids = Array.from({ length: 8 }, (_, i) => `metric-${i}`);
  for (const id of ids) {
    const body = { id, stream: 'train', help: '', axes: ['class'] as const, cadence: 'step' as const };
    link!.write({ ...head, step: 0, kind: 'metric', body: { ...body, fold: 'mean', panels: [] } });
  }
  const took: number[] = [];
  for (let n = 0; n < 2000; n++) {
    const values = Array.from({ length: classes }, (_, i) => i + n);
    const measurements = ids.map((metric) => {
      return { ...head, step: n, kind: 'measurement' as const, metric, shape: [classes], values: packValues(values) };
    });
    const start = performance.now();
    link!.send(measurements);
    took.push((performance.now() - start) * 1000);
    if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await link!.close(false);
  return took.slice(200);
}

const cases: Case[] = [
  { name: 'MLP 64-32-10 (small: the cost stands out)', inputs: 64, hidden: [32], classes: 10 },
  { name: 'MLP 64-32-100', inputs: 64, hidden: [32], classes: 100 },
  { name: 'MLP 784-256-256-10', inputs: 784, hidden: [256, 256], classes: 10 },
  { name: 'MLP 784-256-256-100', inputs: 784, hidden: [256, 256], classes: 100 },
];
console.log(`wasm, batch ${BATCH}, ${PAIRS} pairs, Node ${process.version}; medians with 95 % intervals`);
console.log('| network | step without, ms | added, ms | ratio |\n|---|---|---|---|');
for (const one of cases) {
  const { off, difference, ratio } = await measure(one);
  console.log(`| ${one.name} | ${off.toFixed(2)} | ${show(difference)} | ${show(ratio)} |`);
}
console.log('| hand-over of one step (8 metrics) | median, µs |\n|---|---|');
for (const classes of [10, 100]) console.log(`| C = ${classes} | ${show(estimate(await handOver(classes)), 1)} |`);
rmSync(folder, { recursive: true, force: true });
