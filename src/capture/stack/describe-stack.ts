import type { ModelLike } from '../../tf.ts';
import { requireObject, requirePositive, requireWithin, told } from '../../theory/requirement.ts';
import type { Stack } from '../../theory/stack.ts';
import { inputShapesOf, isLayersModel } from '../engine/copy.ts';
import { outputNodeOf } from '../engine/graph.ts';
import { type InputStatistics, inputStatistics } from './input-statistics.ts';
import { logitsOf } from './layer.ts';
import { Route, type Undescribed } from './route.ts';

export type { Undescribed };

export interface StackDescription {
  /** From the input to the logits, as `meanField` takes it; null where theory can't follow all the way. */
  readonly stack: Stack | null;
  readonly input: InputStatistics;
  /** Layers that theory has no formula for, from the input on; empty if there is a stack. */
  readonly undescribed: readonly Undescribed[];
}

/** Examples one after the other, as `inputStatistics` takes them. */
export interface InputExamples {
  readonly inputs: ArrayLike<number>;
  readonly features: number;
}

/**
 * What theory takes a model for: `meanField(stack, input)` then says how biased its first guesses will be, and `guessingBias` how they
 * spread. `model`: a LayersModel (Sequential or functional) of any copy of TensorFlow.js, by its first output; only its shapes and configs
 * are read, so what counts is how its weights would be drawn, not what they are. `input`: q and c of the inputs, or the examples.
 *
 * The stack ends with the preactivation of the output layer, since guesses are the largest logits. Described are dense layers and
 * convolutions (also depthwise and separable), pooling, activations as option or layer, BatchNormalization and LayerNormalization,
 * dropout, sums of branches (one in the other, with or without layers in the shortcut), and models that serve as layers. Everything else
 * is listed in `undescribed` with its reason in a sentence, and `stack` is null.
 *
 * gamma of networks that tfjs drew was within 3 % of what follows from here, for dense layers of 256 to 512 units and convolutions whose
 * windows lie apart. Two things go beyond theory: units in a pool are taken for independent, but average pools behind two or more
 * convolutions gave 1.3 to 1.45 times its gamma; and padding is taken to change nothing, but batch normalization over maps that are mostly
 * border gave 1.35 to 1.6 times (without padding 0.96).
 *
 * Nothing about a model throws. RangeErrors in sentences for q, c or examples out of range, and for examples of another width than the model takes.
 */
export function describeStack(model: ModelLike, input: InputStatistics | InputExamples): StackDescription {
  const statistics = statisticsOf(input);
  if ('inputs' in input) requireWidth(model, input.features);
  if (typeof model !== 'object' || model === null) {
    return { input: statistics, ...stopped(model, `The model is ${told(model)}: expected a LayersModel.`) };
  }
  try {
    return { input: statistics, ...read(model) };
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '');
    return { input: statistics, ...stopped(model, `The model's layers can't be read: ${message}.`) };
  }
}

type Reading = Pick<StackDescription, 'stack' | 'undescribed'>;

function read(model: ModelLike): Reading {
  const output = outputNodeOf(model);
  if (output === null) return stopped(model, 'The model has no layers, or does not know its input shape yet.');
  const route = new Route(logitsOf(output));
  const stack = route.layers();
  if (route.undescribed.length > 0) return { stack: null, undescribed: route.undescribed };
  return route.drawsWeights
    ? { stack, undescribed: [] }
    : stopped(model, 'The model draws no weights: there is nothing random in its guesses.');
}

function stopped(model: ModelLike, reason: string): Reading {
  return { stack: null, undescribed: [{ layer: nameOf(model), reason }] };
}

function statisticsOf(input: InputStatistics | InputExamples): InputStatistics {
  requireObject('input, the second argument of describeStack,', input, '{ inputs, features: 784 } or { q: 1, c: 0 }');
  if ('inputs' in input) return inputStatistics(input.inputs, input.features);
  const { q, c, directions } = input;
  requirePositive('q, the mean square of an input,', q);
  requireWithin('c, the correlation of two inputs,', c, 0, 1);
  if (directions !== undefined && directions !== null) requirePositive('directions, in which inputs vary,', directions);
  return { q, c, ...(directions === undefined ? {} : { directions }) };
}

/** Examples of another width than the model takes are no inputs of it. A length that the model leaves open tells nothing. */
function requireWidth(model: ModelLike, features: number): void {
  const [shape, second] = isLayersModel(model) ? inputShapesOf(model) : [];
  const lengths = shape?.slice(1) ?? [null];
  if (second !== undefined || lengths.includes(null)) return;
  const width = lengths.reduce<number>((product, length) => product * length!, 1);
  if (width === features) return;
  throw new RangeError(`features is ${features}: expected ${width}, as many as an input of the model has.`);
}

function nameOf(model: ModelLike): string {
  const { name } = (model ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : 'model';
}
