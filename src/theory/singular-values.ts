import { dotOf } from '../stats/dot.ts';

/**
 * Singular values by one-sided Jacobi rotations: accurate to the last digits also for the small ones, and after a small
 * change of the matrix the earlier rotations are nearly right, so that one or two sweeps are enough.
 */

/** Columns whose cosine is below this count as orthogonal. */
const ORTHOGONAL = 1e-13;
/** A sweep squares the largest cosine: one that met none above this has left orthogonal columns behind. */
const NEARLY_ORTHOGONAL = 1e-7;
/** So many are never needed. */
const SWEEPS = 60;

/**
 * Turns the columns of an m x m matrix until they are orthogonal; their lengths are then its singular values.
 * In place: `columns` (column after column) becomes X V, and `turned`, if given, is turned along: V, where it came as the
 * identity. So where `columns` = Y V0 and `turned` = V0, the result is Y V and V. Returns the m lengths, in no order.
 * Numbers whose squares underflow count as 0. With fewer `sweeps` the columns may be orthogonal in part only; V is a rotation all the same.
 */
export function orthogonalize(
  columns: Float64Array,
  turned: Float64Array | null,
  size: number,
  sweeps = SWEEPS,
): Float64Array {
  const squares = new Float64Array(size);
  const measure = () => {
    for (let j = 0; j < size; j++) squares[j] = dotOf(columns, j * size, columns, j * size, size);
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    measure();
    if (sweptCosine(columns, turned, squares, size) < NEARLY_ORTHOGONAL) break;
  }
  // Rounding adds up while they are kept along, and is all that is left of a short column beside a long one.
  measure();
  return squares.map(Math.sqrt);
}

/** One rotation for every two columns that are not orthogonal; the largest cosine that there was. */
function sweptCosine(columns: Float64Array, turned: Float64Array | null, squares: Float64Array, size: number): number {
  let largest = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const along = dotOf(columns, i * size, columns, j * size, size);
      const lengths = Math.sqrt(squares[i]!) * Math.sqrt(squares[j]!);
      if (Math.abs(along) <= ORTHOGONAL * lengths) continue;
      largest = Math.max(largest, Math.abs(along) / lengths);
      const slope = (squares[j]! - squares[i]!) / (2 * along);
      const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.sqrt(1 + slope * slope));
      const cosine = 1 / Math.sqrt(1 + tangent * tangent);
      rotate(columns, i * size, j * size, size, cosine, cosine * tangent);
      if (turned !== null) rotate(turned, i * size, j * size, size, cosine, cosine * tangent);
      // Where one column is all but a multiple of the other, rounding leaves less than nothing of it.
      squares[i] = Math.max(0, squares[i]! - tangent * along);
      squares[j] = Math.max(0, squares[j]! + tangent * along);
    }
  }
  return largest;
}

function rotate(values: Float64Array, a: number, b: number, size: number, cosine: number, sine: number): void {
  for (let k = 0; k < size; k++) {
    const x = values[a + k]!;
    const y = values[b + k]!;
    values[a + k] = cosine * x - sine * y;
    values[b + k] = sine * x + cosine * y;
  }
}
