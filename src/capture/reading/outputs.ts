import { softmaxRows } from '../../stats/softmax.ts';
import type { TensorData } from '../../tf.ts';

export type OutputKind = 'probabilities' | 'logits';

/** How far a row of probabilities may be from summing to 1: float32 rounding over many classes. */
const SUM_TOLERANCE = 1e-3;

/** What a model's outputs are, told from one batch: rows of probabilities sum to 1, anything else is logits. */
export function guessOutputKind(data: TensorData, columns: number): OutputKind {
  for (let start = 0; start < data.length; start += columns) {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const value = data[start + c]!;
      if (value < 0 || value > 1) return 'logits';
      sum += value;
    }
    if (columns > 1 && Math.abs(sum - 1) > SUM_TOLERANCE) return 'logits';
  }
  return 'probabilities';
}

/**
 * Probabilities B x C (row-major) from a model's outputs: as they are, by softmax from logits, or, for one column
 * (a single sigmoid unit, C = 2), as [1 - p, p].
 */
export function probabilitiesOf(data: TensorData, columns: number, kind: OutputKind): Float32Array {
  if (columns === 1) return fromOneColumn(data, kind);
  return kind === 'logits' ? softmaxRows(data, columns) : (data as Float32Array);
}

function fromOneColumn(data: TensorData, kind: OutputKind): Float32Array {
  const probabilities = new Float32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) {
    const p = kind === 'logits' ? 1 / (1 + Math.exp(-data[i]!)) : data[i]!;
    probabilities[2 * i] = 1 - p;
    probabilities[2 * i + 1] = p;
  }
  return probabilities;
}

/** Smallest probability whose logarithm is taken, as tfjs clips it (its epsilon). */
const EPSILON = 1e-7;

/** Cross-entropy of each example: -log of the probability of its label; NaN for label -1. */
export function crossEntropies(probabilities: Float32Array, labels: Int32Array): Float64Array {
  const classes = probabilities.length / labels.length;
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const p = label < 0 ? Number.NaN : probabilities[i * classes + label]!;
    losses[i] = -Math.log(Math.max(p, EPSILON));
  }
  return losses;
}
