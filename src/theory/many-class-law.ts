import { surprise } from './binary-law.ts';
import { calibratedWeights } from './calibration.ts';
import { sortedDraws } from './draws.ts';
import { inverse } from './inverse.ts';
import { normalCdf, normalDensity, normalQuantile } from './normal.ts';
import { gaussLegendre } from './quadrature.ts';
import { Rivals } from './rivals.ts';
import type { ShareLaw } from './share-law.ts';
import { expectedTopShare } from './top-share.ts';

/** Draws of the other classes' means: more where each is cheap. */
const MOST_DRAWS = 1024;
const LEAST_DRAWS = 512;

/**
 * Three classes and more. The other classes' means are drawn, the class' own mean is integrated over: each draw gives a smooth law, and the
 * law of a share is the mean of those. `a`: the root of gamma, above 0.
 */
export function manyClassLaw(a: number, classes: number): ShareLaw {
  const draws = sortedDraws(classes - 1, classes > 30 ? LEAST_DRAWS : MOST_DRAWS);
  const rivals = new Rivals(draws, a);
  const topShare = expectedTopShare(a, classes);
  const { weights, entropy } = averagesOf(rivals, a, classes, topShare);
  const mean = (value: (draw: number) => number) => meanOver(weights, value);
  const cdf = (g: number) => {
    const z = normalQuantile(g);
    return unit(mean((d) => normalCdf(rivals.meanAt(d, z).mean / a)));
  };
  // A class has more than t and is the strongest of all if its mean lies above both the strongest rival's and the one that wins t.
  const topCdf = (t: number) => {
    if (t * classes < 1) return 0;
    const z = normalQuantile(t);
    return unit(1 - classes * mean((d) => normalCdf(-Math.max(rivals.top(d), rivals.meanAt(d, z).mean) / a)));
  };
  const pdf = (g: number) => {
    if (g <= 0 || g >= 1) return 0;
    const z = normalQuantile(g);
    return mean((d) => {
      const { mean: own, slope } = rivals.meanAt(d, z);
      // 1 / phi(z) in the same exponential: by itself it could overflow.
      return (slope / a) * Math.exp(0.5 * (z * z - (own / a) ** 2));
    });
  };
  const top = { cdf: topCdf, quantile: inverse(topCdf) };
  return { topShare, entropy, cdf, pdf, quantile: inverse(cdf), top };
}

/** Rounding, and weights that are only nearly 1, may lead a little beyond. */
function unit(probability: number): number {
  return Math.min(1, Math.max(0, probability));
}

/**
 * Weights of the draws that make exact what is known exactly: a class is the strongest with probability 1/C, it expects the share 1/C, and
 * `topShare`. With them, the entropy.
 */
function averagesOf(
  rivals: Rivals,
  a: number,
  classes: number,
  topShare: number,
): { weights: Float64Array; entropy: number } {
  const [strongest, share, top, surprises] = Array.from({ length: 4 }, () => new Float64Array(rivals.draws)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let d = 0; d < rivals.draws; d++) {
    const own = averagesOfDraw(rivals, d, a);
    strongest[d] = classes * normalCdf(-rivals.top(d) / a);
    share[d] = classes * own.share;
    top[d] = classes * topOfDraw(rivals, d, a);
    surprises[d] = classes * own.surprise;
  }
  const weights = calibratedWeights(rivals.draws, [
    { values: strongest, expected: 1 },
    { values: share, expected: 1 },
    { values: top, expected: topShare },
  ]);
  return { weights, entropy: meanOver(weights, (d) => surprises[d]!) / Math.log(classes) };
}

/** E G and E -G log G given a draw: over the class' own mean by even steps, which suffice for integrands this smooth. */
function averagesOfDraw(rivals: Rivals, draw: number, a: number): { share: number; surprise: number } {
  const step = 0.75 / Math.sqrt(1 + 1 / (a * a));
  const from = rivals.top(draw) - 9;
  const sums = { share: 0, surprise: 0 };
  for (let y = Math.max(-8.5 * a, from); y <= 8.5 * a; y += step) {
    const weight = (step * normalDensity(y / a)) / a;
    const share = normalCdf(rivals.probitAt(draw, y));
    sums.share += weight * share;
    sums.surprise += weight * surprise(share);
    // Nobody else wins anything up here.
    if (y > from + 18) {
      sums.share += normalCdf(-(y + 0.5 * step) / a);
      break;
    }
  }
  return sums;
}

const { nodes, weights: pieces } = gaussLegendre(7);
/** Ends of the pieces, in parts of the way that counts. */
const CUTS = [0, 0.12, 0.35, 1];

/** E G where the class is the strongest of all, given a draw: the integrand starts at the strongest rival's mean. */
function topOfDraw(rivals: Rivals, draw: number, a: number): number {
  const from = rivals.top(draw) / a;
  const way = Math.min(9 / a, Math.sqrt(from * from + 70) - from, 12);
  let sum = normalCdf(-(from + way));
  for (let piece = 1; piece < CUTS.length; piece++) {
    const half = 0.5 * way * (CUTS[piece]! - CUTS[piece - 1]!);
    const middle = from + 0.5 * way * (CUTS[piece]! + CUTS[piece - 1]!);
    for (let i = 0; i < nodes.length; i++) {
      const x = middle + half * nodes[i]!;
      sum += half * pieces[i]! * normalDensity(x) * normalCdf(rivals.probitAt(draw, a * x));
    }
  }
  return sum;
}

function meanOver(weights: Float64Array, value: (draw: number) => number): number {
  let sum = 0;
  for (let d = 0; d < weights.length; d++) sum += weights[d]! * value(d);
  return sum / weights.length;
}
