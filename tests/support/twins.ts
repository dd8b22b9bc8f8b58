import { expect } from 'vitest';
import type { ClassGradients } from '../../src/capture/gradients/class-gradients.ts';
import type { WatchOptions } from '../../src/options.ts';
import { type ClassReference, classGramByCopies, exampleSquares, type LabelledBatch } from './class-copies.ts';
import { fullGram, type Seen, watched } from './class-gradients-of.ts';
import { distance, pause } from './raw-loop.ts';
import { tf } from './tensorflow.ts';
import { weightsOf } from './toys.ts';

/** Two equal models that are to go the same way: one under a monitor, one not. */
export interface Twins {
  readonly model: tf.LayersModel;
  readonly plain: tf.LayersModel;
  readonly seen: Seen;
  readonly classes: number;
}

export async function twins(make: () => tf.LayersModel, classes: number, options: WatchOptions = {}): Promise<Twins> {
  const [model, plain] = [make(), make()];
  return { model, plain, classes, seen: await watched(model, { numClasses: classes, ...options }) };
}

/** What the monitor should say about the next step. */
export interface Expected {
  readonly step: number;
  readonly reference: ClassReference;
  readonly squares: readonly number[];
}

export function expectedOf({ plain, classes }: Twins, step: number, batch: LabelledBatch): Expected {
  return { step, reference: classGramByCopies(plain, batch, classes), squares: exampleSquares(plain, batch) };
}

/** Trains both on a batch, and holds the monitor against one copy of each weight per class. */
export async function stepBoth(
  both: Twins,
  step: number,
  batch: LabelledBatch,
  train = async (model: tf.LayersModel): Promise<unknown> => model.trainOnBatch(batch.xs, batch.ys),
): Promise<ClassGradients | null> {
  const expected = expectedOf(both, step, batch);
  await pause();
  for (const model of [both.model, both.plain]) tf.dispose((await train(model)) as tf.TensorContainer);
  expect(weightsOf(both.model)).toEqual(weightsOf(both.plain));
  return expectStep(both, expected, batch);
}

/** Null: the budget has left this step out. */
export function expectStep(
  { seen, classes }: Twins,
  { step, reference, squares }: Expected,
  { labels }: LabelledBatch,
): ClassGradients | null {
  const gradients = seen.steps.find((one) => one.step === step)?.gradients ?? null;
  if (gradients === null) return null;
  const pick = (of: readonly number[]) => Array.from(gradients.present, (c) => of[c]!);
  expect(distance(fullGram(gradients, classes), reference.gram.flat()), `Gram of step ${step}`).toBeLessThan(5e-6);
  expect(distance([...gradients.along, gradients.total], [...pick(reference.along), reference.total])).toBeLessThan(
    5e-6,
  );
  if (gradients.squares !== null) {
    const sums = Array.from(gradients.present, (c) =>
      squares.reduce((sum, square, i) => sum + (labels[i] === c ? square : 0), 0),
    );
    expect(distance(gradients.squares, sums), `squares of step ${step}`).toBeLessThan(5e-6);
  }
  return gradients;
}

/** A batch of a case that goes by class, in the form of one-hot labels. */
export function batchOf(
  shape: readonly number[],
  labels: readonly number[],
  classes: number,
  values: tf.Tensor,
): LabelledBatch {
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).toFloat());
  return { xs: [values.reshape([labels.length, ...shape])], ys: [ys], labels };
}
