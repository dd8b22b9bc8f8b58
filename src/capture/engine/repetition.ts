/**
 * Repeating the training function of a LayersModel with other losses, so that training does not notice.
 *
 * - `model.lossFunctions`, `metricsTensors`, `calculateLosses()`: read by the training function each time that it runs.
 * - `model.loss`: what compile was given. `tf.losses`, `tf.metrics`: public.
 * - `layer.stateful`, `layer._callHook`: what a layer keeps from batch to batch, or tells others.
 * - `tf.engine().registeredVariables`: all variables; `variable.assign`: public.
 */
import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { innerModel, type LossFunction, lossFunctionsOf } from './model.ts';
import type { TapeTensor } from './tape.ts';

interface Trained {
  lossFunctions: LossFunction[];
  metricsTensors?: unknown;
  calculateLosses?: () => unknown[];
  loss?: unknown;
}

interface LayerLike {
  readonly name?: string;
  readonly stateful?: boolean;
  readonly _callHook?: unknown;
  readonly layers?: readonly object[];
}

/** Why the model's training must not be repeated, as the rest of a sentence; null where it may. */
export function repetitionFault(tf: TfLike, model: ModelLike): string | null {
  const inner = innerModel(model) as unknown as Trained;
  if (lossFunctionsOf(model) === null) return 'the model is not compiled with a loss';
  if (!isKnown(tf, inner.loss))
    return 'a loss is a function of your own, which may do more than compute: give its name';
  if (!Array.isArray(inner.metricsTensors) || typeof inner.calculateLosses !== 'function') {
    return 'the metrics and regularisers of the model are not where TensorFlow.js 4 has them';
  }
  return layerFault(innerModel(model).layers);
}

/** Why running these layers is more than computing, as the rest of a sentence; null where it is not. */
export function layerFault(layers: readonly LayerLike[]): string | null {
  for (const layer of layers) {
    if (layer.stateful === true) return `the layer ${layer.name} keeps its state from batch to batch`;
    if (layer._callHook) return `the layer ${layer.name} calls a hook of yours`;
    const inside = layerFault((layer.layers as readonly LayerLike[] | undefined) ?? []);
    if (inside !== null) return inside;
  }
  return null;
}

/** Losses given by name, or functions of tfjs. */
function isKnown(tf: TfLike, loss: unknown): boolean {
  const { losses = {}, metrics = {} } = tf as { losses?: object; metrics?: object };
  const known = new Set<unknown>([...Object.values(losses), ...Object.values(metrics)]);
  const given = typeof loss === 'object' && loss !== null ? Object.values(loss) : [loss];
  return given.every((one) => typeof one === 'string' || (typeof one === 'function' && known.has(one)));
}

/** Runs `f` while each loss of the model goes through `mask`; without metrics and, unless `regularised`, regularisers. */
export function withMaskedLosses<T>(
  model: ModelLike,
  mask: (losses: TensorLike) => TensorLike,
  regularised: boolean,
  f: () => T,
): T {
  const inner = innerModel(model) as unknown as Trained;
  const { lossFunctions, metricsTensors } = inner;
  const own = Object.getOwnPropertyDescriptor(inner, 'calculateLosses');
  inner.lossFunctions = lossFunctions.map((loss) => (labels, predictions) => mask(loss(labels, predictions)));
  // They would be returned with those of the real pass.
  inner.metricsTensors = [];
  if (!regularised) inner.calculateLosses = () => [];
  try {
    return f();
  } finally {
    inner.lossFunctions = lossFunctions;
    inner.metricsTensors = metricsTensors;
    if (!regularised) Reflect.deleteProperty(inner, 'calculateLosses');
    if (own !== undefined) Object.defineProperty(inner, 'calculateLosses', own);
  }
}

interface VariableLike extends TapeTensor {
  assign(value: TensorLike): void;
}

/** Runs `f` and puts every variable back that it changed, bit for bit. Run inside a tidy. */
export function withVariablesKept<T>(tf: TfLike, f: () => T): T {
  const { registeredVariables = {} } = tf.engine() as { registeredVariables?: { [name: string]: VariableLike } };
  // Second handles: a change gives a variable other data and leaves these alone. tfjs-node gives them numbers of their own.
  const kept = Object.values(registeredVariables).map((variable) => {
    return { variable, dataId: variable.dataId, before: variable.clone() };
  });
  try {
    return f();
  } finally {
    for (const { variable, dataId, before } of kept) if (variable.dataId !== dataId) variable.assign(before);
  }
}
