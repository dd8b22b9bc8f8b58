import type { Mark } from '../record.ts';
import type { Snapshot } from './snapshot.ts';

/** Losses whose optimum on balanced classes is a simplex frame: as given to compile, and those of `tf.losses`. Others lead elsewhere. */
const CROSS_ENTROPIES = new Set(['categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'softmaxCrossEntropy']);
const SQUARED_ERRORS = new Set(['meanSquaredError', 'mse', 'MSE']);

/**
 * Reference line for cosines between rows of a classifier, by the loss in use and where the features leave room for it (theory: NC2 and its
 * kin). Cross-entropy: -1 / (C - 1), the angle of the simplex frame (d >= C - 1). Squared error without bias: right angles (d >= C). Of any other loss,
 * and of a function of the user's own, nothing is known.
 */
export function frameMarks({ classifier, classes, run }: Snapshot): { readonly marks?: readonly Mark[] } {
  if (classifier === null || run.lossName === null || classes < 2) return {};
  const width = classifier.length / classes;
  if (CROSS_ENTROPIES.has(run.lossName) && width >= classes - 1) {
    return { marks: [{ value: -1 / (classes - 1), label: 'simplex' }] };
  }
  const isSquare = SQUARED_ERRORS.has(run.lossName) && run.hasBias === false && width >= classes;
  return isSquare ? { marks: [{ value: 0, label: 'right angle' }] } : {};
}
