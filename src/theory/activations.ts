/** The activations of TensorFlow.js that act on single units: function and derivative. */
import { didYouMean } from '../nearest.ts';
import { normalCdf, normalDensity } from './normal.ts';
import { told } from './requirement.ts';

export interface Activation {
  /** phi(x). */
  readonly value: (x: number) => number;
  /** phi'(x); at a kink that of one side. */
  readonly slope: (x: number) => number;
  /** Where the function or one of its first derivatives jumps. */
  readonly kinks: readonly number[];
}

// Klambauer et al., "Self-normalizing neural networks" (2017), as TensorFlow.js has them.
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sigmoidSlope(x: number): number {
  return sigmoid(x) * sigmoid(-x);
}

function tanhSlope(x: number): number {
  const t = Math.tanh(x);
  return (1 - t) * (1 + t);
}

function exponential(scale: number, alpha: number): Activation {
  return {
    value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
    kinks: [0],
  };
}

export const ACTIVATIONS = {
  linear: { value: (x: number) => x, slope: () => 1, kinks: [] },
  relu: { value: (x: number) => Math.max(0, x), slope: (x: number) => (x > 0 ? 1 : 0), kinks: [0] },
  relu6: {
    value: (x: number) => Math.min(6, Math.max(0, x)),
    slope: (x: number) => (x > 0 && x < 6 ? 1 : 0),
    kinks: [0, 6],
  },
  elu: exponential(1, 1),
  selu: exponential(SELU_SCALE, SELU_ALPHA),
  gelu: {
    value: (x: number) => x * normalCdf(x),
    slope: (x: number) => normalCdf(x) + x * normalDensity(x),
    kinks: [],
  },
  swish: {
    value: (x: number) => x * sigmoid(x),
    slope: (x: number) => sigmoid(x) + x * sigmoidSlope(x),
    kinks: [],
  },
  mish: {
    value: (x: number) => x * Math.tanh(softplus(x)),
    slope: (x: number) => Math.tanh(softplus(x)) + x * tanhSlope(softplus(x)) * sigmoid(x),
    kinks: [],
  },
  softplus: { value: softplus, slope: sigmoid, kinks: [] },
  softsign: {
    value: (x: number) => x / (1 + Math.abs(x)),
    slope: (x: number) => (1 + Math.abs(x)) ** -2,
    kinks: [0],
  },
  sigmoid: { value: sigmoid, slope: sigmoidSlope, kinks: [] },
  tanh: { value: Math.tanh, slope: tanhSlope, kinks: [] },
} as const satisfies Record<string, Activation>;

export type ActivationName = keyof typeof ACTIVATIONS;

/**
 * The activation called `name`: linear, relu, relu6, elu, selu, gelu (the form with erf), swish, mish, softplus, softsign, sigmoid or tanh;
 * `silu` is swish. Any other name is a RangeError that lists them and says which one is nearest.
 */
export function activation(name: string): Activation {
  return ACTIVATIONS[activationName(name)];
}

/** The name under which an activation is listed (`silu`: swish), or a RangeError. */
export function activationName(name: string): ActivationName {
  if (name === 'silu') return 'swish';
  if (isActivationName(name)) return name;
  const known = Object.keys(ACTIVATIONS);
  if (typeof name !== 'string') {
    throw new RangeError(`Expected an activation (${known.join(', ')}), got ${told(name)}.`);
  }
  const hint = didYouMean(name, known, undefined, '.');
  throw new RangeError(`Expected an activation (${known.join(', ')}), got "${name}"${hint}`);
}

export function isActivationName(name: string): name is ActivationName {
  return Object.hasOwn(ACTIVATIONS, name);
}
