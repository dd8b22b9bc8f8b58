import type { ActivationName } from './activations.ts';
import { type MeanFieldInput, meanField } from './mean-field.ts';
import { requireObject } from './requirement.ts';
import { type Layer, parseStack, type Stack } from './stack.ts';

export type GuessCause =
  | 'activation'
  | 'maxPooling'
  | 'averagePooling'
  | 'uncentredInputs'
  | 'normalizationBefore'
  | 'biases';

export interface GuessCauseFound {
  readonly cause: GuessCause;
  /** What was put in its place, in words. */
  readonly instead: string;
  /** The activations it is about, in the order of the stack; empty for other causes. */
  readonly activations: readonly ActivationName[];
  /** gamma of the output as the network is. */
  readonly gamma: number;
  /** gamma of the output with this one thing changed. */
  readonly without: number;
}

export interface CausesInput {
  readonly stack: string | Stack | null;
  readonly input: MeanFieldInput;
}

/** Changes by less than this part of gamma name no cause. */
const LEAST_EFFECT = 0.01;

/** Odd about 0, so that it gives no unit a mean that all inputs share. */
const ODD: readonly ActivationName[] = ['linear', 'softsign', 'tanh'];

type Change = (layer: Layer) => Layer;

/**
 * Why an untrained network's guesses are biased: each thing that could be otherwise is changed alone, and the gamma of the output computed
 * again by `meanField`. The causes are those that lower it by 1 % or more, the strongest first:
 *
 * - `activation`: every activation that is not odd becomes tanh (ReLU and its kin in depth; sigmoid and softplus by their positive mean);
 * - `maxPooling`: averages in its place, or one unit of each pool, as strides would take (`instead` says which);
 * - `averagePooling`: one unit of each pool;
 * - `uncentredInputs`: c of the input is 0;
 * - `normalizationBefore`: batch and layer normalization that stand right before an activation go behind it;
 * - `biases`: all begin at 0.
 *
 * Two causes may hide one another: where ReLU and max-pooling each suffice, either change alone does little. Takes what `describeStack`
 * gives, or { stack, input } with `training: false` in the input for a network as `predict` sees it. Without a stack there are no causes.
 * Throws what `meanField` throws.
 */
export function causesOf(description: CausesInput): GuessCauseFound[] {
  requireObject('The argument of causesOf', description, "{ stack: 'dense:256:relu', input: { q: 1, c: 0 } }");
  const { stack, input } = description;
  if (stack === null) return [];
  const layers = typeof stack === 'string' ? parseStack(stack) : stack;
  const gamma = gammaOf(layers, input);
  const found = (cause: GuessCause, instead: string, without: number): GuessCauseFound => ({
    cause,
    instead,
    activations: cause === 'activation' ? unevenIn(layers) : [],
    gamma,
    without,
  });
  const changed = (change: Change) => gammaOf(everywhere(layers, change), input);
  return [
    found('activation', 'tanh', changed(odd)),
    found('maxPooling', 'average pooling', changed(averaged)),
    found('maxPooling', 'strides', changed(unpooled(['maxPool']))),
    found('averagePooling', 'strides', changed(unpooled(['avgPool', 'globalAvgPool']))),
    found('uncentredInputs', 'centred inputs', gammaOf(layers, { ...input, c: 0 })),
    found('normalizationBefore', 'normalization after the activation', gammaOf(normalizedAfter(layers), input)),
    found('biases', 'no biases', changed(unbiased)),
  ]
    .filter(({ without }) => without < (1 - LEAST_EFFECT) * gamma)
    .sort((a, b) => a.without - b.without);
}

function gammaOf(stack: Stack, input: MeanFieldInput): number {
  return meanField(stack, input).at(-1)!.gamma;
}

/** The stack with every layer changed, those of branches too. */
function everywhere(stack: Stack, change: Change): Stack {
  return stack.map((layer) =>
    layer.kind === 'residual' ? inside(layer, (part) => everywhere(part, change)) : change(layer),
  );
}

type Residual = Extract<Layer, { kind: 'residual' }>;

function inside(layer: Residual, change: (stack: Stack) => Stack): Residual {
  const { branch, shortcut } = layer;
  return { kind: 'residual', branch: change(branch), ...(shortcut && { shortcut: change(shortcut) }) };
}

function odd(layer: Layer): Layer {
  return 'activation' in layer && !ODD.includes(layer.activation) ? { ...layer, activation: 'tanh' } : layer;
}

function unevenIn(stack: Stack): ActivationName[] {
  const names = new Set<ActivationName>();
  everywhere(stack, (layer) => {
    if ('activation' in layer && !ODD.includes(layer.activation)) names.add(layer.activation);
    return layer;
  });
  return [...names];
}

function averaged(layer: Layer): Layer {
  return layer.kind === 'maxPool' ? { kind: 'avgPool', size: layer.size } : layer;
}

function unpooled(kinds: readonly Layer['kind'][]): Change {
  return (layer) => ('size' in layer && kinds.includes(layer.kind) ? { ...layer, size: 1 } : layer);
}

function unbiased(layer: Layer): Layer {
  return 'sb2' in layer ? { ...layer, sb2: 0 } : layer;
}

/** Normalization right before an activation changes places with it. */
function normalizedAfter(stack: Stack): Stack {
  const layers = stack.map((layer) => (layer.kind === 'residual' ? inside(layer, normalizedAfter) : layer));
  for (let i = 0; i + 1 < layers.length; i++) {
    const [norm, next] = [layers[i]!, layers[i + 1]!];
    if ((norm.kind === 'batchNorm' || norm.kind === 'layerNorm') && next.kind === 'activation') {
      layers[i] = next;

      layers[i + 1] = norm;
      i++;
    }
  }
  return layers;
}
