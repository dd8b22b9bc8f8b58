/** Averages of an activation over normal preactivations. */
import type { Activation } from './activations.ts';
import { normalCdf } from './normal.ts';
import { normalRule, type Rule } from './quadrature.ts';

/** A normal variable. */
export interface Normal {
  readonly mean: number;
  readonly deviation: number;
}

export interface Moments {
  /** E phi(z). */
  readonly mean: number;
  /** E phi(z)^2. */
  readonly square: number;
  /** Variance of phi(z): not the difference of the two, which would cancel. */
  readonly variance: number;
}

/** Moments of phi(max of `pool` independent copies of z). */
export function moments({ value, kinks }: Activation, { mean: centre, deviation }: Normal, pool = 1): Moments {
  const { nodes, weights } = pooledRule(ruleFor(kinks, { mean: centre, deviation }), pool);
  const values = nodes.map((x) => value(centre + deviation * x));
  const mean = weighted(weights, values, (v) => v);
  const variance = weighted(weights, values, (v) => (v - mean) ** 2);
  return { mean, variance, square: mean * mean + variance };
}

/** E phi'(z)^2. */
export function slopeSquare({ slope, kinks }: Activation, { mean, deviation }: Normal): number {
  const { nodes, weights } = ruleFor(kinks, { mean, deviation });
  return weighted(weights, nodes, (x) => slope(mean + deviation * x) ** 2);
}

/** E phi(z) phi(z') of two normal variables with the same law and correlation c in [0, 1]: given what they share they are independent. */
export function pairMoment({ value, kinks }: Activation, { mean, deviation }: Normal, c: number): number {
  const [common, own] = [deviation * Math.sqrt(c), deviation * Math.sqrt(1 - c)];
  const outer = ruleFor(kinks, { mean, deviation: common });
  return weighted(outer.weights, outer.nodes, (w) => {
    const centre = mean + common * w;
    const inner = ruleFor(kinks, { mean: centre, deviation: own });
    return weighted(inner.weights, inner.nodes, (e) => value(centre + own * e)) ** 2;
  });
}

/**
 * Rule for averages of phi(mean + deviation x), cut where its argument meets a kink. 0 counts as one: that is where smooth activations
 * bend, over a distance of about 1 in their argument.
 */
export function ruleFor(kinks: readonly number[], { mean, deviation }: Normal): Rule {
  if (deviation === 0) return normalRule([]);
  const cuts = (kinks.includes(0) ? kinks : [...kinks, 0]).map((kink) => (kink - mean) / deviation);
  return normalRule(cuts, 1 / deviation);
}

/** Weights for the largest of k copies: its density is k phi(x) Phi(x)^(k-1). */
function pooledRule({ nodes, weights }: Rule, pool: number): Rule {
  return { nodes, weights: weights.map((weight, i) => weight * pool * normalCdf(nodes[i]!) ** (pool - 1)) };
}

function weighted(weights: Float64Array, at: Float64Array, value: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += weights[i]! * value(at[i]!);
  return sum;
}
