/** Euclidean norm of each row of an R x D row-major array. */
export function rowNorms(rows: ArrayLike<number>, columns: number): Float64Array {
  const norms = new Float64Array(rows.length / columns);
  for (let r = 0; r < norms.length; r++) {
    let sum = 0;
    for (let j = r * columns; j < (r + 1) * columns; j++) sum += rows[j]! * rows[j]!;
    norms[r] = Math.sqrt(sum);
  }
  return norms;
}

/**
 * Cosine between every two rows of an R x D row-major array: R x R row-major, clamped to [-1, 1]; null where a row is
 * all zero (its direction is undefined).
 */
export function rowCosines(rows: ArrayLike<number>, columns: number): (number | null)[] {
  const norms = rowNorms(rows, columns);
  const count = norms.length;
  const cosines = new Array<number | null>(count * count).fill(null);
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      if (norms[a] === 0 || norms[b] === 0) continue;
      const cosine = a === b ? 1 : clamp(dot(rows, a, b, columns) / (norms[a]! * norms[b]!));
      cosines[a * count + b] = cosine;
      cosines[b * count + a] = cosine;
    }
  }
  return cosines;
}

function dot(rows: ArrayLike<number>, a: number, b: number, columns: number): number {
  let sum = 0;
  for (let j = 0; j < columns; j++) sum += rows[a * columns + j]! * rows[b * columns + j]!;
  return sum;
}

function clamp(cosine: number): number {
  return Math.max(-1, Math.min(1, cosine));
}
