/**
 * - `tf.engine().registeredVariables`: all variables, by name.
 * - `tf.engine().keep`: everything that is to outlive a tidy passes here. Public method, undocumented.
 */
import type { TensorLike, TfLike } from '../../tf.ts';
import { tidy } from './tensors.ts';

interface Engine {
  registeredVariables?: { readonly [name: string]: TensorLike };
  keep?: (tensor: TensorLike) => TensorLike;
}

const heard = new WeakMap<object, { kept: TensorLike[] | null }>();

/**
 * Runs `f` and disposes every tensor and every variable that it made, also when it throws: tfjs itself leaves some of a disposed model
 * behind (weights of models within models, an optimizer's own). What is kept (`keepClone`) stays. `f` must not wait for anything; it is
 * given a function that says whether a variable was made by it.
 */
export function confined<T>(tf: TfLike, f: (isNew: (variable: object) => boolean) => T): T {
  const engine = tf.engine() as Engine;
  const before = new Set<object>(Object.values(engine.registeredVariables ?? {}));
  try {
    return tidy(tf, () => f((variable) => !before.has(variable)));
  } finally {
    for (const variable of Object.values(engine.registeredVariables ?? {})) {
      if (!before.has(variable)) variable.dispose();
    }
  }
}

/** Runs `f` and disposes what it kept: a recurrent layer keeps masks and states for its next call, of which there is none. */
export function withoutKept<T>(tf: TfLike, f: () => T): T {
  const listener = listenerOf(tf.engine() as Engine);
  const outer = listener.kept;
  const kept: TensorLike[] = [];
  listener.kept = kept;
  try {
    return f();
  } finally {
    listener.kept = outer;
    for (const tensor of kept) if (!tensor.isDisposed) tensor.dispose();
  }
}

/** Installed once and left in place, as the other hooks: with nobody listening it calls through. */
function listenerOf(engine: Engine): { kept: TensorLike[] | null } {
  let listener = heard.get(engine);
  if (listener === undefined) {
    const made: { kept: TensorLike[] | null } = { kept: null };
    listener = made;
    heard.set(engine, made);
    const original = engine.keep;
    if (typeof original === 'function') {
      engine.keep = (tensor) => {
        made.kept?.push(tensor);
        return original.call(engine, tensor);
      };
    }
  }
  return listener;
}
