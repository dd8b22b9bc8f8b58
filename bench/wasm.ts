/**
 * How fast networks train on wasm: whole steps (forward, backward, Adam) of stock tfjs plus the one kernel without which
 * no convolution trains, of registerTrainingKernels and of accelerateTraining, in turn in one process. Then the roofline.
 * Prints tables; `npm run bench -- wasm`. Arguments: [rounds] [part of a network's name]; 'cpu' as third adds the
 * pure-JS backend, a minute more.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { accelerateTraining, registerTrainingKernels } from 'classwatch/wasm';
import { cnn, mlp, resnet } from './networks.js';
import { estimate, show } from './pairs.js';
import { startWasm } from './start-wasm.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const ONLY = process.argv[3] ?? '';
const WITH_CPU = process.argv[4] === 'cpu';
const WARM_UP = 3;

await startWasm();

interface Network {
  readonly name: string;
  readonly make: () => tf.LayersModel;
  readonly input: readonly number[];
  readonly classes: number;
  /** The share of the stock step that the accelerated one may take. */
  readonly target: number;
}

const networks: Network[] = [
  { name: 'MLP 784-256-256-10', make: () => mlp([256, 256], 10), input: [128, 784], classes: 10, target: 1 / 4 },
  {
    name: 'MLP 784-1024-1024-100',
    make: () => mlp([1024, 1024], 100),
    input: [128, 784],
    classes: 100,
    target: 1 / 11,
  },
  { name: 'CNN 16-32, 28 x 28', make: () => cnn(false), input: [128, 28, 28, 1], classes: 10, target: 1 / 2 },
  { name: 'CNN 16-32 + BatchNorm', make: () => cnn(true), input: [128, 28, 28, 1], classes: 10, target: 1 / 3 },
  { name: 'ResNet-8, 32 x 32 x 3', make: resnet, input: [32, 32, 32, 3], classes: 10, target: 1 / 2 },
];

/** Everything that accelerating replaces, so that a mode can be entered within microseconds. */
interface Mode {
  readonly kernels: Map<string, tf.KernelConfig>;
  readonly call: unknown;
  readonly update: unknown;
}

const layerPrototype = Object.getPrototypeOf(tf.layers.batchNormalization({ name: 'bench' })) as { call: unknown };
const adamPrototype = tf.AdamOptimizer.prototype as unknown as { applyGradients: unknown };

function snapshot(): Mode {
  const kernels = new Map(tf.getKernelsForBackend('wasm').map((config) => [config.kernelName, config]));
  return { kernels, call: layerPrototype.call, update: adamPrototype.applyGradients };
}

function enter({ kernels, call, update }: Mode): void {
  for (const { kernelName } of tf.getKernelsForBackend('wasm')) tf.unregisterKernel(kernelName, 'wasm');
  for (const config of kernels.values()) tf.registerKernel(config);
  layerPrototype.call = call;
  adamPrototype.applyGradients = update;
}

function modes(): Record<'stock' | 'registered' | 'accelerated', Mode> {
  const bare = snapshot();
  registerTrainingKernels(tf);
  const registered = snapshot();
  const filter = registered.kernels.get('Conv2DBackpropFilter')!;
  const stock = { ...bare, kernels: new Map([...bare.kernels, [filter.kernelName, filter]]) };
  accelerateTraining(tf);
  return { stock, registered, accelerated: snapshot() };
}

