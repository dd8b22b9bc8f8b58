/** What mean-field theory knows of the units of a layer, all alike; averages are over the weights. */
import type { ActivationName } from './activations.ts';

/** An activation of normal preactivations: what max-pooling has to look into. */
export interface Origin {
  readonly activation: ActivationName;
  readonly before: UnitState;
}

export interface UnitState {
  /** E Y(x)^2, the mean square of a unit. */
  readonly square: number;
  /** E Y(x) Y(x') for two independent inputs. */
  readonly product: number;
  /** E Y(x): 0 after a linear layer. */
  readonly mean: number;
  /** Where the units come out of an activation; else they are taken for normal. */
  readonly origin: Origin | null;
  /** fan_in times the variance of a weight of the latest layer with weights, times what normalizations have scaled since. */
  readonly gain: number;
}

/** Rounding must not push a product below 0 or above the square. */
export function stateOf(
  square: number,
  product: number,
  mean: number,
  gain: number,
  origin: Origin | null = null,
): UnitState {
  const within = Math.min(square, Math.max(0, product));
  return { square, product: within, mean, gain, origin };
}

/** The units as normal variables with the same moments: their deviation and the correlation between two inputs. */
export function asNormal({ square, product, mean }: UnitState): {
  mean: number;
  deviation: number;
  correlation: number;
} {
  const variance = Math.max(0, square - mean * mean);
  const correlation = variance === 0 ? 0 : Math.min(1, Math.max(0, (product - mean * mean) / variance));
  return { mean, deviation: Math.sqrt(variance), correlation };
}
