import { chiSquareQuantile, logGamma } from './chi-square.ts';
import { root } from './root.ts';

/** How likely it is that chance stays within the bounds. */
const LEVEL = 0.99;

/**
 * How far the share of a class among N examples lies from its true share by chance: the smallest t with P(|n / N - share| <= t) >= 0.99,
 * n ~ Binomial(N, share). Exact. `share` from 0 to 1, `examples` N a whole number of at least 1.
 */
export function shareNoise(share: number, examples: number): number {
  if (!(share > 0 && share < 1)) return 0;
  const odds = share / (1 - share);
  const expected = examples * share;
  let above = Math.round(expected);
  let below = above - 1;
  let [chanceAbove, chanceBelow] = [binomial(above, examples, share), 0];
  chanceBelow = below < 0 ? 0 : (chanceAbove * above) / ((examples - below) * odds);
  let [covered, distance] = [0, 0];
  // From the middle outwards, the nearer count first.
  while (covered < LEVEL && (above <= examples || below >= 0)) {
    const isAbove = below < 0 || (above <= examples && above - expected <= expected - below);
    if (isAbove) {
      distance = Math.abs(above - expected);
      covered += chanceAbove;
      chanceAbove *= ((examples - above) * odds) / (above + 1);
      above++;
    } else {
      distance = Math.abs(expected - below);
      covered += chanceBelow;
      chanceBelow *= below / ((examples - below + 1) * odds);
      below--;
    }
  }
  return distance / examples;
}

/** P(n = count), n ~ Binomial(examples, share). */
function binomial(count: number, examples: number, share: number): number {
  const ways = logGamma(examples + 1) - logGamma(count + 1) - logGamma(examples - count + 1);
  return Math.exp(ways + count * Math.log(share) + (examples - count) * Math.log1p(-share));
}

/**
 * How far the shares of all classes lie from their true shares by chance: the 99 % quantile of d = 1/2 sum_c |n_c / N - share_c|,
 * n ~ Multinomial(N, shares). d has the mean of its law (De Moivre's mean deviation of a binomial) and its variance, covariances between
 * classes as if counts were normal; its quantile is that of a multiple of a chi variable of the same two. That is exact for two classes
 * and many examples, and within one in a hundred of the chance elsewhere. `shares` add up to 1; N from 1.
 */
export function sharesNoise(shares: ArrayLike<number>, examples: number): number {
  const groups = grouped(shares, examples);
  let [mean, variance] = [0, 0];
  for (const a of groups) {
    mean += a.count * a.deviation;
    variance += a.count * (a.spread ** 2 - a.deviation ** 2);
    for (const b of groups) {
      const pairs = a.count * (b === a ? a.count - 1 : b.count);
      if (pairs > 0) variance += pairs * a.spread * b.spread * (2 / Math.PI) * bend(Math.sqrt(a.odds * b.odds));
    }
  }
  return mean === 0 ? 0 : 0.5 * chiLikeQuantile(mean, Math.max(variance, 1e-12 * mean ** 2));
}

interface Group {
  /** Number of classes with this share. */
  count: number;
  /** Mean and standard deviation of |n / N - share|, n / N. */
  readonly deviation: number;
  readonly spread: number;
  readonly odds: number;
}

/** Classes of equal share together. */
function grouped(shares: ArrayLike<number>, examples: number): Group[] {
  const groups = new Map<number, Group>();
  for (let c = 0; c < shares.length; c++) {
    const share = shares[c]!;
    if (!(share > 0 && share < 1)) continue;
    const known = groups.get(share);
    if (known !== undefined) known.count++;
    else {
      const above = Math.min(examples, Math.floor(examples * share) + 1);
      const deviation = (2 * above * (1 - share) * binomial(above, examples, share)) / examples;
      const spread = Math.sqrt((share * (1 - share)) / examples);
      groups.set(share, { count: 1, deviation, spread, odds: share / (1 - share) });
    }
  }
  return [...groups.values()];
}

/** Covariance of |x| and |y| for normal x, y of unit variance and correlation rho (or -rho), times pi / 2. */
function bend(rho: number): number {
  const r = Math.min(1, rho);
  return Math.sqrt(1 - r * r) + r * Math.asin(r) - 1;
}

/** The quantile of a multiple of a chi variable, of any number of degrees, that has this mean and variance. */
function chiLikeQuantile(mean: number, variance: number): number {
  const square = mean ** 2 + variance;
  const freedom = Math.exp(root((log) => mean ** 2 / square - chiRatio(Math.exp(log)), -12, 30));
  return Math.sqrt((square / freedom) * chiSquareQuantile(LEVEL, freedom));
}

/** Square of the mean of a chi variable over the mean of its square; grows from 0 to 1. */
function chiRatio(freedom: number): number {
  // Beyond, the difference of the logarithms is lost in rounding.
  if (freedom > 1e6) return 1 - 1 / (2 * freedom);
  return (2 / freedom) * Math.exp(2 * (logGamma((freedom + 1) / 2) - logGamma(freedom / 2)));
}
