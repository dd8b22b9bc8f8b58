import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { inputShapesOf, isLayersModel, layersWithin, outputOf } from '../engine/copy.ts';
import { valuesPerExample } from '../engine/layer-outputs.ts';
import { innerModel } from '../engine/model.ts';
import { withoutTrace } from '../engine/no-trace.ts';
import { layerFault } from '../engine/repetition.ts';
import { inBatches, shuffled } from './batches.ts';

/** Examples in a batch, as in `survey`. */
const BATCH = 512;
/** Values of all layers at a time, 1 GiB: in training mode tfjs keeps them until the pass is over. */
const MAX_VALUES = 2 ** 28;
/** As few as this whatever they take: statistics of fewer say little. */
const LEAST = 16;

/** Examples that go through the model at a time in a pass of our own, up to `most`; those of the model where it says how many. */
export function batchSizeOf(model: ModelLike, most = BATCH): number {
  const room = Math.floor(MAX_VALUES / Math.max(1, valuesPerExample(model)));
  return fixedBatchOf(model) ?? Math.max(LEAST, Math.min(most, room));
}

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
 * 512 examples (fewer of a large model), mixed where there are several: a set that is sorted by class would else be normalized class by class. Nothing of it stays:
 * see `withoutTrace`. `mixed`: whoever may have them gives the examples in that order, or null. Run inside a tidy.
 */
export function trainingOutputs(
  tf: TfLike,
  model: ModelLike,
  xs: readonly TensorLike[],
  output: number,
  mixed: (order: Int32Array) => readonly TensorLike[] | null = () => null,
): TensorLike {
  const examples = xs[0]!.shape[0]!;
  const batches = Math.ceil(examples / batchSizeOf(model));
  const order = batches > 1 ? shuffled(examples) : null;
  const ordered = order === null ? null : mixed(order);
  return withoutTrace(tf, model, () =>
    inBatches(tf, xs, { batches, order, ordered }, (batch) => outputOf(model, batch, true, output)),
  );
}

function fixedBatchOf(model: ModelLike): number | null {
  return inputShapesOf(model)[0]?.[0] ?? null;
}
