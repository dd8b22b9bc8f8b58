import { generator } from './generator.ts';
import { tf } from './tensorflow.ts';

export interface Blobs {
  readonly xs: tf.Tensor2D;
  readonly ys: tf.Tensor2D;
  readonly labels: number[];
}

/** Noisy blobs, one per class, in `width` dimensions; class c has `counts[c]` examples, in shuffled order. */
export function blobs(counts: readonly number[], width = 8, seed = 1): Blobs {
  const random = generator(seed);
  const labels = counts.flatMap((count, c) => Array<number>(count).fill(c));
  for (let i = labels.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [labels[i], labels[j]] = [labels[j]!, labels[i]!];
  }
  const rows = labels.map((label) =>
    Array.from({ length: width }, (_, j) => Math.sin((label + 1) * (j + 1)) + 2 * (random() - 0.5)),
  );
  const ys = labels.map((label) => counts.map((_, c) => (c === label ? 1 : 0)));
  return { xs: tf.tensor2d(rows), ys: tf.tensor2d(ys), labels };
}

export interface NetOptions {
  readonly dropout?: boolean;
  readonly batchNorm?: boolean;
  readonly regularised?: boolean;
  readonly activation?: 'softmax' | 'linear';
  readonly seed?: number;
}

/** A small seeded network, not compiled. */
export function net(classes: number, width = 8, options: NetOptions = {}): tf.Sequential {
  const { dropout, batchNorm, regularised, activation = 'softmax', seed = 5 } = options;
  const init = (n: number) => tf.initializers.glorotUniform({ seed: seed + n });
  const model = tf.sequential();
  const kernelRegularizer = regularised ? tf.regularizers.l2({ l2: 0.01 }) : undefined;
  model.add(
    tf.layers.dense({
      units: 12,
      inputShape: [width],
      activation: 'relu',
      kernelInitializer: init(1),
      ...(kernelRegularizer ? { kernelRegularizer } : {}),
    }),
  );
  if (batchNorm) model.add(tf.layers.batchNormalization());
  if (dropout) model.add(tf.layers.dropout({ rate: 0.3, seed: 3 }));
  model.add(tf.layers.dense({ units: classes, activation, kernelInitializer: init(2) }));
  return model;
}

/** All weights of a model as plain numbers. */
export function weightsOf(model: tf.LayersModel): number[][] {
  return model.getWeights().map((weight) => Array.from(weight.dataSync()));
}
