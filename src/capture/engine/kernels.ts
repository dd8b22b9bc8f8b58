/**
 * - `tf.engine().runKernel`: operations look it up on the engine at every call, so a function put in front of it sees
 *   every kernel with its exact inputs and attributes.
 */
import type { TfLike } from '../../tf.ts';
import type { TapeTensor } from './tape.ts';

export interface KernelCall {
  readonly name: string;
  readonly inputs: { readonly [name: string]: TapeTensor };
  readonly attrs: { readonly [name: string]: unknown };
}

/**
 * Told about kernels while it is the current listener; not about those that a kernel or the listener runs. Must not throw.
 * Written with single arguments: it is called some hundred times per step.
 */
export interface KernelListener {
  before(name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs']): void;
  /** What the kernel would compute, in its place: it does not run then, and `after` is not called. Null: it runs. */
  answer?(name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs']): TapeTensor | null;
  after?(name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs'], output: TapeTensor): void;
}

const NONE: KernelCall['attrs'] = {};

type RunKernel = (name: string, inputs: KernelCall['inputs'], attrs?: KernelCall['attrs']) => TapeTensor | TapeTensor[];
interface Engine {
  runKernel: RunKernel;
}

const known = new WeakMap<object, Kernels>();

/** The kernels of one engine. */
export class Kernels {
  private listener: KernelListener | null = null;
  private owner: object | null = null;

  private constructor(engine: Engine) {
    const original = engine.runKernel;
    const kernels = this;
    // Installed once and left in place: adding and deleting the property per step would make the engine a slow object.
    engine.runKernel = function runKernel(name, inputs, attrs) {
      const { listener } = kernels;
      if (listener === null) return original.call(engine, name, inputs, attrs);
      kernels.listener = null;
      try {
        listener.before(name, inputs, attrs ?? NONE);
        const answer = listener.answer?.(name, inputs, attrs ?? NONE) ?? null;
        if (answer !== null) return answer;
        const output = original.call(engine, name, inputs, attrs);
        if (!Array.isArray(output)) listener.after?.(name, inputs, attrs ?? NONE, output);
        return output;
      } finally {
        kernels.listener = listener;
      }
    };
  }

  /** The kernels of this copy of tfjs; null where there is no `runKernel` to listen to. */
  static of(tf: TfLike): Kernels | null {
    const engine = tf.engine() as Engine;
    if (typeof engine.runKernel !== 'function') return null;
    let kernels = known.get(engine);
    if (kernels === undefined) {
      kernels = new Kernels(engine);
      known.set(engine, kernels);
    }
    return kernels;
  }

  /** Takes a pass for one measurement alone; false: another one has it. */
  claim(owner: object): boolean {
    this.owner ??= owner;
    return this.owner === owner;
  }

  /** Lets go of the pass, if it is the owner's; nobody listens any more. */
  release(owner: object): void {
    if (this.owner !== owner) return;
    this.owner = null;
    this.listener = null;
  }

  /** Runs `f` while `listener` listens. */
  heard<T>(listener: KernelListener, f: () => T): T {
    const before = this.listener;
    this.listener = listener;
    try {
      return f();
    } finally {
      this.listener = before;
    }
  }

  /** Listens (null: nobody does) until the next call; for a stretch that begins and ends in different functions. */
  listen(listener: KernelListener | null): void {
    this.listener = listener;
  }
}
