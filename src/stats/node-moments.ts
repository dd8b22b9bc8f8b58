export interface ColumnMoments {
  readonly means: readonly number[];
  /** Population variances. */
  readonly variances: readonly number[];
  /**
   * Mean variance over the rows of what a column has more than the row's mean, made unbiased for independent columns (C - 1 of C): what all
   * columns have in common does not change which is the largest. Of a single column its variance.
   */
  readonly within: number;
}

/** Moments of the columns of a B x C row-major array, in float64. */
export function nodeMoments(values: ArrayLike<number>, columns: number): ColumnMoments {
  const rows = values.length / columns;
  const means = Array<number>(columns).fill(0);
  for (let at = 0; at < values.length; at++) means[at % columns]! += values[at]! / rows;
  const centre = means.reduce((sum, mean) => sum + mean, 0) / columns;
  const variances = Array<number>(columns).fill(0);
  let within = 0;
  for (let start = 0; start < values.length; start += columns) {
    let common = 0;
    for (let c = 0; c < columns; c++) common += values[start + c]! / columns;
    for (let c = 0; c < columns; c++) {
      const own = values[start + c]! - means[c]!;
      variances[c]! += own ** 2 / rows;
      within += (columns === 1 ? own : own - (common - centre)) ** 2;
    }
  }
  return { means, variances, within: within / (rows * Math.max(1, columns - 1)) };
}
