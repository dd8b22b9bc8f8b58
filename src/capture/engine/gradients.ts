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
import { isVariable, releaseTape, type TapeTensor } from './tape.ts';

/** Gradients in the order of the variables, null where the loss does not depend on one. */
export type Gradients = readonly (TapeTensor | null)[];

/**
 * Computes the gradients of a training step once more, unseen by anybody: calls the step's own forward function again.
 * The caller disposes what comes out, or runs it inside a tidy.
 */
export type Again = () => Gradients;

/** Told about each outermost computation of gradients with respect to variables. */
export interface GradientListener {
  /** Before the forward pass; no tape is running yet. */
  before(variables: readonly object[]): void;
  /** Inside the forward pass, when the loss is known and every tensor of the pass is still alive. */
  forward(loss: TensorLike): void;
  /** After the backward pass. `again` may only be called inside. */
  backward(gradients: Gradients, again: Again): void;
  /** After all of it, also when something threw. */
  after(): void;
  /** One of the above threw: training went on. */
  failed(error: unknown): void;
}

type Compute = (f: () => TensorLike, xs: readonly object[], ...rest: unknown[]) => unknown;
interface Engine {
  gradients: Compute;
}

const hooks = new WeakMap<object, Set<GradientListener>>();

/** Calls `listener` around every computation of gradients by this copy of tfjs; returns the function that stops it. */
export function listenToGradients(tf: TfLike, listener: GradientListener): () => void {
  const listeners = listenersOf(tf);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Runs `f` with `listener` as the only one: what `f` computes is nobody's training. */
export function listenAlone<T>(tf: TfLike, listener: GradientListener, f: () => T): T {
  const listeners = listenersOf(tf);
  const others = [...listeners];
  listeners.clear();
  listeners.add(listener);
  try {
    return f();
  } finally {
    listeners.delete(listener);
    for (const other of others) listeners.add(other);
  }
}

/** Throws a UsageError where there is nothing to hook. */
function listenersOf(tf: TfLike): Set<GradientListener> {
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
  return listeners;
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
      const again = () => {
        try {
          return gradientsOf(original.call(this, f, xs, ...rest));
        } catch (error) {
          releaseTape(this);
          throw error;
        }
      };
      for (const listener of present) shield(listener, () => listener.backward(gradientsOf(result), again));
      return result;
    } finally {
      depth--;
      for (const listener of present) shield(listener, () => listener.after());
    }
  };
}

function gradientsOf(result: unknown): Gradients {
  const { grads = [] } = result as { grads?: (TapeTensor | null | undefined)[] };
  return grads.map((one) => one ?? null);
}

/** Nothing that a listener does may reach the training loop. */
function shield(listener: GradientListener, call: () => void): void {
  try {
    call();
  } catch (error) {
    listener.failed(error);
  }
}