interface Work {
  readonly model: tf.LayersModel;
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

function work({ make, input, classes }: Network): Work {
  const model = make();
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  const labels = Array.from({ length: input[0]! }, (_, i) => (i * i) % classes);
  const xs = tf.randomNormal([...input], 0, 1, 'float32', 3);
  return { model, xs, ys: tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat() };
}

async function step({ model, xs, ys }: Work): Promise<number> {
  const start = performance.now();
  await model.trainOnBatch(xs, ys);
  return performance.now() - start;
}

type Shaped = { readonly shape: readonly number[] };
const sizeOf = ({ shape }: Shaped) => shape.reduce((a, b) => a * b, 1);

/** Multiply-adds of a kernel that contracts something; 0 for all others. */
function multiplyAdds(
  name: string,
  inputs: Record<string, Shaped>,
  out: Shaped,
  attrs: Record<string, unknown>,
): number {
  if (name === 'BatchMatMul' || name === '_FusedMatMul') {
    return sizeOf(out) * inputs.a!.shape.at(attrs.transposeA ? -2 : -1)!;
  }
  const filter = inputs.filter?.shape ?? (attrs.filterShape as number[] | undefined);
  if (!name.includes('Conv2D') || filter === undefined) return 0;
  const pixels = inputs.dy ?? out;
  return sizeOf(pixels) * filter[0]! * filter[1]! * filter[2]!;
}

/** What one accelerated step does: multiply-adds, and bytes that its kernels read and write. */
async function count(mode: Mode, task: Work): Promise<{ macs: number; bytes: number }> {
  let [macs, bytes] = [0, 0];
  const kernels = [...mode.kernels].map(([name, config]) => {
    const kernelFunc: tf.KernelFunc = (call) => {
      const out = config.kernelFunc(call);
      const [first] = [out].flat() as Shaped[];
      const inputs = call.inputs as unknown as Record<string, Shaped>;
      macs += multiplyAdds(name, inputs, first!, (call.attrs ?? {}) as Record<string, unknown>);
      const all = [...Object.values(inputs), ...([out].flat() as Shaped[])];
      if (!/Reshape|Identity|Cast/.test(name)) bytes += 4 * all.filter(Boolean).reduce((n, x) => n + sizeOf(x), 0);
      return out;
    };
    return [name, { ...config, kernelFunc }] as const;
  });
  enter({ ...mode, kernels: new Map(kernels) });
  await step(task);
  return { macs, bytes };
}

/** What this machine reaches here, per millisecond: multiply-adds of a product that fits the caches, bytes of a large sum. */
function limits(): { macs: number; bytes: number } {
  const best = (rounds: number, f: () => tf.Tensor) =>
    Math.min(
      ...Array.from({ length: rounds }, () => {
        const start = performance.now();
        f().dispose();
        return performance.now() - start;
      }),
    );
  return tf.tidy(() => {
    const [a, b] = [tf.randomNormal([512, 256]), tf.randomNormal([256, 256])];
    const large = tf.randomNormal([1 << 20, 16]);
    const product = best(60, () => tf.matMul(a, b));
    const sum = best(15, () => tf.sum(large, 0));
    return { macs: (512 * 256 * 256) / product, bytes: (4 * large.size) / sum } as never;
  });
}

const all = modes();
console.log(`wasm, Adam, ${ROUNDS} rounds, Node ${process.version}, ${cpus()[0]?.model}; medians with 95 % intervals`);
console.log('| step | stock + filter kernel, ms | registered | accelerated, ms | ratio | at most | |');
console.log('|---|---|---|---|---|---|---|');
const roofline: string[] = [];
enter(all.accelerated);
const limit = limits();
for (const network of networks.filter(({ name }) => name.includes(ONLY))) {
  const task = work(network);
  const took = { stock: [] as number[], registered: [] as number[], accelerated: [] as number[] };
  const names = Object.keys(all) as (keyof typeof all)[];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + WARM_UP) % names.length]!;
      enter(all[name]);
      const ms = await step(task);
      if (round >= 0) took[name].push(ms);
    }
  }
  const [stock, registered, fast] = names.map((name) => estimate(took[name]).median) as [number, number, number];
  const ratio = estimate(took.accelerated.map((ms, i) => ms / took.stock[i]!));
  const met = ratio.median <= network.target ? 'met' : 'not met';
  const target = `1/${Math.round(1 / network.target)}`;
  console.log(
    `| ${network.name} | ${stock.toFixed(1)} | ${registered.toFixed(1)} | ${fast.toFixed(1)} | ` +
      `1/${(1 / ratio.median).toFixed(1)} (${show(ratio)}) | ${target} | ${met} |`,
  );
  const { macs, bytes } = await count(all.accelerated, task);
  const [arithmetic, memory] = [macs / limit.macs, bytes / limit.bytes];
  roofline.push(
    `| ${network.name} | ${(macs / 1e6).toFixed(0)} | ${(bytes / 1e6).toFixed(0)} | ${arithmetic.toFixed(1)} | ` +
      `${memory.toFixed(1)} | ${fast.toFixed(1)} | ${((100 * arithmetic) / fast).toFixed(0)} % |`,
  );
  if (WITH_CPU && network.name === 'CNN 16-32, 28 x 28') await compareWithCpu(network, fast);
  task.model.dispose();
  tf.dispose([task.xs, task.ys]);
}
console.log(
  `\nRoofline: ${(limit.macs / 1e6).toFixed(1)} GMAC/s (a product that fits the caches), ` +
    `${(limit.bytes / 1e6).toFixed(1)} GB/s (a sum that does not)`,
);
console.log(
  '| step | multiply-adds, 10^6 | bytes, 10^6 | arithmetic alone, ms | memory alone, ms | step, ms | share |',
);
console.log(['|---|---|---|---|---|---|---|', ...roofline].join('\n'));

async function compareWithCpu(network: Network, fast: number): Promise<void> {
  await tf.setBackend('cpu');
  const task = work(network);
  await step(task);
  const ms = await step(task);
  console.log(
    `| ${network.name} on cpu (pure JS) | ${ms.toFixed(0)} | | ${fast.toFixed(1)} | 1/${(ms / fast).toFixed(0)} | 1/200 | |`,
  );
  await tf.setBackend('wasm');
}
