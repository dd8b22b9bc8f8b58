/**
 * What class gradients of many steps leave behind: tensors, and bytes of the JS and wasm heaps, of a small network with all
 * gradient metrics at every step, and of the same network without. Prints a table; `npm run bench -- memory`. Arguments: [steps].
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { classGradients } from 'classwatch';
import { accelerateTraining } from 'classwatch/wasm';
import { startWasm } from './start-wasm.js';
import { batchOf, step } from './training.js';

const STEPS = Number(process.argv[2] ?? 10_000);
/** The log-spaced schedule is dense at first; code is compiled, caches fill. */
const WARM_UP = 1000;
const PARTS = 5;
const MAX_BYTES = 1e6;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Used {
  readonly tensors: number;
  readonly heap: number;
  readonly wasm: number;
}

async function used(): Promise<Used> {
  // Finalisers run between two collections.
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return { tensors: tf.memory().numTensors, heap: process.memoryUsage().heapUsed, wasm: wasm.HEAPU8.length };
}

function network(): tf.LayersModel {
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, useBias: false, inputShape: [8, 8, 1] }),
      layers.batchNormalization({}),
      layers.activation({ activation: 'relu' }),
      layers.flatten(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  return model;
}

/** Use after the warm-up, and after each part of the rest. */
async function train(watched: boolean): Promise<Used[]> {
  const model = network();
  const batch = batchOf([32, 8, 8, 1], 10);
  const [callback] = watched ? classGradients(tf, { budget: 1, onRecord: () => {} }) : [];
  callback?.setParams({});
  callback?.setModel(model);
  await callback?.onTrainBegin();
  const seen: Used[] = [];
  for (let n = 0; n <= WARM_UP + STEPS; n++) {
    if (n >= WARM_UP && (n - WARM_UP) % (STEPS / PARTS) === 0) seen.push(await used());
    await step(model, batch);
  }
  await callback?.onTrainEnd();
  model.dispose();
  tf.dispose([batch.xs, batch.ys]);
  return seen;
}

await startWasm();
accelerateTraining(tf);
console.log(`wasm, accelerated, ${WARM_UP} steps before, Node ${process.version}`);
console.log('| steps | | tensors | JS heap, bytes | wasm heap, bytes | at most | |\n|---|---|---|---|---|---|---|');
for (const watched of [false, true]) {
  const [first, ...rest] = await train(watched);
  rest.forEach(({ tensors, heap, wasm }, i) => {
    const added = [tensors - first!.tensors, heap - first!.heap, wasm - first!.wasm];
    const bytes = added[1]! + added[2]!;
    const verdict = watched ? `0 and ${MAX_BYTES} | ${added[0] === 0 && bytes < MAX_BYTES ? 'met' : 'not met'}` : ' | ';
    const steps = ((i + 1) * STEPS) / PARTS;
    console.log(
      `| ${steps} | ${watched ? 'watched' : 'without'} | ${added.map((n) => `+${n}`).join(' | ')} | ${verdict} |`,
    );
  });
}
