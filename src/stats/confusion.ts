/** Counts of (true class, predicted class), C x C row-major; examples without label or prediction (-1) are left out. */
export function confusion(classes: number, labels: Int32Array, predicted: Int32Array): Float64Array {
  const counts = new Float64Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    const row = labels[i]!;
    const column = predicted[i]!;
    if (row >= 0 && column >= 0) counts[row * classes + column]!++;
  }
  return counts;
}
