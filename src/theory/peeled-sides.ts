import type { Groups } from './class-groups.ts';
import type { PeeledOptimum } from './peeled-solver.ts';
import { orthogonalize } from './singular-values.ts';

/** One of the two factors of M = W H: cosines between its classes (C x C row-major, null for a row of 0) and their norms (C). */
export interface Side {
  readonly cosine: (number | null)[];
  readonly norm: number[];
}

/** The same of groups: norms of one class of each (m), cosines m x m; on the diagonal that of two classes of one group. */
export type GroupSide = Side;

/** Rows this much shorter than the longest are 0 up to rounding. */
const NOTHING = 1e-12;

/** From groups to classes. */
export function peeledSides(groups: Groups, optimum: PeeledOptimum, ratio: number) {
  const { classifier, feature, rank } = groupSides(groups, optimum, ratio);
  return { classifier: spread(groups, classifier), feature: spread(groups, feature), rank };
}

/**
 * Classifiers and features that belong to the optimum M: W W^T = r (M M^T)^(1/2) and H^T H = (M^T M)^(1/2) / r with
 * `ratio` r = sqrt(E_W / E_H).
 */
export function groupSides(
  groups: Groups,
  { point, rank }: PeeledOptimum,
  ratio: number,
): { readonly classifier: GroupSide; readonly feature: GroupSide; readonly rank: number } {
  const { sizes } = groups;
  const m = sizes.length;
  const left = point.slice(m);
  const right = new Float64Array(m * m);
  for (let j = 0; j < m; j++) right[j * m + j] = 1;
  const lengths = orthogonalize(left, right, m);
  // What the projection made 0 came back as rounding.
  const kept = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!).slice(0, rank);
  const d = point.subarray(0, m);
  return {
    classifier: sideOf(
      groups,
      d,
      rootOf(left, kept, (j) => 1 / lengths[j]!, m),
      ratio,
    ),
    feature: sideOf(
      groups,
      d,
      rootOf(right, kept, (j) => lengths[j]!, m),
      1 / ratio,
    ),
    rank: rank + sizes.reduce((sum, size, g) => sum + (d[g] === 0 ? 0 : size - 1), 0),
  };
}

/** sum_j weight(j) x_j x_j^T over the kept columns x_j, m x m. */
function rootOf(columns: Float64Array, kept: readonly number[], weight: (j: number) => number, m: number) {
  const out = new Float64Array(m * m);
  for (const j of kept) {
    for (let g = 0; g < m; g++) {
      const along = weight(j) * columns[j * m + g]!;
      for (let h = 0; h < m; h++) out[g * m + h]! += along * columns[j * m + h]!;
    }
  }
  return out;
}

/** Of the Gram matrix sum_g d_g P_g + sum_gh A_gh e_g e_h^T, times `scale`. */
function sideOf({ sizes }: Groups, d: Float64Array, a: Float64Array, scale: number): GroupSide {
  const m = sizes.length;
  const squares = sizes.map((size, g) => (a[g * m + g]! + (size - 1) * d[g]!) / size);
  const floor = NOTHING * NOTHING * Math.max(...squares);
  const lengths = squares.map((square) => (square <= floor ? 0 : Math.sqrt(square)));
  const between = new Array<number | null>(m * m).fill(null);
  for (let g = 0; g < m; g++) {
    for (let h = 0; h < m; h++) {
      if (lengths[g] === 0 || lengths[h] === 0) continue;
      // Two classes of one group. Where d is 0 this divides a number by itself: exactly 1.
      const own = (a[g * m + g]! - d[g]!) / sizes[g]! / squares[g]!;
      const other = a[g * m + h]! / Math.sqrt(sizes[g]! * sizes[h]!) / lengths[g]! / lengths[h]!;
      between[g * m + h] = Math.max(-1, Math.min(1, g === h ? own : other));
    }
  }
  return { norm: lengths.map((length) => Math.sqrt(scale) * length), cosine: between };
}

function spread({ of }: Groups, { norm, cosine }: GroupSide): Side {
  const classes = of.length;
  const all = new Array<number | null>(classes * classes);
  of.forEach((g, k) => {
    of.forEach((h, l) => {
      all[k * classes + l] = k === l ? (norm[g] === 0 ? null : 1) : cosine[g * norm.length + h]!;
    });
  });
  return { norm: of.map((g) => norm[g]!), cosine: all };
}
