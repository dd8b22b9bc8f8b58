import { activation } from './activations.ts';
import { moments } from './moments.ts';
import { requirePositive, requireWhole } from './requirement.ts';

export interface ActivationGammaOptions {
  /** Variance of the preactivation, above 0; 1 unless given. */
  readonly q?: number;
  /** Independent units that max-pooling takes the largest of, from 1 (none); a window of 2 x 2 has 4. */
  readonly maxPool?: number;
}

/**
 * gamma of a network with one hidden layer and centred input: how far the mean output of a node lies from 0, squared, relative to its
 * variance over the data. (E phi)^2 / (E phi^2 - (E phi)^2) with the activation phi of z ~ N(0, q), where z is the largest of `maxPool`
 * independent copies. Source: IGB (Francazi, Lucchi, Baity-Jesi, "Initial Guessing Bias", ICML 2024).
 *
 * ReLU gives 1 / (pi - 1) for every q, odd activations without pooling give 0. For activations that rise throughout it makes no difference
 * whether pooling comes before or after; for gelu, swish and mish the value is that of pooling before.
 * An unknown name and numbers out of range are RangeErrors.
 */
export function gammaOfActivation(name: string, { q = 1, maxPool = 1 }: ActivationGammaOptions = {}): number {
  const chosen = activation(name);
  requirePositive('q, the variance of the preactivation,', q);
  requireWhole('maxPool, the number of units in a pool,', maxPool, 1);
  const { mean, variance } = moments(chosen, { mean: 0, deviation: Math.sqrt(q) }, maxPool);
  return (mean * mean) / variance;
}
