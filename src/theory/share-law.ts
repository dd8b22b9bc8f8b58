import { requireWithin, told } from './requirement.ts';

/** The law of the largest share. */
export interface TopLaw {
  /** P(largest share <= t). */
  cdf(t: number): number;
  /** The largest share that is not exceeded with probability p. RangeError unless p is in [0, 1]. */
  quantile(p: number): number;
}

/** The law of the share G of all inputs that one class, any of them, is given before training. */
export interface ShareLaw {
  /** Expected largest share, in [1/C, 1]. */
  readonly topShare: number;
  /** Expected entropy of the shares, divided by log C: 1 if all are equal, 0 if one class has all. */
  readonly entropy: number;
  /** P(G <= g). */
  cdf(g: number): number;
  /** Density of G at g, 0 outside (0, 1); Infinity where a single value has positive probability. */
  pdf(g: number): number;
  /** The share that is not exceeded with probability p. RangeError unless p is in [0, 1]. */
  quantile(p: number): number;
  readonly top: TopLaw;
}

/** The same law, told from within (0, 1) only: what lies outside, and what is no number, is the same for all. */
export function guarded(law: ShareLaw): ShareLaw {
  return {
    // What takes long is computed when asked for.
    get topShare() {
      return law.topShare;
    },
    get entropy() {
      return law.entropy;
    },
    cdf: cdfOf(law, 'g'),
    pdf: (g) => (requireNumber('g', g) >= 0 && g <= 1 ? law.pdf(g) : 0),
    quantile: quantileOf(law),
    top: { cdf: cdfOf(law.top, 't'), quantile: quantileOf(law.top) },
  };
}

function cdfOf(law: TopLaw, name: string): (share: number) => number {
  return (share) => {
    requireNumber(name, share);
    return share < 0 ? 0 : share >= 1 ? 1 : law.cdf(share);
  };
}

function quantileOf(law: TopLaw): (p: number) => number {
  return (p) => {
    requireWithin('p, a probability,', p, 0, 1);
    return law.quantile(p);
  };
}

function requireNumber(name: string, value: number): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw new RangeError(`${name}, a fraction, is ${told(value)}: expected a number.`);
}

/** No bias: every class has 1/C. */
export function equalShares(classes: number): ShareLaw {
  const share = 1 / classes;
  const cdf = (g: number) => (g >= share ? 1 : 0);
  const top = { cdf, quantile: () => share };
  return { topShare: share, entropy: 1, pdf: (g) => (g === share ? Infinity : 0), ...top, top };
}

/** Nothing but bias: one class has all. */
export function oneHasAll(classes: number): ShareLaw {
  const none = 1 - 1 / classes;
  return {
    ...{ topShare: 1, entropy: 0, pdf: () => 0 },
    ...{ cdf: () => none, quantile: (p) => (p <= none ? 0 : 1) },
    top: { cdf: () => 0, quantile: () => 1 },
  };
}
