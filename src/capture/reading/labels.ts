import type { TensorData } from '../../tf.ts';

/** Class indices, and what did not fit. */
export interface Labels {
  /** One per example; -1 where the label is not one of the classes. */
  readonly labels: Int32Array;
  /** The first value that is not one of the classes, if any. */
  readonly stray: number | null;
}

/**
 * Reads labels in any of the forms that train a classifier: one-hot (or soft) rows of C columns, class indices [B] or
 * [B, 1], or one column of 0 and 1 for two classes. Null if the shape is none of these.
 */
export function readLabels(data: TensorData, shape: readonly number[], classes: number): Labels | null {
  const columns = shape.length > 1 ? shape.at(-1)! : 1;
  if (shape.length > 2 || shape.length === 0) return null;
  if (columns === classes && classes > 1) return fromOneHot(data, classes);
  return columns === 1 ? fromIndices(data, classes) : null;
}

function fromIndices(data: TensorData, classes: number): Labels {
  const labels = new Int32Array(data.length);
  let stray: number | null = null;
  for (let i = 0; i < data.length; i++) {
    const label = data[i]!;
    const known = Number.isInteger(label) && label >= 0 && label < classes;
    labels[i] = known ? label : -1;
    if (!known) stray ??= label;
  }
  return { labels, stray };
}

function fromOneHot(data: TensorData, classes: number): Labels {
  const labels = new Int32Array(data.length / classes);
  let stray: number | null = null;
  for (let i = 0, at = 0; i < labels.length; i++) {
    const start = at;
    let best = -1;
    let top = 0;
    for (const end = start + classes; at < end; at++) {
      const value = data[at]!;
      if (value > top) {
        top = value;
        best = at - start;
      }
    }
    labels[i] = best;
    if (best < 0) stray ??= data[start]!;
  }
  return { labels, stray };
}
