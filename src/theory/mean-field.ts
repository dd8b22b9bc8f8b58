import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { maxPooled } from './max-pool.ts';
import { moments, pairMoment, slopeSquare } from './moments.ts';
import { requireObject, requirePositive, requireWithin } from './requirement.ts';
import { type Layer, parseStack, type Stack, type WeightLayer } from './stack.ts';
import { requireStack } from './stack-requirement.ts';
import { asNormal, stateOf, type UnitState } from './unit-state.ts';

export interface MeanFieldInput {
  /** Mean square of an input's features, |x|^2 / d, averaged over the data; above 0. */
  readonly q: number;
  /** Mean product of two inputs' features, <x, x'> / d, averaged over pairs and divided by q: 0 for centred data, at most 1. */
  readonly c: number;
  /**
   * Whether layers act as in training: batch normalization by the statistics of the data, dropout on. That is so unless false is given;
   * then, as `predict` sees an untrained network, moving statistics are still 0 and 1, and neither layer does anything.
   */
  readonly training?: boolean;
}

export interface MeanFieldState {
  /** Mean square of a unit over the weights. */
  readonly q: number;
  /** Mean product of a unit at two inputs, divided by q, in [0, 1]. */
  readonly c: number;
  /** c / (1 - c): the variance of the units' means over the mean of their variances across the data. */
  readonly gamma: number;
  /** sw2 E phi'(z)^2 where an activation or a layer with weights acts: below 1 ordered, above 1 chaotic. Null after other layers. */
  readonly chi: number | null;
}

/**
 * Mean-field recursion through a stack of layers, in the limit of wide layers and independent weights: what two independent inputs have in
 * common after each layer. One state per layer of the stack (a residual counts as one; a dense layer includes its own activation). The
 * gamma of the last is what `guessingBias` takes. `stack`: a text that `parseStack` reads, or what it gives.
 *
 * Exact where an activation follows layers with weights or normalizations, and pooled units are independent; elsewhere (an activation of a
 * residual sum, of pooled units) the units are taken for normal with the same mean, q and c. Sources: IGB (Francazi, Lucchi, Baity-Jesi,
 * "Initial Guessing Bias", ICML 2024); for normalization NORM (Francazi et al., "Where you place the norm matters"); for chi TRAIN (Bassi
 * et al., "When bias helps learning"). RangeErrors in sentences for stacks that cannot be read and inputs out of range.
 */
export function meanField(stack: string | Stack, input: MeanFieldInput): MeanFieldState[] {
  const layers = typeof stack === 'string' ? parseStack(stack) : stack;
  requireStack('stack', layers);
  requireObject('input, the second argument of meanField,', input, '{ q: 1, c: 0 }');
  const { q, c, training = true } = input;
  if (layers.length === 0) throw new RangeError('Expected a stack of at least one layer, got none.');
  requirePositive('q, the mean square of an input,', q);
  requireWithin('c, the correlation of two inputs,', c, 0, 1);
  let state = stateOf(q, c * q, 0, 1);
  return layers.map((layer) => {
    const next = after(layer, state, training);
    state = next.state;
    return told(state, next.chi);
  });
}

function told({ square, product }: UnitState, chi: number | null): MeanFieldState {
  if (square === 0) return { q: 0, c: 0, gamma: 0, chi };
  return { q: square, c: product / square, gamma: product / (square - product), chi };
}

interface Step {
  readonly state: UnitState;
  readonly chi: number | null;
}

function after(layer: Layer, state: UnitState, training: boolean): Step {
  switch (layer.kind) {
    case 'dense':
    case 'conv':
      return activated(layer.activation, weighted(layer, state));
    case 'activation':
      return activated(layer.activation, state);
    case 'maxPool':
      return { state: maxPooled(state, layer.size), chi: null };
    case 'avgPool':
    case 'globalAvgPool':
      return { state: averaged(state, layer.size), chi: null };
    case 'batchNorm':
      return { state: training ? batchNormed(state) : state, chi: null };
    case 'layerNorm':
      return { state: layerNormed(state), chi: null };
    case 'dropout':
      return { state: training ? dropped(state, layer.rate) : state, chi: null };
    case 'flatten':
      return { state, chi: null };
    case 'residual':
      return {
        state: summed(through(layer.shortcut ?? [], state, training), through(layer.branch, state, training)),
        chi: null,
      };
  }
}

/** New weights: normal units of mean 0. */
function weighted({ sw2, sb2 }: WeightLayer, { square, product }: UnitState): UnitState {
  return stateOf(sw2 * square + sb2, sw2 * product + sb2, 0, sw2);
}

function activated(name: ActivationName, state: UnitState): Step {
  if (name === 'linear') return { state, chi: state.gain };
  const chosen = ACTIVATIONS[name];
  const normal = asNormal(state);
  const { mean, square } = moments(chosen, normal);
  const product =
    name === 'relu' && normal.mean === 0
      ? reluProduct(normal.deviation ** 2, normal.correlation)
      : pairMoment(chosen, normal, normal.correlation);
  return {
    state: stateOf(square, product, mean, state.gain, { activation: name, before: state }),
    chi: state.gain * slopeSquare(chosen, normal),
  };
}

/** E relu(z) relu(z'), closed form (the arc-cosine kernel of degree 1: Cho and Saul, 2009). */
function reluProduct(q: number, c: number): number {
  return ((q / 2) * (Math.sqrt((1 - c) * (1 + c)) + c * (Math.PI - Math.acos(c)))) / Math.PI;
}

function averaged({ square, product, mean, gain }: UnitState, size: number): UnitState {
  if (size === 1) return stateOf(square, product, mean, gain);
  const others = (size - 1) * mean * mean;
  return stateOf((square + others) / size, (product + others) / size, mean, gain);
}

/** Each unit is centred and scaled over the data: nothing is left that two inputs have in common. */
function batchNormed({ square, product, gain }: UnitState): UnitState {
  const variance = square - product;
  // The epsilon of the layer keeps a unit that is constant at 0.
  return variance > 0 ? stateOf(1, 0, 0, gain / variance) : stateOf(0, 0, 0, gain);
}

/** Each input's units are centred and scaled over the layer. */
function layerNormed({ square, product, mean, gain }: UnitState): UnitState {
  const variance = square - mean * mean;
  return variance > 0 ? stateOf(1, (product - mean * mean) / variance, 0, gain / variance) : stateOf(0, 0, 0, gain);
}

/** Units kept are scaled by 1 / (1 - rate); two inputs lose different ones. */
function dropped({ square, product, mean, gain }: UnitState, rate: number): UnitState {
  return rate === 0
    ? stateOf(square, product, mean, gain)
    : stateOf(square / (1 - rate), product, mean, gain / (1 - rate));
}

function through(stack: Stack, state: UnitState, training: boolean): UnitState {
  return stack.reduce((at, layer) => after(layer, at, training).state, state);
}

/** Stream and branch have independent weights; only their means, where neither is 0, go together. */
function summed(stream: UnitState, branch: UnitState): UnitState {
  const means = 2 * stream.mean * branch.mean;
  return stateOf(
    stream.square + branch.square + means,
    stream.product + branch.product + means,
    stream.mean + branch.mean,
    branch.gain,
  );
}
