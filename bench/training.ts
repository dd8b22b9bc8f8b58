/** What the benches share: a batch, one timed step. */
import * as tf from '@tensorflow/tfjs';
import { defineMetric, type Metric } from 'classwatch';

export interface Batch {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

/** Noise with one-hot labels; `input` with the number of examples first. As many classes as fit are in the batch, equally often. */
export function batchOf(input: readonly number[], classes: number): Batch {
  const labels = Array.from({ length: input[0]! }, (_, i) => (i * 7919) % classes);
  const xs = tf.randomNormal([...input], 0, 1, 'float32', 3);
  return { xs, ys: tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat() };
}

/** Trains one step; in milliseconds. */
export async function step(model: tf.LayersModel, { xs, ys }: Batch): Promise<number> {
  const start = performance.now();
  const loss = await model.trainOnBatch(xs, ys);
  const took = performance.now() - start;
  tf.dispose(loss as never);
  return took;
}

/** Counts the steps of a run that were recorded, and those of them with class gradients. */
export class StepCount {
  steps = 0;
  measured = 0;
  readonly metric: Metric;

  constructor() {
    const count = this;
    this.metric = defineMetric({
      ...{ id: 'counted', help: 'Counts the steps that were measured.', axes: [], streams: ['train'], cadence: 'step' },
      // Not to have batches read that nobody else asks for.
      part: 'gradients',
      panels: [],
      measure({ gradients }) {
        count.steps++;
        if (gradients !== null) count.measured++;
        return null;
      },
    });
  }

  reset(): void {
    [this.steps, this.measured] = [0, 0];
  }
}
