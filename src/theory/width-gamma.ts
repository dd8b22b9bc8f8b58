import { normalCdf } from './normal.ts';
import { normalRule, sumOver } from './quadrature.ts';

/**
 * What finite width adds to gamma where guesses are concerned: the output nodes of one network differ not only in their means (gamma) but in how
 * much they vary over the data, and a node that varies more is the largest more often. To first order that spreads the shares
 * of the classes around 1 / C as a gamma of |H|^2 / (2 |b|^2 n) would. Variances and covariances of the nodes are off by draws of variance
 * 2 / n and 1 / n, relative, where n = (sum l)^2 / sum l^2 over the eigenvalues l of the last hidden units' second moments; it is told by how
 * much the variances differ, less what those of D inputs do by chance. b and H are the means of z and z z' - 1 where class 1
 * wins, z standard normal; 0 for two classes, .77 / n for ten.
 *
 * `nodeVariances`: variance over D inputs (`examples`) of each output node, of each network. 0 where nothing differs or nothing is known.
 */
export function widthGamma(nodeVariances: readonly (readonly number[])[], examples: number): number {
  const classes = nodeVariances[0]?.length ?? 0;
  if (classes < 3) return 0;
  const spreads = nodeVariances.map(relativeVariance).filter((spread) => spread !== null);
  if (spreads.length === 0) return 0;
  const spread = spreads.reduce((sum, value) => sum + value, 0) / spreads.length - 2 / examples;
  return Math.max(0, (spread / 2) * factorOf(classes));
}

/**
 * The same where n is known (`directionsOf`): .77 / n for ten classes. C from 2.
 */
export function gammaOfWidth(directions: number, classes: number): number {
  return classes < 3 ? 0 : factorOf(classes) / directions;
}

function relativeVariance(values: readonly number[]): number | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (!(mean > 0)) return null;
  return values.reduce((sum, value) => sum + (value / mean - 1) ** 2, 0) / (values.length - 1);
}

/**
 * |H|^2 / (2 |b|^2). A shift of all nodes changes no winner, so the rows of H add up to 0 and all follows from H_11 = E[max^2 - 1] / C; likewise
 * b from b_1 = E[max] / C.
 */
function factorOf(classes: number): number {
  const rule = normalRule([]);
  const wins = (value: (x: number) => number) => sumOver(rule, (x) => value(x) * normalCdf(x) ** (classes - 1));
  const [mean, square] = [wins((x) => x), wins((x) => x * x - 1)];
  const others = classes - 1;
  const whole = 1 + 3 / others + 4 / (others * (others - 1));
  return ((square / mean) ** 2 * whole) / (2 * (1 + 1 / others));
}
