/**
 * - `model.outputs`: one symbolic tensor for each output, in the order of the losses. It knows the layer that it comes from
 *   (`sourceLayer`) and the tensors that this layer was applied to (`inputs`).
 * - `layer.kernelRegularizer`: what tfjs made of the option; its own regularisers have `l1` and `l2`.
 */
import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { innerModel } from './model.ts';

export interface LayerLike {
  readonly name: string;
  getClassName(): string;
  readonly activation?: { getClassName(): string };
  readonly weights?: readonly { read(): TensorLike }[];
  readonly kernelRegularizer?: object | null;
}

interface SymbolicTensor {
  readonly shape: readonly (number | null)[];
  readonly sourceLayer: LayerLike;
  readonly inputs?: readonly SymbolicTensor[];
}

/** Activations of one unit that tells two classes apart. */
const SIGMOIDS = new Set(['sigmoid', 'hardSigmoid']);

/** Names of the layers that the outputs come from, in order; empty while the model is not built. */
export function outputNamesOf(model: ModelLike): readonly string[] {
  return symbolicOutputs(model).map(({ sourceLayer }) => sourceLayer.name);
}

/** Units of an output (the last length of its shape); null while the model is not built. */
export function outputUnitsOf(model: ModelLike, output: number): number | null {
  return symbolicOutputs(model)[output]?.shape.at(-1) ?? null;
}

/** The layers that lead to an output, the last one first, back to where several come together. */
export function* layersBehind(model: ModelLike, output: number): Generator<LayerLike, void> {
  let tensor = symbolicOutputs(model)[output];
  while (tensor !== undefined) {
    yield tensor.sourceLayer;
    tensor = tensor.inputs?.length === 1 ? tensor.inputs[0] : undefined;
  }
}

/** Whether an output can be one of classes: not a single unit that neither a sigmoid nor its loss makes a choice of two. */
export function tellsClasses(model: ModelLike, output: number): boolean {
  if (outputUnitsOf(model, output) !== 1) return true;
  const [last] = layersBehind(model, output);
  const activation = last?.activation?.getClassName();
  const isSigmoid = activation !== undefined && SIGMOIDS.has(activation);
  return isSigmoid || lossNameOf(model, output) === 'binaryCrossentropy';
}

/** Name of an output's loss, as given to compile; null for a function of the user's own. */
export function lossNameOf(model: ModelLike, output: number): string | null {
  const own = lossOf(model, output);
  return typeof own === 'string' ? own : null;
}

/** The same, and names of the functions of `tf.losses` and `tf.metrics` themselves, known by identity. */
export function knownLossOf(tf: TfLike, model: ModelLike, output: number): string | null {
  const own = lossOf(model, output);
  if (typeof own !== 'function') return lossNameOf(model, output);
  const { losses = {}, metrics = {} } = tf as { losses?: object; metrics?: object };
  return [...Object.entries(losses), ...Object.entries(metrics)].find(([, of]) => of === own)?.[0] ?? null;
}

function lossOf(model: ModelLike, output: number): unknown {
  const { loss } = innerModel(model) as { loss?: unknown };
  return typeof loss === 'object' && loss !== null ? ofOutput(model, loss, output) : loss;
}

/** compile takes a list in the order of the outputs, or an object by their names in any order. */
function ofOutput(model: ModelLike, losses: object, output: number): unknown {
  const key = Array.isArray(losses) ? output : outputNamesOf(model)[output];
  return (losses as { readonly [key: string]: unknown })[String(key)];
}

function symbolicOutputs(model: ModelLike): readonly SymbolicTensor[] {
  const { outputs } = innerModel(model) as { outputs?: readonly SymbolicTensor[] };
  return Array.isArray(outputs) ? outputs : [];
}
