import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { type MeanFieldInput, meanField } from './mean-field.ts';
import { ruleFor } from './moments.ts';
import { type Rule, sumOver } from './quadrature.ts';
import type { Layer, Stack } from './stack.ts';

export interface DirectionsInput extends MeanFieldInput {
  /** The same of the inputs: (sum l)^2 / sum l^2 over the eigenvalues l of their covariance. */
  readonly directions: number;
}

/** What is known in front of a layer: 1 / n, and of a layer with weights alone the same in front of it, for the activation that follows. */
interface Known {
  readonly inverse: number;
  readonly pending: { readonly inverse: number; readonly units: number } | null;
}

/**
 * In how many directions the units vary over the data that enter the last layer with weights: n = (sum l)^2 / sum l^2 over the eigenvalues l
 * of their covariance, in networks of finite width. It is the mean square of what two inputs have in common beyond the mean, relative to
 * what one has with itself, and has two sources: what the layer before let through, and the layer's own N units, drawn at random. To first order
 * 1 / n' = s^2 / n + r / N with s = E a^2 / E V and r = E V^2 / (E V)^2, where over the inputs a unit varies by V, of which a^2 goes along its
 * preactivation, and E is over units. (The expansion in 1 / width is that of Yaida, "Non-Gaussian processes and neural networks at finite widths", MSML
 * 2020; linear: 1 / n' = 1 / n + 1 / N, as Marchenko and Pastur have it.)
 *
 * As `predict` sees an untrained network: batch normalization and dropout do nothing. Null where the stack has layers of other kinds than dense, activation,
 * normalization, dropout and flatten, or where nothing varies.
 */
export function directionsOf(stack: Stack, input: DirectionsInput): number | null {
  const last = stack.findLastIndex(({ kind }) => kind === 'dense' || kind === 'conv');
  if (last < 0 || !(input.directions > 0)) return null;
  const { q, c } = input;
  const states = meanField(stack, { q, c, training: false });
  let known: Known | null = { inverse: 1 / input.directions, pending: null };
  for (let i = 0; i < last && known !== null; i++) {
    const before = i === 0 ? { q, c } : states[i - 1]!;
    known = behind(stack[i]!, before, known);
  }
  return known !== null && Number.isFinite(known.inverse) ? 1 / known.inverse : null;
}

/** q and c of units. */
interface Overlap {
  readonly q: number;
  readonly c: number;
}

function behind(layer: Layer, { q, c }: Overlap, known: Known): Known | null {
  switch (layer.kind) {
    case 'dense': {
      const { sw2, sb2, units, activation } = layer;
      const square = sw2 * q + sb2;
      const z = { q: square, c: (sw2 * q * c + sb2) / square };
      const before = { inverse: known.inverse, units };
      const inverse = mixed(activation, z, before);
      return { inverse, pending: activation === 'linear' ? before : null };
    }
    case 'activation':
      return known.pending === null
        ? null
        : { inverse: mixed(layer.activation, { q, c }, known.pending), pending: null };
    case 'batchNorm':
    case 'layerNorm':
    case 'dropout':
    case 'flatten':
      return known;
    default:
      return null;
  }
}

/** 1 / n behind the activation of N normal units of mean 0. */
function mixed(
  name: ActivationName,
  { q, c }: Overlap,
  { inverse, units }: { inverse: number; units: number },
): number {
  if (name === 'linear') return inverse + 1 / units;
  const { value, kinks } = ACTIVATIONS[name];
  const [common, own] = [Math.sqrt(q * c), Math.sqrt(q * (1 - c))];
  const outer: Rule = ruleFor(kinks, { mean: 0, deviation: common });
  const of = Array.from(outer.nodes, (w) => {
    const centre = common * w;
    const rule = ruleFor(kinks, { mean: centre, deviation: own });
    const at = (x: number) => value(centre + own * x);
    const mean = sumOver(rule, at);
    return { along: sumOver(rule, (x) => at(x) * x), variance: sumOver(rule, (x) => (at(x) - mean) ** 2) };
  });
  const over = (what: (unit: (typeof of)[number]) => number) =>
    of.reduce((sum, unit, i) => sum + outer.weights[i]! * what(unit), 0);
  const variance = over((unit) => unit.variance);
  const slope = over((unit) => unit.along ** 2) / variance;
  return slope ** 2 * inverse + over((unit) => unit.variance ** 2) / variance ** 2 / units;
}
