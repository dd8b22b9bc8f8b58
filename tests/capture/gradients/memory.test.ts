import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { metrics } from '../../../src/metrics/index.ts';
import { accelerateTraining } from '../../../src/wasm/index.ts';
import { watchModel } from '../../../src/watch.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net } from '../../support/toys.ts';

const STEPS = 1500;
/** The log-spaced schedule is dense at first; the engine compiles, caches fill. */
const WARM_UP = 750;
const MAX_BYTES = 1 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Used {
  readonly tensors: number;
  readonly heap: number;
  readonly wasm: number;
}

async function used(): Promise<Used> {
  // Finalisers run between collections; code that is no longer used goes after several.
  for (let round = 0; round < 6; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { wasm: module } = tf.backend() as unknown as { wasm?: { HEAPU8: Uint8Array } };
  return {
    tensors: tf.memory().numTensors,
    heap: process.memoryUsage().heapUsed,
    wasm: module?.HEAPU8.length ?? 0,
  };
}

/** Trains with every gradient metric at every step; what is used after the warm-up and at the end. */
async function train(steps: number): Promise<{ before: Used; after: Used; measured: number }> {
  const { xs, ys } = blobs([20, 8, 4, 2]);
  const model = net(4, 8, { batchNorm: true });
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  let measured = 0;
  const onRecord = ({ kind, ...rest }: { kind: string }) => {
    if (kind === 'measurement' && 'metric' in rest && rest.metric === 'class-grad-norm') measured++;
  };
  const selection = { metrics: metrics.filter(({ part }) => part === 'gradients'), onRecord };
  const monitor = await watchModel(tf, model, { budget: 1 }, selection);
  let before: Used | null = null;
  for (let n = 0; n < steps; n++) {
    if (n === WARM_UP) before = await used();
    await model.trainOnBatch(xs, ys);
  }
  const after = await used();
  await monitor.close();
  model.dispose();
  tf.dispose([xs, ys]);
  return { before: before!, after, measured };
}

test.each(['wasm', 'cpu'])(
  'on %s, 750 more steps with class gradients add no tensor and less than 1 MB',
  async (backend) => {
    await wasm();
    const kernels = accelerateTraining(tf);
    await tf.setBackend(backend);
    const { before, after, measured } = await train(STEPS);
    kernels.restore();
    expect(measured).toBeGreaterThan(STEPS / 2);
    expect(after.tensors).toBe(before.tensors);
    expect(after.heap - before.heap + (after.wasm - before.wasm)).toBeLessThan(MAX_BYTES);
  },
);
