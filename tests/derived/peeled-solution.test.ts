import { describe, expect, test } from 'vitest';
import { peeledSolution } from '../../src/derived/peeled-solution.ts';
import { RunHistory } from '../../src/history.ts';

/** Two groups of five classes. */
const grouped = (many: number, few: number) => Array.from({ length: 10 }, (_, c) => (c < 5 ? many : few));
const FIRST = { counts: grouped(20_000, 4000), weightEnergy: 1, featureEnergy: 20 };

/** Whether the model is solved for these inputs after it was for the first. */
function isSolvedAnew(inputs: Partial<typeof FIRST>): boolean {
  const history = new RunHistory();
  return peeledSolution(history, FIRST) !== peeledSolution(history, { ...FIRST, ...inputs });
}

describe('a solution stands while no input has moved by 5 %', () => {
  test.each([
    [1.049, false],
    [1.051, true],
    [1 / 1.049, false],
    [1 / 1.051, true],
  ])('product of the energies, by a factor of %f', (factor, isAnew) => {
    expect(isSolvedAnew({ weightEnergy: factor })).toBe(isAnew);
    expect(isSolvedAnew({ featureEnergy: 20 * factor })).toBe(isAnew);
    expect(isSolvedAnew({ weightEnergy: 2 * factor, featureEnergy: 10 })).toBe(isAnew);
  });

  test.each([
    [1.049, false],
    [1.051, true],
    [1 / 1.049, false],
    [1 / 1.051, true],
  ])('share of a class, by a factor of %f', (factor, isAnew) => {
    const few = 4000 * factor;
    expect(isSolvedAnew({ counts: grouped(24_000 - few, few) })).toBe(isAnew);
    // The shares are what counts, not how many examples were seen.
    expect(isSolvedAnew({ counts: grouped(3 * (24_000 - few), 3 * few) })).toBe(isAnew);
  });
});
