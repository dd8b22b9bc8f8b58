/** When to measure: a pure function of the step. */
export type Schedule = (step: number) => boolean;

export const everyStep = (): Schedule => () => true;

/** Steps 0, n, 2n ... Throws a RangeError unless n is a positive integer. */
export function every(n: number): Schedule {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`Expected every(n) with an integer n >= 1, got ${n}.`);
  return (step) => step % n === 0;
}

/**
 * The first steps one by one, then `perDecade` steps per factor of ten: what happens at the start happens fast.
 * With 20 per decade: 71 measurements up to step 10,000.
 */
export function logSpaced(perDecade = 20): Schedule {
  const index = (step: number) => Math.floor(perDecade * Math.log10(step) + 1e-9);
  return (step) => step <= 1 || index(step) !== index(step - 1);
}

/** Never by step: only at the end of each epoch, where every evaluation set is measured anyway. */
export const atEpochEnd = (): Schedule => () => false;
