/**
 * How this folder touches what TensorFlow.js does not promise: nowhere else in the monitor. Each reliance is named in the
 * file that has it, checked when attaching, and given up with a sentence where it is gone: training never depends on it.
 *
 * - `tf.engine().gradients`: every gradient with respect to variables passes here (`minimize`, `computeGradients`,
 *   `tf.variableGrads`), in `fit` as in hand-written loops, whatever the optimizer. Public method, undocumented.
 * - Its result: `{ value, grads }`, grads in the order of the variables.
 */
import type { TensorLike, TfLike } from '../../tf.ts';
import { UsageError } from '../../usage-error.ts';
import { isVariable, type TapeTensor } from './tape.ts';

/** Told about each outermost computation of gradients with respect to variables. */
export interface GradientListener {
  /** Before the forward pass; no tape is running yet. */
  before(variables: readonly object[]): void;
  /** Inside the forward pass, when the loss is known and every tensor of the pass is still alive. */
  forward(loss: TensorLike): void;
  /** After the backward pass: gradients in the order of the variables, null where the loss does not depend on one. */
  backward(gradients: readonly (TapeTensor | null)[]): void;
  /** After all of it, also when something threw. */
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
      const result = original.call(this, forward, xs, ...rest);
      const { grads = [] } = result as { grads?: (TapeTensor | null | undefined)[] };
      for (const listener of present) shield(listener, () => listener.backward(grads.map((one) => one ?? null)));
      return result;
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
