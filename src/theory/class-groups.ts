/**
 * Classes with equal counts are exchangeable, and the layer-peeled model is convex: its optimum M does not change when two
 * of them trade places. Such a matrix is
 *
 *   M = sum_g d_g P_g + sum_gh S_gh e_g e_h^T,   P_g = I - J/K_g on group g,   e_g = 1_g / sqrt(K_g),
 *
 * so m groups leave m + m^2 unknowns of C^2. The two summands are orthogonal to each other: the singular values of M are d_g
 * (K_g - 1 times) and those of S. A `Point` holds d, then S column after column.
 */
export interface Groups {
  /** Number of classes in each group, m. */
  readonly sizes: readonly number[];
  /** Share of all examples that one class of the group has, m. */
  readonly shares: readonly number[];
  /** Group of each class, C. */
  readonly of: readonly number[];
}

export type Point = Float64Array;

/** Groups of equal counts, the largest count first. */
export function groupsOf(counts: ArrayLike<number>): Groups {
  const all = Array.from(counts);
  const values = [...new Set(all)].sort((a, b) => b - a);
  const at = new Map(values.map((value, g) => [value, g]));
  const total = all.reduce((sum, count) => sum + count, 0);
  const sizes = values.map(() => 0);
  const of = all.map((count) => at.get(count)!);
  for (const g of of) sizes[g]!++;
  return { sizes, shares: values.map((value) => value / total), of };
}

/** Every class a group of its own, whatever its count: the same problem without its symmetry. */
export function singleGroups(counts: ArrayLike<number>): Groups {
  const all = Array.from(counts);
  const total = all.reduce((sum, count) => sum + count, 0);
  return { sizes: all.map(() => 1), shares: all.map((count) => count / total), of: all.map((_, c) => c) };
}

/** Inner product of the two C x C matrices. */
export function inner({ sizes }: Groups, x: Point, y: Point): number {
  let sum = 0;
  for (let g = 0; g < sizes.length; g++) sum += (sizes[g]! - 1) * x[g]! * y[g]!;
  for (let i = sizes.length; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/**
 * The simplex that solves the balanced problem, with nuclear norm `radius`; columns of classes without examples are 0, where
 * they stay (the loss does not see them).
 */
export function simplex({ sizes, shares }: Groups, radius: number): Point {
  const m = sizes.length;
  const classes = sizes.reduce((sum, size) => sum + size, 0);
  const length = radius / (classes - 1);
  const point = new Float64Array(m + m * m);
  for (let h = 0; h < m; h++) {
    if (shares[h] === 0) continue;
    point[h] = sizes[h]! > 1 ? length : 0;
    for (let g = 0; g < m; g++) {
      point[m + h * m + g] = length * ((g === h ? 1 : 0) - Math.sqrt(sizes[g]! * sizes[h]!) / classes);
    }
  }
  return point;
}

/** Rank of S there: its columns add up to 0, and those of classes without examples are 0. */
export function simplexRank({ shares }: Groups): number {
  const present = shares.filter((share) => share > 0).length;
  return Math.min(present, shares.length - 1);
}
