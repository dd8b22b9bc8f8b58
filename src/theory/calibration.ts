/** A figure of each draw whose expectation is known exactly. */
export interface Control {
  readonly values: Float64Array;
  readonly expected: number;
}

/** Controls that vary by less than this, squared, say nothing beyond rounding. */
const NEGLIGIBLE = 1e-18;

/**
 * Weights of the draws, of mean 1, under which the weighted mean of every control is its expectation: control variates for all averages over
 * the draws at once. Each control corrects along what the earlier ones do not hold, so that theirs stay met.
 */
export function calibratedWeights(draws: number, controls: readonly Control[]): Float64Array {
  const weights = new Float64Array(draws).fill(1);
  const directions: Float64Array[] = [];
  for (const { values, expected } of controls) {
    const direction = centred(values);
    for (const earlier of directions) {
      const factor = meanProduct(direction, earlier) / meanProduct(earlier, earlier);
      for (let d = 0; d < draws; d++) direction[d]! -= factor * earlier[d]!;
    }
    const square = meanProduct(direction, direction);
    if (square < NEGLIGIBLE * expected * expected) continue;
    const factor = (expected - meanProduct(weights, values)) / square;
    for (let d = 0; d < draws; d++) weights[d]! += factor * direction[d]!;
    directions.push(direction);
  }
  return weights;
}

function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum / a.length;
}
