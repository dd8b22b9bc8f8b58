import { type ClassMeans, seenIn, squaredDistance, squaresBetween } from './class-means.ts';
import type { ClassMoments } from './class-moments.ts';
import { finiteOrNull } from './rows.ts';
import { whiteningOf } from './whitening.ts';

/**
 * NC1 = Tr(Sigma_W Sigma_B^+) / C: variability within classes, relative to what lies between them (Papyan, Han, Donoho, PNAS 2020).
 * Sigma_W is the mean over the examples of `moments`, Sigma_B = M^T M / C over the C classes with examples; the pseudo-inverse keeps at most C - 1
 * directions, and only those above the rank cut of `whiteningOf`. Null without scatter, where the class means coincide, and where
 * squares are beyond what float64 holds.
 */
export function relativeVariability(moments: ClassMoments, means: ClassMeans): number | null {
  const { scatter, examples } = moments;
  const { present } = means;
  if (scatter === null || scatter.size === 0 || examples === 0 || present.length < 2) return null;
  const count = present.length;
  const rows = scatter.coordinates(means.rows, count);
  const limits = { most: Math.min(count - 1, scatter.size), floor: means.floor };
  // Sigma_B = M^T M / C: C falls out.
  const { rows: directions, size } = whiteningOf(rows, count, scatter.size, limits);
  if (size === 0) return null;
  const sums = withinAlong(moments, means, directions, size);
  return finiteOrNull(sums.reduce((sum, along) => sum + Math.max(0, along), 0) / examples);
}

/** sum over examples of (y . (h - mu_c))^2, for each of `size` directions y in coordinates of the scatter. */
function withinAlong(
  moments: ClassMoments,
  { present }: ClassMeans,
  directions: Float64Array,
  size: number,
): Float64Array {
  const { columns, counts } = moments;
  const scatter = moments.scatter!;
  const sums = scatter.along(directions, size);
  // The scatter is about references; this is what the distance of the means from them adds to it.
  const shifts = new Float64Array(present.length * columns);
  present.forEach((c, r) => {
    if (counts[c]! > 0) shifts.set(moments.deviation(c), r * columns);
  });
  const seen = scatter.coordinates(shifts, present.length);
  const along = scatter.rowProducts(directions, size, seen, present.length);
  for (let i = 0; i < size; i++) {
    present.forEach((c, r) => {
      sums[i]! -= counts[c]! * along[i * present.length + r]! ** 2;
    });
  }
  return sums;
}

/**
 * Share of Tr(Sigma_B) that lies in the directions in which scatter is kept, 0 to 1: 1 says that NC1 is exact. Null without
 * scatter and where the class means coincide.
 */
export function coverage({ scatter }: ClassMoments, means: ClassMeans): number | null {
  if (scatter === null) return null;
  return scatter.basis === null ? shareSeen(means, means) : shareSeen(seenIn(scatter.basis, means), means);
}

/** Share of Tr(Sigma_B) that is left of the means where they are seen in a basis, 0 to 1. Null where they coincide. */
export function shareSeen(seen: ClassMeans, means: ClassMeans): number | null {
  const whole = squaresBetween(means);
  return whole === 0 ? null : finiteOrNull(Math.min(1, squaresBetween(seen) / whole));
}

/**
 * Class-distance normalised variance: mean over pairs of classes of (v_a + v_b) / (2 |mu_a - mu_b|^2), v the mean of |h - mu|^2
 * (Galanti, Gyorgy, Hutter, ICLR 2022). Over classes with examples. Null below two of them, where two means coincide, and where
 * squares are beyond what float64 holds.
 */
export function distanceVariance(means: ClassMeans, columns: number): number | null {
  const { present, variances } = means;
  let sum = 0;
  for (let a = 0; a < present.length; a++) {
    for (let b = a + 1; b < present.length; b++) {
      const square = squaredDistance(means, columns, a, b);
      if (square === 0 || !Number.isFinite(square)) return null;
      sum += (variances[a]! + variances[b]!) / (2 * square);
    }
  }
  return present.length < 2 ? null : finiteOrNull(sum / ((present.length * (present.length - 1)) / 2));
}
