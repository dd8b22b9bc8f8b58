/**
 * The only place that touches what TensorFlow.js does not promise. Each reliance is named here, checked when attaching,
 * and given up with a sentence where it is gone: training never depends on it.
 *
 * - `tf.engine().gradients`: every gradient with respect to variables passes here (`minimize`, `computeGradients`,
 *   `tf.variableGrads`), in `fit` as in hand-written loops, whatever the optimizer. Public method, undocumented.
 * - `sequential.model`: a Sequential delegates to a private LayersModel that owns `lossFunctions`.
 * - `model.lossFunctions`: the loss of each output as a function (labels, predictions) -> losses of the examples.
 * - `tf.CustomCallback.prototype.setModel`: fit wraps plain callback objects in it, and by itself it forgets the model.
 * - `tf.keep`, `tf.tidy`, `tf.losses`, `tf.version_core`: public, but not part of `TfLike` because their types differ.
 */
import type { ModelLike, TensorLike, TfLike } from '../tf.ts';
import { UsageError } from '../usage-error.ts';

/** Told about each outermost computation of gradients with respect to variables. */
export interface GradientListener {
  /** Before the forward pass; no tape is running yet. */
  before(variables: readonly object[]): void;
  /** Inside the forward pass, when the loss is known and every tensor of the pass is still alive. */
  forward(loss: TensorLike): void;
  /** After the backward pass, also when something threw. */
  after(): void;
  /** One of the above threw: training went on. */
  failed(error: unknown): void;
}

type Gradients = (f: () => TensorLike, xs: readonly object[], ...rest: unknown[]) => unknown;
interface Engine {
  gradients: Gradients;
}

const hooks = new WeakMap<object, Set<GradientListener>>();

/** Calls `listener` around every computation of gradients by this copy of tfjs; returns the function that stops it. */
export function listenToGradients(tf: TfLike, listener: GradientListener): () => void {
  const engine = tf.engine() as Engine;
  if (typeof engine.gradients !== 'function') {
    throw new UsageError(
      `Expected tf.engine().gradients to be a function as in TensorFlow.js 4, got ${typeof engine.gradients}: ` +
        'pass the namespace of @tensorflow/tfjs, tfjs-node or tfjs-node-gpu, version 4, as first argument.',
    );
  }
  let listeners = hooks.get(engine);
  if (listeners === undefined) {
    listeners = new Set();
    hooks.set(engine, listeners);
    install(engine, listeners);
  }
  listeners.add(listener);
  const set = listeners;
  return () => set.delete(listener);
}

/**
 * Installed once per engine and then left in place: with no listener it only calls through. Adding and deleting the
 * property per run would turn the engine into a slow dictionary object.
 */
function install(engine: Engine, listeners: Set<GradientListener>): void {
  const original = engine.gradients;
  let depth = 0;
  engine.gradients = function hooked(this: Engine, f, xs, ...rest) {
    // Gradients inside gradients (a penalty on the input gradient) belong to the outer one; those with respect to
    // plain tensors (saliency maps) train nothing.
    if (listeners.size === 0 || depth > 0 || !xs.every(isVariable)) return original.call(this, f, xs, ...rest);
    const present = [...listeners];
    depth++;
    try {
      for (const listener of present) shield(listener, () => listener.before(xs));
      const forward = () => {
        const loss = f();
        for (const listener of present) shield(listener, () => listener.forward(loss));
        return loss;
      };
      return original.call(this, forward, xs, ...rest);
    } finally {
      depth--;
      for (const listener of present) shield(listener, () => listener.after());
    }
  };
}

/** Nothing that a listener does may reach the training loop. */
function shield(listener: GradientListener, call: () => void): void {
  try {
    call();
  } catch (error) {
    listener.failed(error);
  }
}

function isVariable(x: object): boolean {
  return 'trainable' in x && 'assign' in x;
}

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

/** Name of the first output's loss, as given to compile; null for a function of the user's own. */
export function lossNameOf(model: ModelLike): string | null {
  const { loss } = innerModel(model) as { loss?: unknown };
  const first = typeof loss === 'object' && loss !== null ? Object.values(loss)[0] : loss;
  return typeof first === 'string' ? first : null;
}

/** Class indices as a tensor: [B] float32, [B, 1] for one sigmoid column, or one-hot [B, C]. Run inside a tidy. */
export function labelTensor(
  tf: TfLike,
  labels: Int32Array,
  form: 'indices' | 'column' | 'one-hot',
  classes: number,
): TensorLike {
  const make = tf as unknown as {
    tensor(values: ArrayLike<number>, shape: number[], dtype: string): TensorLike;
    oneHot(indices: TensorLike, depth: number): TensorLike;
  };
  if (form === 'one-hot') return make.oneHot(make.tensor(labels, [labels.length], 'int32'), classes);
  return make.tensor(labels, form === 'column' ? [labels.length, 1] : [labels.length], 'float32');
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

/** Units of the first output (the last length of its shape); null while the model is not built. */
export function outputUnitsOf(model: ModelLike): number | null {
  const { outputs } = innerModel(model) as { outputs?: readonly { readonly shape: readonly (number | null)[] }[] };
  return outputs?.[0]?.shape.at(-1) ?? null;
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

/** Waits until the backend has started: some (wasm) can't be asked anything before. */
export async function ready(tf: TfLike): Promise<void> {
  await (tf as { ready?(): Promise<void> }).ready?.();
}

/** Runs `f` and disposes what it made, except what it kept. */
export function tidy<T>(tf: TfLike, f: () => T): T {
  let result: T | undefined;
  (tf as unknown as { tidy(f: () => void): void }).tidy(() => {
    result = f();
  });
  return result as T;
}

/** A second handle on the same data that outlives every tidy until it is disposed. */
export function keepClone(tf: TfLike, tensor: TensorLike): TensorLike {
  return (tf as unknown as { keep(tensor: TensorLike): TensorLike }).keep(tensor.clone());
}

/** Version of this copy of tfjs, or 'unknown'. */
export function versionOf(tf: TfLike): string {
  const { version_core, version } = tf as { version_core?: string; version?: { tfjs?: string; 'tfjs-core'?: string } };
  return version_core ?? version?.tfjs ?? version?.['tfjs-core'] ?? 'unknown';
}
