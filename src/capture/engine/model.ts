/**
 * - `sequential.model`: a Sequential delegates to a private LayersModel that owns `lossFunctions`.
 * - `model.lossFunctions`: the loss of each output as a function (labels, predictions) -> losses of the examples.
 * - `tf.CustomCallback.prototype.setModel`: fit wraps plain callback objects in it, and by itself it forgets the model.
 */
import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';

/**
 * Makes fit's wrapper of plain callback objects remember its model as `this.model`, which a callback of one line needs.
 * Where the wrapper is not to be found nothing is done: such a callback then asks for `watch(tf, model)`.
 */
export function rememberModels(tf: TfLike): void {
  const { prototype } =
    (tf as { CustomCallback?: { prototype: { setModel?(model: object): void } } }).CustomCallback ?? {};
  if (prototype === undefined || Object.hasOwn(prototype, 'setModel')) return;
  const inherited = prototype.setModel;
  prototype.setModel = function (this: { model?: object }, model: object) {
    inherited?.call(this as never, model);
    this.model = model;
  };
}

export type LossFunction = (labels: TensorLike, predictions: TensorLike) => TensorLike;

/** The loss of each output of a compiled model, as a list whose entries may be replaced; null before compile. */
export function lossFunctionsOf(model: ModelLike): LossFunction[] | null {
  const list = (innerModel(model) as { lossFunctions?: unknown }).lossFunctions;
  return Array.isArray(list) && list.length > 0 ? (list as LossFunction[]) : null;
}

/** The LayersModel that does the work: a Sequential keeps one inside once it is built. */
export function innerModel(model: ModelLike): ModelLike {
  const { model: inner } = model as { model?: ModelLike };
  return inner !== undefined && inner !== null && Array.isArray(inner.layers) ? inner : model;
}

/** The optimizer of a compiled model; null before compile. */
export function optimizerOf(model: ModelLike): object | null {
  const inner = innerModel(model) as { optimizer?: unknown; optimizer_?: unknown };
  return (inner.optimizer ?? inner.optimizer_ ?? null) as object | null;
}

/** The variables behind a model's weights; empty before it is built. */
export function variablesOf(model: ModelLike): object[] {
  const { weights } = innerModel(model) as { weights?: { read(): object }[] };
  return Array.isArray(weights) ? weights.map((weight) => weight.read()) : [];
}

/** Layers with weights, by name, in the order of the model; empty before it is built. */
export function layersOf(model: ModelLike): { readonly name: string; readonly variables: readonly object[] }[] {
  const layers = innerModel(model).layers as readonly { name?: string; weights?: readonly { read(): object }[] }[];
  return layers
    .map(({ name, weights }) => ({ name: String(name), variables: (weights ?? []).map((weight) => weight.read()) }))
    .filter(({ variables }) => variables.length > 0);
}

/** Makes a running fit end after this batch: tfjs' own switch. */
export function stopTraining(model: ModelLike): void {
  (innerModel(model) as { stopTraining?: boolean }).stopTraining = true;
}

/** The sum of a model's regularisation losses as one scalar; null without regularisers. Run inside a tidy. */
export function regularisationOf(model: ModelLike): TensorLike | null {
  type Addable = TensorLike & { add(other: TensorLike): Addable };
  const inner = innerModel(model) as { calculateLosses?(): Addable[] };
  const losses = inner.calculateLosses?.() ?? [];
  return losses.length === 0 ? null : losses.reduce((sum, loss) => sum.add(loss));
}
