/** Nodes and weights: an integral is the sum of weight times value. Computed when first asked for, then kept. */
import { normalDensity } from './normal.ts';

export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const legendre = new Map<number, Rule>();

/** Gauss-Legendre rule of n nodes over [-1, 1]: exact for polynomials up to degree 2n - 1. */
export function gaussLegendre(n: number): Rule {
  const known = legendre.get(n);
  if (known !== undefined) return known;
  const rule = { nodes: new Float64Array(n), weights: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    // Newton from Tricomi's starting value: quadratic, so six steps are more than enough.
    for (let step = 0; step < 6; step++) x -= polynomial(n, x).value / polynomial(n, x).slope;
    const { slope } = polynomial(n, x);
    rule.nodes[i] = x;
    rule.weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  legendre.set(n, rule);
  return rule;
}

/** Legendre polynomial of degree n and its derivative, by the three-term recursion. */
function polynomial(n: number, x: number): { value: number; slope: number } {
  let [before, value] = [1, x];
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}

/** Gauss-Legendre on each piece between neighbouring cuts (ascending), n nodes a piece; empty pieces are left out. */
export function panelRule(cuts: readonly number[], n: number): Rule {
  const { nodes, weights } = gaussLegendre(n);
  const pieces = cuts.slice(1).flatMap((high, i) => (high > cuts[i]! ? [[cuts[i]!, high] as const] : []));
  const rule = { nodes: new Float64Array(n * pieces.length), weights: new Float64Array(n * pieces.length) };
  pieces.forEach(([low, high], piece) => {
    const half = 0.5 * (high - low);
    for (let i = 0; i < n; i++) {
      rule.nodes[piece * n + i] = low + half * (1 + nodes[i]!);
      rule.weights[piece * n + i] = half * weights[i]!;
    }
  });
  return rule;
}

/** Where the normal density has fallen to 1e-18 of its peak. */
const REACH = 9;
const PANEL = 1.5;
const PANEL_NODES = 14;

/**
 * Average over a standard normal variable, weights with the density in them. `kinks`: where the integrand or a derivative jumps, or where it
 * changes over a distance of `width` below 1 (a sigmoid of steep slope): pieces end there and grow away from it by factors of 4.
 */
export function normalRule(kinks: readonly number[], width = 1): Rule {
  const cuts = new Set<number>();
  for (let x = -REACH; x <= REACH; x += PANEL) cuts.add(x);
  for (const kink of kinks) {
    cuts.add(kink);
    for (let away = 4 * width; away < PANEL; away *= 4) cuts.add(kink - away).add(kink + away);
  }
  const inside = [...cuts].filter((x) => Math.abs(x) <= REACH).sort((a, b) => a - b);
  const rule = panelRule(inside, PANEL_NODES);
  const weights = rule.weights.map((weight, i) => weight * normalDensity(rule.nodes[i]!));
  return { nodes: rule.nodes, weights };
}

/** Sum of weight times value: the integral of `value` by `rule`. */
export function sumOver({ nodes, weights }: Rule, value: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i]! * value(nodes[i]!);
  return sum;
}
