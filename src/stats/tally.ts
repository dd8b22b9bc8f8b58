/** Everything that is counted or summed by class over a list of examples, in one pass. */
export interface Tally {
  /** Examples that carry a label within the classes. */
  readonly examples: number;
  readonly correct: number;
  /** Arrays of one entry per class: */
  readonly support: Float64Array;
  readonly hits: Float64Array;
  /** Predictions of the class (argmax); rows without a finite maximum predict nothing. */
  readonly predicted: Float64Array;
  readonly lossSum: Float64Array;
  readonly probabilitySum: Float64Array;
}

/**
 * Tallies `labels.length` examples (B) with C classes. `predicted`: argmax per example or -1; `losses`: per example;
 * `probabilities`: B x C row-major. Examples whose label is -1 (unknown) are left out everywhere.
 */
export function tally(
  classes: number,
  labels: Int32Array,
  predicted: Int32Array,
  losses: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): Tally {
  const support = new Float64Array(classes);
  const hits = new Float64Array(classes);
  const guesses = new Float64Array(classes);
  const lossSum = new Float64Array(classes);
  const probabilitySum = new Float64Array(classes);
  let examples = 0;
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) continue;
    examples++;
    support[label]!++;
    lossSum[label]! += losses[i]!;
    const guess = predicted[i]!;
    if (guess >= 0) guesses[guess]!++;
    if (guess === label) {
      hits[label]!++;
      correct++;
    }
    const row = i * classes;
    for (let c = 0; c < classes; c++) probabilitySum[c]! += probabilities[row + c]!;
  }
  return { examples, correct, support, hits, predicted: guesses, lossSum, probabilitySum };
}
