import { requireList, requireNonNegative } from './requirement.ts';

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
  requireList('counts', counts, 'numbers, the examples of each class');
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

/** Examples from which on the classes above a gap count as counted: below, chance may be what splits them. */
const COUNTED_FROM = 30;

/** What a run says of its classes. */
export interface KnownClasses {
  readonly groups?: { readonly [name: string]: readonly number[] };
  /** Training examples of each class. */
  readonly classCounts: ArrayLike<number> | null;
}

/**
 * Examples of each class (C) as training shows them: those `counted` so far once every class has 30 of them (or is said to have none), so that
 * oversampling counts; before that as the run says; null while neither is known.
 */
export function shownCounts({ classCounts }: KnownClasses, counted: ArrayLike<number>): ArrayLike<number> | null {
  const isCounted = Array.from(counted).every((count, c) => count >= COUNTED_FROM || classCounts?.[c] === 0);
  return isCounted ? counted : classCounts;
}

/**
 * Minority classes of a run: its group `minority`, else `tail`, else by `classCounts`, else by the examples `counted` so far (C), which
 * split nothing until every class above the gap has 30 of them.
 *
 * @throws RangeError as `minorityClasses` does.
 */
export function minorityOf({ groups, classCounts }: KnownClasses, counted: ArrayLike<number>): number[] {
  const given = groups?.minority ?? groups?.tail;
  if (given !== undefined || classCounts !== null) return minorityClasses(classCounts ?? counted, given);
  const minority = minorityClasses(counted);
  const rare = new Set(minority);
  const isCounted = Array.from(counted).every((count, c) => rare.has(c) || count === 0 || count >= COUNTED_FROM);
  return isCounted ? minority : [];
}

function requireClasses(given: readonly number[], classes: number): number[] {
  requireList('minority', given, 'indices of classes');
  for (const [i, c] of Array.from(given).entries()) {
    if (!(Number.isInteger(c) && c >= 0 && c < classes)) {
      throw new RangeError(`minority[${i}] is ${c}: expected the index of a class, 0 to ${classes - 1}.`);
    }
    if (given.indexOf(c) !== i) throw new RangeError(`minority[${i}] is ${c}: expected every class once.`);
  }
  return [...given].sort((a, b) => a - b);
}
