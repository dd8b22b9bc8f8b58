import type { GraphNode } from '../engine/graph.ts';
import { type Description, describeActivation } from './activation.ts';
import { product } from './initializer.ts';
import { describeNormalization } from './normalization.ts';
import { describePooling, fixed } from './pooling.ts';
import { describeWeights, hasKernel } from './weights.ts';

/** Layers that move units about, or add zeros at the border: what a unit is on average stays. */
const HARMLESS = new Set(['InputLayer', 'Reshape', 'Permute', 'ZeroPadding2D', 'Cropping2D', 'Masking']);

/** Noise by which a unit is multiplied, of mean 1 and variance rate / (1 - rate). */
const DROPOUTS = new Set(['Dropout', 'SpatialDropout1D', 'GaussianDropout']);

/** Layers that may stand behind the logits: the largest stays the largest, or was one of the largest. */
const AFTER_LOGITS = new Set([
  ...['Activation', 'Softmax', 'ReLU', 'ELU', 'LeakyReLU', 'PReLU', 'ThresholdedReLU'],
  ...['Reshape', 'Flatten', 'Permute'],
]);

export interface Place {
  /** It gives the logits. */
  readonly output: boolean;
  /** No weights have acted yet. */
  readonly onInputs: boolean;
}

/** The call that gives the logits, when the model ends in `node`. */
export function logitsOf(node: GraphNode): GraphNode {
  const [before] = node.inputs;
  return AFTER_LOGITS.has(node.className) && before !== undefined ? logitsOf(before) : node;
}

/** What a layer with one input does to the theory's units. */
export function describeLayer(node: GraphNode, { output, onInputs }: Place): Description {
  if (HARMLESS.has(node.className)) return [];
  if (hasKernel(node)) return describeWeights(node, output);
  if (node.className === 'Flatten') return [{ kind: 'flatten', features: featuresOf(node) }];
  if (DROPOUTS.has(node.className)) return dropout(Number(node.config.rate));
  const onUnits = describeNormalization(node) ?? describePooling(node) ?? describeActivation(node);
  if (onUnits === null) return `is of the class ${node.className}, for which theory has no formula.`;
  return onInputs && typeof onUnits !== 'string' && node.className !== 'BatchNormalization'
    ? 'acts on the inputs before any weights do: what comes out depends on more than their q and c.'
    : onUnits;
}

function dropout(rate: number): Description {
  if (rate === 0) return [];
  return rate > 0 && rate < 1 ? [{ kind: 'dropout', rate }] : `has the rate ${rate}: theory needs one below 1.`;
}

function featuresOf({ shape }: GraphNode): number | null {
  const lengths = shape.slice(1);
  return fixed(lengths) ? product(lengths) : null;
}
