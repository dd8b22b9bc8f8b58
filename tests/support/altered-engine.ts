import type { TfLike } from '../../src/tf.ts';
import { tf } from './tensorflow.ts';

/** What another version of TensorFlow.js might do otherwise than the one we know. */
export interface Alterations {
  /** The tape is not where it was. */
  readonly withoutTape?: boolean;
  /** Operations run their kernels otherwise, and setting `runKernel` has no effect. */
  readonly fixedKernels?: boolean;
  /** `runKernel` may not be set at all. */
  readonly frozenKernels?: boolean;
  /** There is no `gradients`. */
  readonly withoutGradients?: boolean;
}

type Members = Record<string | symbol, unknown>;

/** tfjs with an engine that looks altered from outside; operations go on using the real one. */
export function alteredTf({ withoutTape, fixedKernels, frozenKernels, withoutGradients }: Alterations = {}): TfLike {
  const state = (real: Members) =>
    new Proxy(real, {
      get: (target, name) => (withoutTape && name === 'activeTape' ? undefined : target[name]),
      set: (target, name, value) => Reflect.set(target, name, value),
    });
  const engine = new Proxy(tf.engine() as unknown as Members, {
    get(target, name) {
      if (name === 'state') return state(target.state as Members);
      if (name === 'gradients' && withoutGradients) return undefined;
      const value = target[name];
      // Methods of the engine see the engine itself.
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, name, value) {
      if (name === 'runKernel' && frozenKernels) return false;
      return name === 'runKernel' && fixedKernels ? true : Reflect.set(target, name, value);
    },
  });
  return { ...tf, engine: () => engine };
}
