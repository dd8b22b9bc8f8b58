import { normalCdf, normalQuantile } from './normal.ts';

/** Phi^-1 outside of which no share or probability differs from 0 or 1 as a double. */
const LOWEST = -38.4;
const HIGHEST = 8.3;

/**
 * The quantile of a distribution function on [0, 1]: the share where it reaches p. Found on the scale of Phi^-1 for both, where the function
 * is nearly a line.
 */
export function inverse(cdf: (share: number) => number): (p: number) => number {
  return (p) => {
    if (p <= 0) return 0;
    if (p >= 1) return 1;
    const goal = normalQuantile(p);
    const off = (z: number) => Math.min(HIGHEST, Math.max(LOWEST, normalQuantile(cdf(normalCdf(z))))) - goal;
    return normalCdf(root(off));
  };
}

/** Zero of a rising function by false position (Illinois); every fourth step halves, for functions that are no line at all. */
function root(off: (z: number) => number): number {
  let [low, high, below, above] = [LOWEST, HIGHEST, off(LOWEST), off(HIGHEST)];
  if (below >= 0) return -Infinity;
  for (let step = 0; step < 200 && high - low > 1e-12; step++) {
    const middle = step % 4 === 3 ? 0.5 * (low + high) : low + ((high - low) * below) / (below - above);
    const value = off(middle);
    if (Math.abs(value) < 1e-11) return middle;
    if (value < 0) [low, below, above] = [middle, value, above / 2];
    else [high, above, below] = [middle, value, below / 2];
  }
  return high;
}
