/**
 * Whether the collapse ratio early in training tells how it ends: BN-MLP 784-256-256-10 on digits, five majority classes of 800 examples,
 * five minority classes of 800 / R, weight decay .01 on everything (the scale of BatchNorm would make up for it else), momentum
 * with a learning rate that falls to 0 by half a cosine, batches out of shuffled epochs. Asked at 10 % of the steps, and of the rule
 * `minority-collapse`, which runs as it does for a user.
 *
 * Prints a table; `npm run bench -- forecast`. Arguments: [seeds] [steps] [ratios, such as 20,160] [learning rate].
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { watch } from 'classwatch';
import { accelerateTraining } from 'classwatch/wasm';
import { readDigits } from './digits.js';
import { uniform } from './examples.js';
import { startWasm } from './start-wasm.js';

const SEEDS = Number(process.argv[2] ?? 10);
const STEPS = Number(process.argv[3] ?? 3000);
const RATIOS = (process.argv[4] ?? '20,160').split(',').map(Number);
const RATE = Number(process.argv[5] ?? 0.04);
const [MAJORITY, CLASSES, MINORITY_FROM] = [800, 10, 5];
const BATCH = 256;
const PROBE = 500;
/** tfjs adds l2 |W|^2: half of lambda. */
const L2 = 0.005;

const digits = readDigits();
if (digits === null) {
  console.log('The digits are not there (../shared/data/mnist): nothing to measure.');
  process.exit(0);
}
await startWasm();
accelerateTraining(tf);

function network(seed: number): tf.LayersModel {
  const { layers, initializers, regularizers } = tf;
  const decay = () => regularizers.l2({ l2: L2 });
  const dense = (i: number) =>
    layers.dense({
      units: 256,
      useBias: false,
      kernelRegularizer: decay(),
      kernelInitializer: initializers.heNormal({ seed: 10 * seed + i }),
      ...(i === 0 ? { inputShape: [784] } : {}),
    });
  const block = (i: number) => [
    dense(i),
    layers.batchNormalization({ gammaRegularizer: decay(), betaRegularizer: decay() }),
    layers.activation({ activation: 'relu' }),
  ];
  const last = layers.dense({
    units: CLASSES,
    activation: 'softmax',
    kernelInitializer: initializers.glorotUniform({ seed: 10 * seed + 9 }),
    kernelRegularizer: decay(),
  });
  const model = tf.sequential({ layers: [...block(0), ...block(1), last] });
  model.compile({ optimizer: tf.train.momentum(RATE, 0.9), loss: 'categoricalCrossentropy' });
  return model;
}

/** Indices of the examples: the first so many of each class. */
function chosen(labels: Uint8Array, counts: readonly number[]): number[] {
  const left = [...counts];
  return [...labels.keys()].filter((i) => left[labels[i]!]!-- > 0);
}

function tensorsOf(examples: readonly number[]) {
  const { images, labels } = digits!;
  const rows = examples.map((i) => tf.tensor2d(images.slice(784 * i, 784 * (i + 1)), [1, 784]));
  const classes = tf.tensor1d(
    Int32Array.from(examples, (i) => labels[i]!),
    'int32',
  );
  return { xs: tf.concat(rows), ys: tf.oneHot(classes, CLASSES).toFloat() };
}

/** Indices of the next batch: one epoch after the other, each shuffled. */
function batches(count: number, random: () => number): () => number[] {
  let order: number[] = [];
  return () => {
    while (order.length < BATCH) {
      const epoch = Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [epoch[i], epoch[j]] = [epoch[j]!, epoch[i]!];
      }
      order = [...order, ...epoch];
    }
    return order.splice(0, BATCH);
  };
}

interface Ended {
  readonly ratio: number | null;
  readonly endRatio: number | null;
  readonly cosine: number | null;
  /** Steps of the forecast and of the fact; null where the rule said nothing. */
  readonly warned: number | null;
  readonly failed: number | null;
  /** Whether the rule `initial-guessing-bias` warned. */
  readonly biased: boolean;
}

async function run(R: number, seed: number): Promise<Ended> {
  const { labels } = digits!;
  const counts = Array.from({ length: CLASSES }, (_, c) => (c < MINORITY_FROM ? MAJORITY : MAJORITY / R));
  const examples = chosen(labels, counts);
  const known = new Set(examples);
  const held = [...labels.keys()].filter((i) => !known.has(i)).slice(-PROBE);
  const data = tensorsOf(examples);
  let biased = false;
  const model = network(seed);
  const logdir = mkdtempSync(join(tmpdir(), 'classwatch-forecast-'));
  const alerts: { readonly level: string; readonly step: number }[] = [];
  const ratios: (readonly [step: number, value: number | null])[] = [];
  const cosines: (number | null)[] = [];
  const monitor = await watch(tf, model, {
    logdir,
    mode: 'offline',
    classCounts: counts,
    probe: tensorsOf(held),
    onAlert: ({ step, body }) => {
      if (body.rule === 'initial-guessing-bias' && body.level === 'warn') biased = true;
      // What was forecast and comes true goes on as the same alert, as an error.
      if (body.rule === 'minority-collapse' && body.state !== 'resolved') alerts.push({ level: body.level, step });
    },
  });
  monitor.on('record', (record) => {
    if (record.kind !== 'measurement') return;
    if (record.metric === 'collapse-ratio') ratios.push([record.step, record.values[0] ?? null]);
    if (record.metric === 'minority-cosine') cosines.push(record.values[0] ?? null);
  });
  const draw = batches(examples.length, uniform(seed));
  for (let step = 0; step < STEPS; step++) {
    const [xs, ys] = tf.tidy(() => {
      const indices = tf.tensor1d(draw(), 'int32');
      return [tf.gather(data.xs, indices), tf.gather(data.ys, indices)] as const;
    }) as readonly [tf.Tensor, tf.Tensor];
    (model.optimizer as tf.SGDOptimizer).setLearningRate((RATE * (1 + Math.cos((Math.PI * step) / STEPS))) / 2);
    tf.dispose((await model.trainOnBatch(xs, ys)) as never);
    tf.dispose([xs, ys]);
    if (step % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await monitor.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  model.dispose();
  tf.dispose([data.xs, data.ys]);
  rmSync(logdir, { recursive: true, force: true });
  const stepOf = (level: string) => alerts.find((alert) => alert.level === level)?.step ?? null;
  const early = ratios.filter(([step]) => step <= STEPS / 10).at(-1);
  return {
    ratio: early?.[1] ?? null,
    endRatio: ratios.at(-1)?.[1] ?? null,
    cosine: cosines.at(-1) ?? null,
    warned: stepOf('warn'),
    failed: stepOf('error'),
    biased,
  };
}

const shown = (value: number | null, digits = 2) => (value === null ? '' : value.toFixed(digits));
console.log(
  `| R | seed | collapse ratio at step ${STEPS / 10} | at step ${STEPS} | minority cosine at step ${STEPS} | forecast at step | fact at step | warned of guessing bias |`,
);
console.log('|---|---|---|---|---|---|---|---|');
for (const R of RATIOS) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { ratio, endRatio, cosine, warned, failed, biased } = await run(R, seed);
    console.log(
      `| ${R} | ${seed} | ${shown(ratio)} | ${shown(endRatio)} | ${shown(cosine, 3)} | ${shown(warned, 0)} | ${shown(failed, 0)} | ${biased ? 'yes' : 'no'} |`,
    );
  }
}
process.exit(0);
