/**
 * What the monitor costs the training thread: paired steps with and without it, in turn, in one process, on wasm (accelerated) with
 * batches of 128. Prints tables; `npm run bench -- overhead`. Arguments: [pairs] [part of a network's name].
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { WatchOptions, watch } from 'classwatch';
import { accelerateTraining } from 'classwatch/wasm';
import { handOver } from './hand-over.js';
import { cnn, mlp, resnet } from './networks.js';
import { estimate, type Paired, pairs, show } from './pairs.js';
import { startWasm } from './start-wasm.js';
import { type Parts, partsOf } from './stopwatch.js';
import { batchOf, StepCount, step } from './training.js';

const BATCH = 128;
/** The log-spaced schedule measures the first steps densely: these go by first. */
const WARM_UP = 60;
const MAX_WARM_UP = 8 * WARM_UP;
const PART_STEPS = 41;
const PAIRS = Number(process.argv[2] ?? 400);
const ONLY = process.argv[3] ?? '';

await startWasm();
// The harder baseline: what the monitor adds stands out against faster steps.
accelerateTraining(tf);
const folder = mkdtempSync(join(tmpdir(), 'classwatch-bench-'));

interface Case {
  readonly name: string;
  readonly make: () => tf.LayersModel;
  readonly input: readonly number[];
  readonly classes: number;
  /** Default: BATCH. */
  readonly batch?: number;
}

interface GradientCase extends Case {
  /** Largest ratio, and whether the median or the upper end of its interval has to keep it. */
  readonly target: number;
  readonly end: 'median' | 'high';
  readonly options?: WatchOptions;
}

/** The same monitor with a part of its metrics: the public functions have all, or those of one callback. */
type WatchSome = (tf: object, model: object, options: WatchOptions, selection: object) => ReturnType<typeof watch>;
interface Parted {
  readonly part?: string;
}
const inside = async (file: string) => (await import(new URL(`../${file}.js`, import.meta.url).href)) as never;
const { watchModel } = (await inside('watch')) as { readonly watchModel: WatchSome };
const { metrics } = (await inside('metrics/index')) as { readonly metrics: readonly Parted[] };
const withoutFeatures = { metrics: metrics.filter(({ part }) => part !== 'features') };

interface Found extends Paired {
  readonly parts: Parts;
  /** Share of the steps whose class gradients were measured. */
  readonly measured: number;
}

async function measure(
  { make, input, classes, batch: examples = BATCH }: Case,
  optimizer: () => tf.Optimizer,
  options: WatchOptions,
  selection: object = {},
): Promise<Found> {
  const batch = batchOf([examples, ...input], classes);
  const [off, on] = [make(), make()];
  for (const model of [off, on]) model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy' });
  const count = new StepCount();
  const given = { logdir: folder, port: 0, metrics: [count.metric], ...options };
  const monitor = await watchModel(tf, on, given, selection);
  for (let i = 0; i < MAX_WARM_UP; i++) {
    if (i % WARM_UP === 0) {
      // With a budget the interval comes down again after the first steps, in which all that is on schedule was measured, too.
      if (i > 0 && count.measured === count.steps) break;
      count.reset();
    }
    await step(off, batch);
    await step(on, batch);
  }
  count.reset();
  const result = await pairs(
    PAIRS,
    () => step(off, batch),
    () => step(on, batch),
  );
  const share = count.measured / count.steps;
  const parts = await partsOf(PART_STEPS, () => step(on, batch));
  await monitor.close();
  off.dispose();
  on.dispose();
  tf.dispose([batch.xs, batch.ys]);
  return { ...result, parts, measured: share };
}

function small(inputs: number, hidden: readonly number[], classes: number): tf.Sequential {
  const model = tf.sequential();
  hidden.forEach((units, i) => {
    const kernelInitializer = tf.initializers.heNormal({ seed: i + 1 });
    model.add(
      tf.layers.dense({ units, activation: 'relu', kernelInitializer, ...(i === 0 ? { inputShape: [inputs] } : {}) }),
    );
  });
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 77 });
  model.add(tf.layers.dense({ units: classes, activation: 'softmax', kernelInitializer }));
  return model;
}

