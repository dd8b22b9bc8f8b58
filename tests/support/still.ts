import { type NeuralCollapse, neuralCollapse } from '../../src/geometry/neural-collapse.ts';
import type { WatchOptions } from '../../src/options.ts';
import type { ModelLike, TfLike } from '../../src/tf.ts';
import type { Plain } from '../geometry/plain-collapse.ts';
import { type Recording, recording } from './recording.ts';
import { tf } from './tensorflow.ts';
import type { Blobs } from './toys.ts';

/** Weights stay as they are: what is summed up over an epoch can be told exactly. */
export const STILL = { optimizer: () => tf.train.sgd(0), loss: 'categoricalCrossentropy' };

/** A run whose weights do not move, through `epochs` epochs; every step is measured. */
export async function stood(
  model: tf.LayersModel,
  { xs, ys }: Blobs,
  options: WatchOptions = {},
  epochs = 2,
  onEpochEnd = (_: number): void => {},
): Promise<Recording> {
  const run = await recording(tf as TfLike, model as ModelLike, { budget: 1, ...options });
  await model.fit(xs, ys, {
    epochs,
    batchSize: 32,
    verbose: 0,
    callbacks: [{ onEpochEnd: async (epoch: number) => onEpochEnd(epoch) }, ...run.monitor.callbacks] as never,
  });
  await run.monitor.close();
  return run;
}

/** Features of all examples: the outputs of a layer, by a model of its own. */
export function featuresOf(model: tf.LayersModel, { xs }: Blobs, layer: tf.layers.Layer): number[][] {
  return tf.tidy(() => {
    const inner = tf.model({ inputs: model.inputs, outputs: layer.output as tf.SymbolicTensor });
    return (inner.predict(xs) as tf.Tensor2D).arraySync();
  });
}

/** What enters the last layer, and that layer; `layer`: whose output it is, default the first. */
export function plainOf(model: tf.LayersModel, data: Blobs, layer = model.layers[0]!): Plain {
  const [kernel, bias] = model.layers.at(-1)!.getWeights() as [tf.Tensor2D, tf.Tensor1D];
  const weights = tf.tidy(() => kernel.transpose().arraySync() as number[][]);
  return { features: featuresOf(model, data, layer), labels: data.labels, weights, bias: bias.arraySync() };
}

/** All measures, out of features that were kept. */
export function collapseOf(model: tf.LayersModel, data: Blobs, layer: tf.layers.Layer): NeuralCollapse {
  return neuralCollapse({ ...plainOf(model, data, layer), minority: [] });
}

/** The last value of a metric. */
export function lastOf({ of }: Recording, name: string): number | null | undefined {
  return of(name).at(-1)?.values[0];
}
