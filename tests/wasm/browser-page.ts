/** What runs in the page: a conv net with BatchNorm on wasm, accelerated. Leaves its findings on the window. */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { accelerateTraining } from '../../src/wasm/index.ts';

export interface Findings {
  readonly kernels: Readonly<Record<string, string>>;
  readonly obstacle: string | null;
  readonly first: number;
  readonly last: number;
  readonly accuracy: number;
}

async function train(): Promise<Findings> {
  setWasmPaths('/wasm/');
  await tf.setBackend('wasm');
  await tf.ready();
  const { kernels, obstacle } = accelerateTraining(tf);
  const seed = (n: number) => tf.initializers.heNormal({ seed: n });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 8,
        kernelSize: 3,
        useBias: false,
        inputShape: [12, 12, 1],
        kernelInitializer: seed(1),
      }),
      tf.layers.batchNormalization({}),
      tf.layers.activation({ activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', kernelInitializer: seed(2) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seed(3) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  // Three kinds of stripes: along, across, and none.
  const labels = Array.from({ length: 48 }, (_, i) => i % 3);
  const pixels = labels.flatMap((label, i) =>
    Array.from({ length: 144 }, (_, p) => {
      const phase = label === 0 ? p % 12 : label === 1 ? Math.floor(p / 12) : (p * 7919 + i * 104729) % 13;
      return Math.sin(phase + i);
    }),
  );
  const xs = tf.tensor(pixels, [48, 12, 12, 1]);
  const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), 3);
  const history = await model.fit(xs, ys, { epochs: 20, batchSize: 48, verbose: 0 });
  const losses = history.history.loss as number[];
  const accuracy = (history.history.acc as number[]).at(-1)!;
  return { kernels, obstacle, first: losses[0]!, last: losses.at(-1)!, accuracy };
}

declare global {
  interface Window {
    findings: Promise<Findings>;
  }
}
window.findings = train();
