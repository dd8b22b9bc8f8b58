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

/** Runs `f` without what tfjs warns of meanwhile: of a copy it says once more what it has said of the model. `f` must not wait. */
export function quietly<T>(f: () => T): T {
  const { console } = globalThis;
  const before = console.warn;
  console.warn = () => {};
  try {
    return f();
  } finally {
    console.warn = before;
  }
}
