import type { Mark } from '../record.ts';
import type { Snapshot } from './snapshot.ts';

/** Losses, by their names in compile, whose optimum on balanced classes is a simplex frame. Others lead elsewhere. */
const CROSS_ENTROPIES = new Set(['categoricalCrossentropy', 'sparseCategoricalCrossentropy']);

/**
 * Reference line for cosines between rows of a classifier: -1 / (C - 1), the angle of the simplex frame (NC2), where the loss leads there and
 * the features leave room for it (d >= C - 1). Else none: bias-free MSE under imbalance leads to right angles, and of a loss that has no name
 * nothing is known.
 */
export function frameMarks({ classifier, classes, run: { lossName } }: Snapshot): { readonly marks?: readonly Mark[] } {
  const isLedThere = lossName !== null && CROSS_ENTROPIES.has(lossName);
  const hasRoom = classifier !== null && classifier.length / classes >= classes - 1;
  return isLedThere && hasRoom && classes > 1 ? { marks: [{ value: -1 / (classes - 1), label: 'simplex' }] } : {};
}
