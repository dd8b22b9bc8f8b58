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
  const rows: number[] = [];
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) continue;
    rows.push(i * classes);
    support[label]!++;
    lossSum[label]! += losses[i]!;
    const guess = predicted[i]!;
    if (guess >= 0) guesses[guess]!++;
    if (guess === label) {
      hits[label]!++;
      correct++;
    }
  }
  const probabilitySum = sumRows(probabilities, rows, classes);
  return { examples: rows.length, correct, support, hits, predicted: guesses, lossSum, probabilitySum };
}

/** Sum of the rows that start at these positions, one after the other; four at a time, so that a sum is fetched once for them. */
function sumRows(values: ArrayLike<number>, starts: readonly number[], columns: number): Float64Array {
  const sums = new Float64Array(columns);
  const whole = starts.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const [a, b, c, d] = [starts[i]!, starts[i + 1]!, starts[i + 2]!, starts[i + 3]!];
    for (let j = 0; j < columns; j++) {
      sums[j] = sums[j]! + values[a + j]! + values[b + j]! + values[c + j]! + values[d + j]!;
    }
  }
  for (let i = whole; i < starts.length; i++) {
    for (let j = 0; j < columns; j++) sums[j]! += values[starts[i]! + j]!;
  }
  return sums;
}