const IMAGE = [28, 28, 1];
const gradientCases: GradientCase[] = [
  ...[
    { name: 'MLP 784-256-256-10', make: () => mlp([256, 256], 10), input: [784], classes: 10, target: 1.08 },
    { name: 'MLP 784-1024-1024-100', make: () => mlp([1024, 1024], 100), input: [784], classes: 100, target: 1.04 },
    { name: 'MLP 784-512-1000', make: () => mlp([512], 1000), input: [784], classes: 1000, target: 1.15 },
  ].map((one) => ({ ...one, end: 'median' as const })),
  ...[
    { name: 'CNN 16-32', make: () => cnn(false), input: IMAGE },
    { name: 'CNN 16-32 + BatchNorm', make: () => cnn(true), input: IMAGE },
    { name: 'ResNet-8', make: resnet, input: [32, 32, 3] },
  ].map((one) => ({ ...one, classes: 10, target: 1.04, end: 'high' as const })),
];
const offloaded: GradientCase[] = [1.05, 1.02].map((target, i) => {
  const one = gradientCases[i]!;
  return { ...one, name: `${one.name}, with the worker`, target, options: { offload: true } };
});
/** A measured step takes no longer than one that is not. */
const large: GradientCase[] = [
  ['', {}] as const,
  [', absorb', { absorb: true }] as const,
  [', with the worker', { offload: true }] as const,
].map(([how, options]) => {
  return { ...gradientCases[0]!, name: `${gradientCases[0]!.name}, B = 512${how}`, batch: 512, target: 1, options };
});
const liveCases: Case[] = (
  [
    ['MLP 64-32-10 (small: the cost stands out)', 64, [32], 10],
    ['MLP 64-32-100', 64, [32], 100],
    ['MLP 784-256-256-10, SGD', 784, [256, 256], 10],
    ['MLP 784-256-256-100, SGD', 784, [256, 256], 100],
  ] as const
).map(([name, inputs, hidden, classes]) => {
  return { name, make: () => small(inputs, hidden, classes), input: [inputs], classes };
});
const chosen = <T extends Case>(cases: readonly T[]) => cases.filter(({ name }) => name.includes(ONLY));

console.log(`wasm, batch ${BATCH}, ${PAIRS} pairs, Node ${process.version}; medians with 95 % intervals`);
const split: string[] = [];
console.log('Everything at every step (budget 1; matrices on the log-spaced schedule), Adam:');
console.log(
  '| network | step without, ms | added, ms | ratio | of all time | at most | | steps measured |\n|---|---|---|---|---|---|---|---|',
);
const all = [...gradientCases, ...offloaded, ...large];
for (const [one, selection, name] of [
  ...chosen(all).map((one) => [one, withoutFeatures, one.name] as const),
  ...chosen(gradientCases).map((one) => [one, {}, `${one.name}, features too`] as const),
]) {
  const options = { budget: 1, ...one.options };
  const { off, difference, ratio, total, parts, measured } = await measure(
    one,
    () => tf.train.adam(1e-3),
    options,
    selection,
  );
  const met = ratio[one.end] <= one.target ? 'met' : 'not met';
  const target = `${one.target}${one.end === 'high' ? ' (upper end)' : ''}`;
  console.log(
    `| ${name} | ${off.toFixed(2)} | ${show(difference)} | ${show(ratio)} | ${total.toFixed(3)} | ${target} | ${met} | ${Math.round(100 * measured)} % |`,
  );
  const known = [parts.batch, parts.walk, parts.sums, parts.finish, parts.metrics];
  const rest = difference.median - known.reduce((a, b) => a + b, 0);
  split.push(`| ${name} | ${[...known, rest].map((ms) => ms.toFixed(3)).join(' | ')} |`);
}
console.log(
  '\nWhere it goes, medians in ms (rest: what was added less the others; with the time that kernels take longer):',
);
console.log('| network | batch read | tape walked | class sums | after backward | Gram to records | rest |');
console.log(['|---|---|---|---|---|---|---|', ...split].join('\n'));

console.log('\nAs it comes (budget 0.05; the schedule measures at step 0 only), SGD:');
console.log('| network | step without, ms | added, ms | ratio |\n|---|---|---|---|');
for (const one of chosen(liveCases)) {
  const schedule = (n: number) => n === 0;
  const { off, difference, ratio } = await measure(one, () => tf.train.sgd(0.01), { schedule });
  console.log(`| ${one.name} | ${off.toFixed(2)} | ${show(difference)} | ${show(ratio)} |`);
}
if (ONLY === '') {
  console.log('| hand-over of one step (8 metrics) | median, µs |\n|---|---|');
  for (const classes of [10, 100]) {
    console.log(`| C = ${classes} | ${show(estimate(await handOver(classes, folder)), 1)} |`);
  }
}
rmSync(folder, { recursive: true, force: true });
