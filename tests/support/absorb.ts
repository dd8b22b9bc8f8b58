import type { WatchOptions } from '../../src/options.ts';
import { tf } from './tensorflow.ts';
import type { Blobs } from './toys.ts';

export const ABSORB: WatchOptions = { absorb: true };
/** The first steps of a run are checked, and their products not absorbed. */
export const CHECKED = 2;
/** Examples of each class: enough for class rows to cost less than products of pairs. */
export const COUNTS = [300, 150, 62];
export const CLASSES = COUNTS.length;

export type Make = () => tf.LayersModel;

/** Dense layers of these widths, and one of the classes. */
export function mlp(widths: readonly number[], optimizer: () => tf.Optimizer = () => tf.train.sgd(0.1)): Make {
  return () => {
    const model = tf.sequential();
    [...widths, CLASSES].slice(1).forEach((units, i, { length }) => {
      const kernelInitializer = tf.initializers.heNormal({ seed: i + 1 });
      const activation = i === length - 1 ? 'softmax' : i % 2 === 0 ? 'relu' : 'tanh';
      model.add(tf.layers.dense({ units, activation, kernelInitializer, inputShape: [widths[i]!] }));
    });
    model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy' });
    return model;
  };
}

export async function train(model: tf.LayersModel, { xs, ys }: Pick<Blobs, 'xs' | 'ys'>, steps = 1): Promise<void> {
  for (let step = 0; step < steps; step++) tf.dispose((await model.trainOnBatch(xs, ys)) as never);
}
