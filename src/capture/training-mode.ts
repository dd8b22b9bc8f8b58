import type { ModelLike, TensorLike, TfLike } from '../tf.ts';
import { inBatches, shuffled } from './batches.ts';
import { inputShapesOf, isLayersModel, layersWithin, outputOf } from './engine/copy.ts';
import { innerModel } from './engine/model.ts';
import { withoutTrace } from './engine/no-trace.ts';
import { layerFault } from './engine/repetition.ts';

/** Examples in a batch, as in `survey`. */
const BATCH = 512;

/** Kinds of layers that compute something else while training. */
const TRAINING = /batchnorm|dropout|noise/i;

/** Whether a layer of the model computes something else while training: BatchNorm, dropout, noise; yours too, by the name of their class. */
export function differsInTraining(model: ModelLike): boolean {
  return layersWithin(innerModel(model).layers).some((layer) => {
    const { dropout, recurrentDropout } = layer as { dropout?: unknown; recurrentDropout?: unknown };
    const name = (layer as { getClassName?(): unknown }).getClassName?.();
    return TRAINING.test(String(name)) || isPositive(dropout) || isPositive(recurrentDropout);
  });
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

/**
 * Why a pass of our own in training mode over so many examples would be more than computing, or can't be, as the rest of a sentence; null
 * where it is neither.
 */
export function trainingModeFault(model: ModelLike, examples: number): string | null {
  if (!isLayersModel(model)) return 'it is no LayersModel';
  const fixed = fixedBatchOf(model);
  if (fixed !== null && examples % fixed !== 0) {
    return `the model takes batches of ${fixed}, and ${examples} examples are no whole number of them`;
  }
  return layerFault(innerModel(model).layers);
}

/**
 * An output of the model for `xs` as training computes it: BatchNorm with the statistics of the batch, dropout at work. Batches are of up to
 * 512 examples, mixed where there are several: a set that is sorted by class would else be normalized class by class. Nothing of it stays:
 * see `withoutTrace`. Run inside a tidy.
 */
export function trainingOutputs(tf: TfLike, model: ModelLike, xs: readonly TensorLike[], output: number): TensorLike {
  const examples = xs[0]!.shape[0]!;
  const fixed = fixedBatchOf(model);
  const batches = fixed === null ? Math.ceil(examples / BATCH) : examples / fixed;
  const order = batches > 1 ? shuffled(examples) : null;
  return withoutTrace(tf, model, () =>
    inBatches(tf, xs, { batches, order }, (batch) => outputOf(model, batch, true, output)),
  );
}

function fixedBatchOf(model: ModelLike): number | null {
  return inputShapesOf(model)[0]?.[0] ?? null;
}
