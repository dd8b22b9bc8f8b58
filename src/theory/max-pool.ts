import { type Activation, activation } from './activations.ts';
import { bivariateNormalCdf } from './bivariate-normal.ts';
import { moments, type Normal } from './moments.ts';
import { normalCdf } from './normal.ts';
import { panelRule } from './quadrature.ts';
import { asNormal, stateOf, type UnitState } from './unit-state.ts';

/**
 * Units after the largest of `size` independent ones is taken. X = m^2 + int int phi'(a) phi'(b) [Phi_2(a, b; c)^k - Phi(a)^k Phi(b)^k] da db
 * with m the mean of the largest (Hoeffding's formula for the covariance of two functions). Exact where the units are normal or an
 * activation that rises throughout of normal ones; gelu, swish and mish are pooled before they act.
 */
export function maxPooled(state: UnitState, size: number): UnitState {
  if (size === 1) return state;
  const { origin } = state;
  const chosen = activation(origin?.activation ?? 'linear');
  const { mean, deviation, correlation } = asNormal(origin?.before ?? state);
  const pooled = moments(chosen, { mean, deviation }, size);
  const covariance = pooledCovariance(chosen, { mean, deviation }, correlation, size);
  return stateOf(pooled.square, pooled.mean ** 2 + covariance, pooled.mean, state.gain);
}

const REACH = 8;

/**
 * Covariance of phi(max of k) between two inputs. In s = a + b and d = a - b, because near correlation 1 all that matters lies along a = b,
 * where it bends over a distance of sqrt(1 - c).
 */
function pooledCovariance(chosen: Activation, normal: Normal, c: number, k: number): number {
  if (c === 0 || normal.deviation === 0) return 0;
  const kinks = chosen.kinks.map((kink) => (kink - normal.mean) / normal.deviation);
  const bend = Math.sqrt(1 - c);
  // Where kinks of the two arguments cross, the inner integral has one itself.
  const crossings = kinks.flatMap((x) => kinks.map((y) => Math.abs(x - y)));
  const outer = panelRule(cutsWithin(0, 2 * REACH, [bend, 3 * bend, 8 * bend, 1, 2, 4, 8, ...crossings]), 10);
  let sum = 0;
  for (let i = 0; i < outer.nodes.length; i++) {
    sum += outer.weights[i]! * along(outer.nodes[i]!, chosen, normal, c, k, kinks);
  }
  return sum * normal.deviation ** 2;
}

/** Integral over s at a given d: a = (s + d) / 2, b = (s - d) / 2. Both signs of d give the same, and da db is ds dd / 2. */
function along(
  d: number,
  { slope }: Activation,
  normal: Normal,
  c: number,
  k: number,
  kinks: readonly number[],
): number {
  const { mean, deviation } = normal;
  const limit = 2 * REACH - d;
  const bends = kinks.flatMap((kink) => [2 * kink - d, 2 * kink + d]);
  const inner = panelRule(cutsWithin(-limit, limit, [-8, -5, -2.5, 0, 2.5, 5, 8, ...bends]), 10);
  let sum = 0;
  for (let i = 0; i < inner.nodes.length; i++) {
    const [a, b] = [0.5 * (inner.nodes[i]! + d), 0.5 * (inner.nodes[i]! - d)];
    const slopes = slope(mean + deviation * a) * slope(mean + deviation * b);
    if (slopes === 0) continue;
    sum += inner.weights[i]! * slopes * (bivariateNormalCdf(a, b, c) ** k - (normalCdf(a) * normalCdf(b)) ** k);
  }
  return sum;
}

function cutsWithin(low: number, high: number, cuts: readonly number[]): number[] {
  return [low, ...cuts.filter((cut) => cut > low && cut < high).sort((a, b) => a - b), high];
}
