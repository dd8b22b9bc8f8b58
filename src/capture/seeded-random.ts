/**
 * Runs `f` with `random` in the place of Math.random, from which tfjs draws the seeds of initialisers and dropout, then puts the caller's
 * function back, also when `f` throws: no number is drawn from it. `f` must not wait for anything.
 */
export function withRandom<T>(random: () => number, f: () => T): T {
  const before = Math.random;
  Math.random = random;
  try {
    return f();
  } finally {
    Math.random = before;
  }
}
