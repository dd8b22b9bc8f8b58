/** Two correlated standard normal variables, by Owen's T function (Owen, "Tables for computing bivariate normal probabilities", 1956). */
import { normalCdf } from './normal.ts';
import { gaussLegendre } from './quadrature.ts';

const { nodes, weights } = gaussLegendre(24);

/** P(z <= a, z' <= b) of a standard normal pair with correlation r in [-1, 1]. Absolute error about 1e-15. */
export function bivariateNormalCdf(a: number, b: number, r: number): number {
  if (a === -Infinity || b === -Infinity) return 0;
  if (a === Infinity || r === 0) return normalCdf(a) * normalCdf(b);
  if (b === Infinity) return normalCdf(a);
  if (r >= 1) return normalCdf(Math.min(a, b));
  if (r <= -1) return Math.max(0, normalCdf(a) - normalCdf(-b));
  const root = Math.sqrt((1 - r) * (1 + r));
  // By signs: the product of two tiny numbers would underflow.
  const signs = Math.sign(a) * Math.sign(b);
  const opposite = signs < 0 || (signs === 0 && Math.min(a, b) < 0);
  const sum = 0.5 * (normalCdf(a) + normalCdf(b)) - half(a, b, r, root) - half(b, a, r, root) - (opposite ? 0.5 : 0);
  return Math.min(1, Math.max(0, sum));
}

/** T(h, (k - r h) / (h root)), also where h is 0. */
function half(h: number, k: number, r: number, root: number): number {
  if (h !== 0) return owenT(h, (k - r * h) / (h * root));
  return k === 0 ? Math.atan((1 - r) / root) / (2 * Math.PI) : 0.25 * Math.sign(k);
}

/** Owen's T(h, a): the normal probability of the wedge x > h, 0 < y < a x. */
export function owenT(h: number, a: number): number {
  if (a < 0) return -owenT(h, -a);
  if (a <= 1) return wedge(h, a);
  const [p, q] = [normalCdf(h), normalCdf(a * h)];
  return 0.5 * (p + q) - p * q - wedge(a * h, 1 / a);
}

function wedge(h: number, a: number): number {
  const square = -0.5 * h * h;
  if (square < -80) return 0;
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const x = 0.5 * a * (1 + nodes[i]!);
    const bottom = 1 + x * x;
    sum += (weights[i]! * Math.exp(square * bottom)) / bottom;
  }
  return (sum * a) / (4 * Math.PI);
}
