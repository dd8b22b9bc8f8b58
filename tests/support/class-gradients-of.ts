import type { ClassGradients, WeightUpdate } from '../../src/capture/gradients/class-gradients.ts';
import { defineMetric } from '../../src/metric.ts';
import type { WatchOptions } from '../../src/options.ts';
import type { ModelLike, TfLike } from '../../src/tf.ts';
import type { LabelledBatch } from './class-copies.ts';
import type { ModelCase } from './model-case.ts';
import { type Recording, recording } from './recording.ts';
import { tf } from './tensorflow.ts';

/** What was seen at each measured step, in full precision. */
export interface Seen {
  readonly steps: { readonly step: number; readonly gradients: ClassGradients; readonly update: WeightUpdate | null }[];
  readonly recording: Recording;
}

/** A recording that also keeps the class gradients of every step; matrices at step 0 only, unless the options say so. */
export async function watched(
  model: tf.LayersModel | null,
  options: WatchOptions = {},
  as: TfLike = tf,
): Promise<Seen> {
  const steps: Seen['steps'] = [];
  const keep = defineMetric({
    id: 'seen',
    help: 'Keeps what a test looks at.',
    axes: [],
    streams: ['train'],
    cadence: 'step',
    panels: [],
    measure({ step, gradients, update }) {
      if (gradients !== null) steps.push({ step, gradients, update });
      return null;
    },
  });
  const schedule = (step: number) => step === 0;
  const all = { budget: 1, schedule, ...options, metrics: [keep, ...(options.metrics ?? [])] };
  return { steps, recording: await recording(as, model as ModelLike | null, all) };
}

/** The class Gram of all classes, C x C, with zeros for those that are absent. */
export function fullGram({ present, gram }: ClassGradients, classes: number): number[] {
  const full = new Array<number>(classes ** 2).fill(0);
  present.forEach((a, i) => {
    present.forEach((b, j) => {
      full[a * classes + b] = gram[i * present.length + j]!;
    });
  });
  return full;
}

/** One training step as the case wants it. */
export async function trainStep(
  model: tf.LayersModel,
  batch: LabelledBatch,
  { classWeight }: ModelCase,
): Promise<void> {
  const { xs, ys } = batch;
  if (classWeight === undefined) {
    await model.trainOnBatch(xs, ys);
    return;
  }
  const options = { batchSize: batch.labels.length, shuffle: false, verbose: 0, epochs: 1 } as const;
  await model.fit(xs, ys, { ...options, classWeight });
}
