import type { ActivationName } from '../../theory/activations.ts';
import { isActivationName } from '../../theory/activations.ts';
import type { Layer } from '../../theory/stack.ts';
import type { GraphNode } from '../engine/graph.ts';
import { drawsOf, type InitializerLike } from './initializer.ts';

/** Layers of a stack, or the reason why theory has none: a sentence that goes on from the layer's name. */
export type Description = readonly Layer[] | string;

/** The activation that a config names, or null where theory has none of that name. */
export function activationOf(name: unknown): ActivationName | null {
  // The form with tanh differs from that with erf by less than 5e-4.
  if (name === 'gelu_new') return 'gelu';
  if (name === undefined || name === null) return 'linear';
  return typeof name === 'string' && isActivationName(name) ? name : null;
}

export function unknownActivation(name: unknown): string {
  return `has the activation ${String(name)}, of which theory has no closed form.`;
}

/** Layers that only act on units one by one, as an activation does; null for any other class. */
export function describeActivation({ className, config }: GraphNode): Description | null {
  switch (className) {
    case 'Activation':
      return named(config.activation);
    case 'Softmax':
      return named('softmax');
    case 'ReLU':
      return rectified(config.maxValue);
    case 'ELU':
      return config.alpha === 1 ? named('elu') : `has alpha ${config.alpha}: theory has ELU with 1 only.`;
    case 'LeakyReLU':
      return leaky(Number(config.alpha));
    case 'PReLU':
      return parametric(config.alphaInitializer as InitializerLike | undefined);
    case 'ThresholdedReLU':
      return config.theta === 0 ? named('relu') : `has the threshold ${config.theta}: theory has ReLU with 0 only.`;
    default:
      return null;
  }
}

function named(name: unknown): Description {
  const activation = activationOf(name);
  return activation === null ? unknownActivation(name) : [{ kind: 'activation', activation }];
}

function rectified(most: unknown): Description {
  if (most === undefined || most === null) return named('relu');
  return most === 6 ? named('relu6') : `ends at ${most}: theory has ReLU without end, or up to 6.`;
}

function leaky(alpha: number): Description {
  if (alpha === 0) return named('relu');
  return alpha === 1 ? named('linear') : `has the slope ${alpha} below 0: theory has no leaky ReLU.`;
}

function parametric(initializer: InitializerLike | undefined): Description {
  const draws = initializer && drawsOf(initializer, [1]);
  if (draws?.variance === 0) return leaky(draws.mean);
  return 'begins with random slopes below 0: theory has no leaky ReLU.';
}
