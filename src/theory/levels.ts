/**
 * Most different counts that are told apart. Time grows with their third power: 100 take seconds, in which the page would stand still and
 * the ring fill up, 32 about a tenth of one. Cosines are off by up to 0.05 in the midst of a collapse and by less than 0.001 elsewhere; a
 * change of the energies by 5 % moves them as far.
 */
export const LEVELS = 32;

/** The counts with at most `LEVELS` different ones: those in one of as many equal steps of their logarithm become their mean. */
export function levelled(counts: readonly number[]): number[] {
  const present = counts.filter((count) => count > 0);
  if (new Set(present).size <= LEVELS) return [...counts];
  const [low, high] = [Math.min(...present), Math.max(...present)];
  const levelOf = (count: number) =>
    count === 0 ? -1 : Math.min(LEVELS - 1, Math.floor((LEVELS * Math.log(count / low)) / Math.log(high / low)));
  const levels = new Map<number, { sum: number; number: number }>();
  for (const count of counts) {
    const level = levels.get(levelOf(count)) ?? { sum: 0, number: 0 };
    levels.set(levelOf(count), { sum: level.sum + count, number: level.number + 1 });
  }
  return counts.map((count) => {
    const { sum, number } = levels.get(levelOf(count))!;
    return sum / number;
  });
}
