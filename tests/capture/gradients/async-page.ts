/**
 * What runs in the page: one small training on webgl, whose readback is asynchronous, and on cpu. Leaves its findings on
 * the window.
 */
import * as tf from '@tensorflow/tfjs';
import type { ClassGradients, WeightUpdate } from '../../../src/capture/gradients/class-gradients.ts';
import type { ShownRecord } from '../../../src/journal.ts';
import { defineMetric } from '../../../src/metric.ts';
import { watchModel } from '../../../src/watch.ts';

/** What was seen at one step, as plain arrays. */
export interface SeenStep {
  readonly step: number;
  readonly present: number[];
  readonly counts: number[];
  readonly gram: number[];
  readonly squares: number[] | null;
  readonly layerSquares: (number | null)[];
  readonly alongUpdate: number[] | null;
  readonly update: WeightUpdate | null;
}

/** One training. */
interface Training {
  readonly steps: SeenStep[];
  readonly weights: number[][];
  readonly coverage: number | null;
  /** Tensors before the first step and at the end, when everything is read. */
  readonly tensors: readonly number[];
  readonly reads: Reads;
  readonly sentences: string[];
  /** Steps with class gradients, as recorded. */
  readonly recorded: number[];
}

/** Reads from the device while training. */
interface Reads {
  /** That waited for it. */
  readonly synchronous: number;
  readonly asynchronous: number;
  /** Most asynchronous ones under way at the same time. */
  readonly inFlight: number;
}

/** `yields`: steps that wait for their loss, as in fit; else a loop that makes all of them in one go. */
interface Plan {
  readonly backend: 'webgl' | 'cpu';
  readonly watched: boolean;
  readonly yields: boolean;
}

const CLASSES = 4;
const BATCH = 12;
const STEPS = 16;

/** Counts reads until `stop`: in WebGL itself those that wait, and those that the backend makes later. */
function spy(): { stop(): Reads } {
  const counts = { synchronous: 0, asynchronous: 0, inFlight: 0 };
  const backend = tf.backend();
  const { read } = backend;
  const { readPixels } = WebGL2RenderingContext.prototype;
  let pending = 0;
  WebGL2RenderingContext.prototype.readPixels = function (this: WebGL2RenderingContext, ...given: unknown[]) {
    // With an offset in place of an array the pixels go to a buffer of the device, without waiting.
    if (ArrayBuffer.isView(given[6])) counts.synchronous++;
    return Reflect.apply(readPixels, this, given);
  };
  backend.read = async (dataId) => {
    counts.asynchronous++;
    counts.inFlight = Math.max(counts.inFlight, ++pending);
    try {
      return await read.call(backend, dataId);
    } finally {
      pending--;
    }
  };
  return {
    stop() {
      backend.read = read;
      WebGL2RenderingContext.prototype.readPixels = readPixels;
      return { ...counts };
    },
  };
}

function network(): tf.LayersModel {
  const { layers } = tf;
  const seeded = (seed: number) => ({ kernelInitializer: tf.initializers.heNormal({ seed }) });
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, useBias: false, inputShape: [8, 8, 2], ...seeded(1) }),
      layers.batchNormalization({}),
      layers.activation({ activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 5, kernelSize: 2, activation: 'tanh', ...seeded(2) }),
      layers.flatten(),
      layers.dense({ units: CLASSES, activation: 'softmax', ...seeded(3) }),
    ],
  });
}

function keeper(steps: SeenStep[]) {
  return defineMetric({
    ...{ id: 'kept', help: 'Keeps what a test looks at.', axes: [], streams: ['train'], cadence: 'step', panels: [] },
    measure({ step, gradients, update }) {
      if (gradients !== null) steps.push(plain(step, gradients, update));
      return null;
    },
  });
}

function plain(step: number, of: ClassGradients, update: WeightUpdate | null): SeenStep {
  const list = (values: ArrayLike<number>) => Array.from(values);
  const orNull = (values: ArrayLike<number> | null) => (values === null ? null : list(values));
  return {
    ...{ step, update, layerSquares: [...of.layerSquares] },
    ...{ present: list(of.present), counts: list(of.counts), gram: list(of.gram) },
    ...{ squares: orNull(of.squares), alongUpdate: orNull(of.alongUpdate) },
  };
}

async function train({ backend, watched, yields }: Plan): Promise<Training> {
  await tf.setBackend(backend);
  await tf.ready();
  // The last class is absent.
  const labels = Array.from({ length: BATCH }, (_, i) => (i * i + (i % 2)) % (CLASSES - 1));
  const xs = tf.randomNormal([BATCH, 8, 8, 2], 0, 1, 'float32', 5);
  const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES).toFloat();
  const model = network();
  const optimizer = tf.train.sgd(0.05);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const [steps, sentences, recorded]: [SeenStep[], string[], number[]] = [[], [], []];
  const onRecord = (record: ShownRecord) => {
    if (record.kind === 'measurement' && record.metric === 'class-grad-norm') recorded.push(record.step);
  };
  const { warn } = console;
  console.warn = (...parts: unknown[]) => sentences.push(parts.join(' '));
  const schedule = (step: number) => step === 0;
  const options = { budget: 1, schedule, metrics: [keeper(steps)], ...(watched ? {} : { mode: 'disabled' as const }) };
  const monitor = await watchModel(tf, model, options, { onRecord });
  const reads = spy();
  const loss = () => {
    const predictions = model.apply(xs, { training: true }) as tf.Tensor;
    const shown = monitor.observe(predictions, ys);
    return tf.metrics.categoricalCrossentropy(ys, shown).mean() as tf.Scalar;
  };
  const tensors = [tf.memory().numTensors];
  for (let n = 0; n < STEPS; n++) {
    if (yields) await model.trainOnBatch(xs, ys);
    else optimizer.minimize(loss);
  }
  const read = reads.stop();
  await monitor.flush();
  tensors.push(tf.memory().numTensors);
  const { coverage } = monitor;
  await monitor.close();
  console.warn = warn;
  const weights = await Promise.all(model.getWeights().map(async (weight) => Array.from(await weight.data())));
  tf.dispose([xs, ys]);
  model.dispose();
  return { steps, weights, coverage, tensors, reads: read, sentences, recorded };
}

/** What the spy says about one read that waits. */
async function control(): Promise<Reads> {
  await tf.setBackend('webgl');
  const reads = spy();
  const sum = tf.sum(tf.randomNormal([100, 100]));
  sum.dataSync();
  sum.dispose();
  return reads.stop();
}

async function run() {
  return {
    webgl: await train({ backend: 'webgl', watched: true, yields: true }),
    unwatched: await train({ backend: 'webgl', watched: false, yields: true }),
    inOneGo: await train({ backend: 'webgl', watched: true, yields: false }),
    cpu: await train({ backend: 'cpu', watched: true, yields: true }),
    control: await control(),
  };
}

declare global {
  interface Window {
    asyncFindings: ReturnType<typeof run>;
  }
}
window.asyncFindings = run();
