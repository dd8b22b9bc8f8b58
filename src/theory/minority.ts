import { requireNonNegative } from './requirement.ts';

/** Neighbours in the sorted counts that differ by less than this factor do not split the classes. */
const LEAST_RATIO = 2;

/**
 * Which classes are minority, as ascending indices: those `given`, else those below the largest ratio between neighbouring
 * counts (sorted; the first from above of equal ratios) if it is at least 2, else none. Classes without examples split
 * nothing and belong to neither side; fewer than two with examples can't be split.
 *
 * @throws RangeError for counts (C) that are negative or not finite, and for given indices that are no classes or come twice.
 */
export function minorityClasses(counts: ArrayLike<number>, given?: readonly number[]): number[] {
  const all = Array.from(counts);
  all.forEach((count, c) => {
    requireNonNegative(`counts[${c}]`, count);
  });
  if (given !== undefined) return requireClasses(given, all.length);
  const sorted = all.filter((count) => count > 0).sort((a, b) => b - a);
  let largest = LEAST_RATIO;
  let bound = 0;
  for (let i = sorted.length - 1; i > 0; i--) {
    const ratio = sorted[i - 1]! / sorted[i]!;
    if (ratio < largest) continue;
    largest = ratio;
    bound = sorted[i]!;
  }
  return all.flatMap((count, c) => (count > 0 && count <= bound ? [c] : []));
}

function requireClasses(given: readonly number[], classes: number): number[] {
  for (const [i, c] of given.entries()) {
    if (!(Number.isInteger(c) && c >= 0 && c < classes)) {
      throw new RangeError(`minority[${i}] is ${c}: expected the index of a class, 0 to ${classes - 1}.`);
    }
    if (given.indexOf(c) !== i) throw new RangeError(`minority[${i}] is ${c}: expected every class once.`);
  }
  return [...given].sort((a, b) => a - b);
}
