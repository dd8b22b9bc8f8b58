import { type Eigen, eigenOf } from '../stats/symmetric-eigen.ts';
import { expectCount, expectFinite } from './rows.ts';

export type { Eigen } from '../stats/symmetric-eigen.ts';

/**
 * Eigenvalues and eigenvectors of a symmetric size x size matrix, row-major, of which the lower triangle is read: values are good to a few
 * units of rounding of the largest. Householder reflections and QL steps in float64, about 4 size^3 multiply-adds: made for up to 1,000
 * rows. Throws a RangeError where the matrix has another number of values or one that is not finite.
 */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): Eigen {
  expectCount('size', size);
  if (matrix.length !== size * size) {
    throw new RangeError(`Expected ${size * size} values in matrix for size ${size}, got ${matrix.length}.`);
  }
  expectFinite('matrix', matrix, size);
  return eigenOf(matrix, size);
}
