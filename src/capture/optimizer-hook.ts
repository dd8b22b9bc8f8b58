import type { TapeTensor } from './engine/tape.ts';

/** Told about the updates of one optimizer. */
export interface OptimizerListener {
  /** Before the weights change, with the gradients that the optimizer got. */
  beforeUpdate(gradients: readonly TapeTensor[]): void;
  /** The weights have changed. */
  afterUpdate(): void;
  /** The update threw: the weights are as they were, or worse. */
  failedUpdate(): void;
}

interface Optimizer {
  applyGradients: Method;
  computeGradients: Method;
}
type Method = (this: unknown, ...args: unknown[]) => unknown;

interface Cover {
  readonly listeners: Set<OptimizerListener>;
  readonly restore: () => void;
}

const covers = new WeakMap<object, Cover>();

/** Those whose optimizer is computing gradients right now; null when none is. */
let computing: ReadonlySet<OptimizerListener> | null = null;

/** Whether the gradients that are being computed are known to be another optimizer's, or this one's; null: nobody knows. */
export function isComputing(listener: OptimizerListener): boolean | null {
  return computing === null ? null : computing.has(listener);
}

/** Calls `listener` around every update; returns the function that stops it. The last one to stop uncovers the optimizer. */
export function listenToOptimizer(optimizer: object, listener: OptimizerListener): () => void {
  const cover = covers.get(optimizer) ?? coverOf(optimizer as Optimizer);
  covers.set(optimizer, cover);
  cover.listeners.add(listener);
  return () => {
    cover.listeners.delete(listener);
    if (cover.listeners.size > 0) return;
    cover.restore();
    covers.delete(optimizer);
  };
}

function coverOf(optimizer: Optimizer): Cover {
  const listeners = new Set<OptimizerListener>();
  const uncoverCompute = override(optimizer, 'computeGradients', (compute) => {
    return function (this: unknown, ...args) {
      const outer = computing;
      computing = listeners;
      try {
        return compute.apply(this, args);
      } finally {
        computing = outer;
      }
    };
  });
  const uncoverApply = override(optimizer, 'applyGradients', (apply) => {
    return function (this: unknown, ...args) {
      const gradients = gradientsIn(args[0]);
      for (const listener of listeners) listener.beforeUpdate(gradients);
      let result: unknown;
      try {
        result = apply.apply(this, args);
      } catch (error) {
        for (const listener of listeners) listener.failedUpdate();
        throw error;
      }
      for (const listener of listeners) listener.afterUpdate();
      return result;
    };
  });
  const restore = () => {
    uncoverCompute();
    uncoverApply();
  };
  return { listeners, restore };
}

/** What `applyGradients` was given: tensors by the names of their weights, or a list of both. */
function gradientsIn(given: unknown): TapeTensor[] {
  const tensors = Array.isArray(given) ? given.map((one) => one?.tensor) : Object.values(given ?? {});
  return tensors.filter((one) => one !== null && one !== undefined);
}

/** Covers a method of one object; the returned function uncovers it, unless somebody else has covered it since. */
function override<K extends keyof Optimizer>(
  target: Optimizer,
  name: K,
  wrap: (original: Method) => Method,
): () => void {
  const own = Object.hasOwn(target, name);
  const original = target[name];
  const wrapped = wrap(original);
  target[name] = wrapped;
  return () => {
    if (target[name] !== wrapped) return;
    if (own) target[name] = original;
    else Reflect.deleteProperty(target, name);
  };
}
