/**
 * - `model.getConfig`, `model.constructor.fromConfig`: what saving and loading of a model go through; public, synchronous.
 * - `model.inputs`, `model.outputs`: symbolic tensors with `shape` and `sourceLayer`.
 * - `layer.activation`, `layer.call`: read at every call.
 */
import type { ModelLike, TensorLike } from '../../tf.ts';
import type { Config } from '../survey/architecture.ts';
import { innerModel } from './model.ts';

interface Symbolic {
  readonly shape: readonly (number | null)[];
  readonly sourceLayer?: LayerLike;
}

interface LayerLike {
  readonly outputs?: readonly Symbolic[];
  readonly layers?: readonly object[];
  getClassName?(): string;
  activation?: { getClassName?(): string; apply?(x: TensorLike): TensorLike } | null;
  call?(inputs: TensorLike | TensorLike[]): TensorLike;
}

interface Built {
  readonly inputs?: readonly Symbolic[];
  readonly outputs?: readonly Symbolic[];
  getConfig?(): Config;
  getWeights?(): TensorLike[];
  setWeights?(weights: readonly TensorLike[]): void;
  countParams?(): number;
  apply?(x: TensorLike | readonly TensorLike[], args: { training: boolean }): TensorLike | TensorLike[];
  dispose?(): unknown;
}

/** The configuration of a LayersModel, of which copies can be made. Throws what a layer of the user's throws. */
export function configOf(model: ModelLike): Config {
  return (model as Built).getConfig!();
}

/** Whether it is a LayersModel: it says how it is built, and runs. */
export function isLayersModel(model: unknown): model is ModelLike {
  const { layers, getConfig, apply } = (model ?? {}) as Built & { layers?: unknown };
  return Array.isArray(layers) && typeof getConfig === 'function' && typeof apply === 'function';
}

/** A new model of the class of `model` with new weights. tfjs may change `config`. */
export function builtLike(model: ModelLike, config: Config): ModelLike {
  type Class = { fromConfig(cls: unknown, config: Config): ModelLike };
  const made = model.constructor as unknown as Class;
  return made.fromConfig(made, config);
}

/** Lengths of each input, null where any length will do; the first is the batch. */
export function inputShapesOf(model: ModelLike): (readonly (number | null)[])[] {
  return ((innerModel(model) as Built).inputs ?? []).map(({ shape }) => shape);
}

/** Number of weights, trainable or not. */
export function parametersOf(model: ModelLike): number {
  return (model as Built).countParams?.() ?? 0;
}

/** Gives `to` the weights of `from`; both of the same layers. */
export function takeWeights(to: ModelLike, from: ModelLike): void {
  (to as Built).setWeights!((from as Built).getWeights!());
}

export function disposeModel(model: ModelLike): void {
  (model as Built).dispose?.();
}

/** An output of `model` for `xs`, the first unless told. Run inside a tidy. */
export function outputOf(model: ModelLike, xs: readonly TensorLike[], training: boolean, output = 0): TensorLike {
  const outputs = (model as Built).apply!(xs.length === 1 ? xs[0]! : xs, { training });
  return Array.isArray(outputs) ? outputs[output]! : outputs;
}

/** Layers and those inside of layers, as classes that take part; wrappers and cells too. */
export function layersWithin(layers: readonly object[]): object[] {
  return layers.flatMap((layer) => {
    const { layers: inner = [], layer: wrapped, forwardLayer, backwardLayer, cell, cells = [] } = layer as Nesting;
    const inside = [...inner, wrapped, forwardLayer, backwardLayer, cell, ...cells].filter((one) => !!one);
    return [layer, ...layersWithin(inside as object[])];
  });
}

interface Nesting {
  readonly layers?: readonly object[];
  readonly layer?: object;
  readonly forwardLayer?: object;
  readonly backwardLayer?: object;
  readonly cell?: object;
  readonly cells?: readonly object[];
}

/**
 * Makes softmax or sigmoid at the first output pass on what it gets, for good: on a copy that is thrown away. False where the last layer does
 * not tell whether it gives logits.
 */
export function exposeLogits(model: ModelLike): boolean {
  const layer = outputLayerOf(innerModel(model) as LayerLike);
  const name = layer?.getClassName?.();
  const activation = layer?.activation?.getClassName?.();
  if (layer === null || (name !== 'Softmax' && activation === undefined)) return false;
  if (name !== 'Softmax' && activation !== 'softmax' && activation !== 'sigmoid') return true;
  // A second handle: the input of a layer is disposed once nobody needs it any more.
  const pass = (inputs: TensorLike | TensorLike[]) => (Array.isArray(inputs) ? inputs[0]! : inputs).clone();
  if (name === 'Softmax' || name === 'Activation') layer.call = pass;
  else layer.activation = { getClassName: () => 'linear', apply: pass };
  return true;
}

function outputLayerOf(model: LayerLike): LayerLike | null {
  const layer = model.outputs?.[0]?.sourceLayer ?? null;
  return layer !== null && Array.isArray(layer.layers) ? outputLayerOf(innerModel(layer as ModelLike)) : layer;
}
