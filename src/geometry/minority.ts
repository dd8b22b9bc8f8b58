import { expectCount } from './rows.ts';

/** Neighbouring counts whose ratio is below this are of one kind. */
const MIN_RATIO = 2;

/**
 * Minority classes, ascending, told from the examples of each class: the counts are split at the largest ratio between neighbours
 * in their order, of equal ratios the one between larger counts. Empty where no ratio reaches 2. Classes without examples are
 * left out.
 */
export function minorityOf(counts: ArrayLike<number>): number[] {
  const order = Array.from({ length: counts.length }, (_, c) => c)
    .filter((c) => counts[c]! > 0)
    .sort((a, b) => counts[a]! - counts[b]! || a - b);
  let [size, largest] = [0, MIN_RATIO];
  for (let i = 1; i < order.length; i++) {
    const ratio = counts[order[i]!]! / counts[order[i - 1]!]!;
    if (ratio < largest) continue;
    largest = ratio;
    size = i;
  }
  return order.slice(0, size).sort((a, b) => a - b);
}

/** Throws a RangeError unless `minority` names classes, each at most once. */
export function expectMinority(minority: readonly number[], classes: number): void {
  expectCount('classes', classes);
  minority.forEach((c, i) => {
    if (Number.isInteger(c) && c >= 0 && c < classes && minority.indexOf(c) === i) return;
    throw new RangeError(`Expected different classes from 0 to ${classes - 1} in minority, got ${c} at place ${i}.`);
  });
}
