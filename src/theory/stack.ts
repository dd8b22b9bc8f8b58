/** A network as far as its initial guesses depend on it: what each layer does to the outputs of single units, on average over its weights. */
import { type ActivationName, activationName } from './activations.ts';
import { told } from './requirement.ts';
import { type Piece, pieceOf, splitParts } from './stack-text.ts';

export interface WeightLayer {
  /** A convolution acts like a dense layer here: its windows are taken for independent. */
  readonly kind: 'dense' | 'conv';
  readonly units: number;
  readonly activation: ActivationName;
  /**
   * fan_in times the variance of a weight: 2 in He's initialisation, 1 in LeCun's, 2 fan_in / (fan_in + fan_out) in Glorot's. TensorFlow.js
   * truncates normal weights (heNormal, and glorotNormal, its default), which leaves 0.774 of that; `describeStack` knows.
   */
  readonly sw2: number;
  /** Variance of a bias. */
  readonly sb2: number;
}

export type Layer =
  | WeightLayer
  | { readonly kind: 'activation'; readonly activation: ActivationName }
  | { readonly kind: 'batchNorm' | 'layerNorm' }
  | { readonly kind: 'maxPool' | 'avgPool' | 'globalAvgPool'; readonly size: number }
  | { readonly kind: 'dropout'; readonly rate: number }
  /** `features`: how many come out, null where it was not told. */
  | { readonly kind: 'flatten'; readonly features: number | null }
  /** What the branch gives is added to what enters it, or to what `shortcut` makes of that. */
  | { readonly kind: 'residual'; readonly branch: Stack; readonly shortcut?: Stack };

export type Stack = readonly Layer[];

const WEIGHTS: Readonly<Record<string, number>> = { he: 2, lecun: 1 };

/**
 * Reads a stack such as 'dense:256:relu,layerNorm,maxPool:4': layers in the order of data, separated by commas.
 *
 * - `dense:UNITS[:ACTIVATION[:WEIGHTS[:BIAS]]]`, `conv:FILTERS[...]`. WEIGHTS: he, lecun, glorot (the default) or a
 *   number, fan_in times the variance of a weight; BIAS: the variance of a bias, 0 unless given. Glorot's needs the number of inputs of the
 *   layer: the units before it, `input:FEATURES` at the start, `flatten:FEATURES`; where it is unknown, it is taken to be that of outputs.
 * - an activation by name; `batchNorm`; `layerNorm`; `maxPool:UNITS`, `avgPool:UNITS`, `globalAvgPool:UNITS` (units per pool: 4 for 2 x 2);
 *   `dropout:RATE`; `flatten[:FEATURES]`; `residual(LAYERS)`, which may hold further ones; `residual(LAYERS | SHORTCUT)` where the
 *   shortcut has layers too, such as a convolution of 1 x 1.
 *
 * Anything else is a RangeError that names the part, what was expected and what came.
 */
export function parseStack(text: string): Stack {
  if (typeof text !== 'string') {
    throw new RangeError(`Expected a stack as text such as "dense:256:relu,maxPool:4", got ${told(text)}.`);
  }
  const parts = splitParts(text, 'stack');
  const [first] = parts;
  if (!first?.startsWith('input')) return layersOf(parts, null, 'stack', 0);
  const piece = pieceOf(first, 'part 1', 'stack');
  const inputs = piece.whole('features');
  piece.end();
  if (parts.length === 1) throw new RangeError('Expected a layer after input in the stack, got none.');
  return layersOf(parts.slice(1), inputs, 'stack', 1);
}

/** Text that `parseStack` reads as the same stack: weights as numbers, whatever name they had. */
export function formatStack(stack: Stack): string {
  return stack.map(formatLayer).join(',');
}

function formatLayer(layer: Layer): string {
  switch (layer.kind) {
    case 'dense':
    case 'conv': {
      const bias = layer.sb2 === 0 ? '' : `:${layer.sb2}`;
      return `${layer.kind}:${layer.units}:${layer.activation}:${layer.sw2}${bias}`;
    }
    case 'activation':
      return layer.activation;
    case 'maxPool':
    case 'avgPool':
    case 'globalAvgPool':
      return `${layer.kind}:${layer.size}`;
    case 'dropout':
      return `dropout:${layer.rate}`;
    case 'flatten':
      return layer.features === null ? 'flatten' : `flatten:${layer.features}`;
    case 'residual':
      return `residual(${[layer.branch, ...(layer.shortcut ? [layer.shortcut] : [])].map(formatStack).join('|')})`;
    default:
      return layer.kind;
  }
}

/** `inputs`: features that enter the first layer, null where unknown. `before`: parts of the text that came earlier. */
function layersOf(parts: readonly string[], inputs: number | null, where: string, before: number): Layer[] {
  let width = inputs;
  return parts.map((part, i) => {
    const layer = layerOf(pieceOf(part, `part ${before + i + 1}`, where), width);
    if (layer.kind === 'dense' || layer.kind === 'conv') width = layer.units;
    if (layer.kind === 'flatten') width = layer.features;
    return layer;
  });
}

function layerOf(piece: Piece, inputs: number | null): Layer {
  if (piece.kind === 'residual') {
    const [branch, shortcut] = piece.inside().map((parts) => layersOf(parts, inputs, 'residual branch', 0));
    return { kind: 'residual', branch: branch!, ...(shortcut && { shortcut }) };
  }
  const layer = plainLayer(piece, inputs);
  piece.end();
  return layer;
}

function plainLayer(piece: Piece, inputs: number | null): Layer {
  const { kind } = piece;
  switch (kind) {
    case 'dense':
    case 'conv':
      return weightLayer(piece, kind, inputs);
    case 'batchNorm':
    case 'layerNorm':
      return { kind };
    case 'maxPool':
    case 'avgPool':
    case 'globalAvgPool':
      return { kind, size: piece.whole('the number of pooled units') };
    case 'dropout':
      return { kind, rate: piece.number('the rate', 'a number from 0 and below 1', (rate) => rate >= 0 && rate < 1) };
    case 'flatten':
      return { kind, features: piece.more ? piece.whole('features') : null };
    case 'input':
      return piece.fail('expected input first, got it after other layers.');
    default:
      return { kind: 'activation', activation: piece.activation() };
  }
}

function weightLayer(piece: Piece, kind: 'dense' | 'conv', inputs: number | null): WeightLayer {
  const units = piece.whole(kind === 'dense' ? 'units' : 'filters');
  const activation = piece.more ? piece.named(activationName) : 'linear';
  const glorot = inputs === null ? 1 : (2 * inputs) / (inputs + units);
  const sw2 = piece.more ? piece.weights({ ...WEIGHTS, glorot }) : glorot;
  const bias = (variance: number) => variance >= 0 && variance < Infinity;
  const sb2 = piece.more ? piece.number('the variance of a bias', 'a number from 0', bias) : 0;
  return { kind, units, activation, sw2, sb2 };
}
