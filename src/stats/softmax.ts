/** Softmax of each row of a B x C row-major array, shifted by the row's maximum so that nothing overflows. */
export function softmaxRows(logits: ArrayLike<number>, columns: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += columns) {
    let top = -Infinity;
    for (let c = 0; c < columns; c++) top = Math.max(top, logits[start + c]!);
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const e = Math.exp(logits[start + c]! - top);
      probabilities[start + c] = e;
      sum += e;
    }
    for (let c = 0; c < columns; c++) probabilities[start + c]! /= sum;
  }
  return probabilities;
}
