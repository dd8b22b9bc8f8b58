import type { ModelLike, TensorLike } from '../tf.ts';
import { lossFunctionsOf } from './engine/model.ts';

/** The tensors of one batch that trains, alive only while the forward pass runs. */
export interface Batch {
  readonly labels: TensorLike;
  readonly predictions: TensorLike;
  /** What the loss function returned: one loss per example, or a scalar; null where it is unknown (observe). */
  readonly losses: TensorLike | null;
}

/** Which of the batch is no tensor; null: none. */
export function foreignOf({ labels, predictions }: Batch): 'labels' | 'predictions' | null {
  if (!isTensor(labels)) return 'labels';
  return isTensor(predictions) ? null : 'predictions';
}

function isTensor(value: TensorLike | null | undefined): boolean {
  return typeof value?.dataSync === 'function' && Array.isArray(value.shape);
}

/** Which tensors of the batch the user has disposed already; null: none. */
export function goneOf({ labels, predictions }: Batch): 'labels' | 'predictions' | null {
  if (labels.isDisposed) return 'labels';
  return predictions.isDisposed ? 'predictions' : null;
}

/**
 * Shows labels, predictions and losses of output `output` whenever the model computes its loss, until the returned
 * function is called. The loss functions are replaced only for that time: validation, which calls the same functions
 * outside of it, goes unseen.
 */
export function listenToLoss(model: ModelLike, output: number, seen: (batch: Batch) => void): () => void {
  const functions = lossFunctionsOf(model);
  const original = functions?.[output];
  if (functions === null || original === undefined) return () => {};
  const listening = function (this: unknown, labels: TensorLike, predictions: TensorLike): TensorLike {
    const losses = original.call(this, labels, predictions);
    seen({ labels, predictions, losses });
    return losses;
  };
  functions[output] = listening;
  return () => {
    if (functions[output] === listening) functions[output] = original;
  };
}
