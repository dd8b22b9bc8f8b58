import { BACKEND, type GradientConfig, type KernelFunction, type WasmTf } from './backend.ts';

/**
 * How a kernel of this backend comes about. `native`: as TensorFlow.js ships it. `supplied`: it was missing. `mended`:
 * it computed something wrong. `accelerated`: replaced by a faster one. `composed`: supplied or mended, but out of plain
 * operations, which is slower. `missing`: there is none.
 */
export type KernelState = 'native' | 'supplied' | 'mended' | 'accelerated' | 'composed' | 'missing';

const states = new WeakMap<object, KernelState>();

/** The state of a kernel now. */
export function stateOf(tf: WasmTf, name: string): KernelState {
  const config = tf.getKernel(name, BACKEND);
  return config === undefined ? 'missing' : (states.get(config.kernelFunc) ?? 'native');
}

/** A set of replacements that can be taken back together. */
export class Overrides {
  readonly #tf: WasmTf;
  readonly #undo: (() => void)[] = [];

  constructor(tf: WasmTf) {
    this.#tf = tf;
  }

  /** Registers a kernel; `make` gets the one that was there before. */
  kernel(kernelName: string, state: KernelState, make: (before: KernelFunction | undefined) => KernelFunction): void {
    const tf = this.#tf;
    const before = tf.getKernel(kernelName, BACKEND);
    const kernelFunc = make(before?.kernelFunc);
    states.set(kernelFunc, state);
    if (before !== undefined) tf.unregisterKernel(kernelName, BACKEND);
    // The setup of the kernel that was there stays: it is run again when the backend is made anew.
    tf.registerKernel({ ...before, kernelName, backendName: BACKEND, kernelFunc });
    this.#undo.push(() => {
      // Someone replaced ours in the meantime: theirs stays.
      if (tf.getKernel(kernelName, BACKEND)?.kernelFunc !== kernelFunc) return;
      tf.unregisterKernel(kernelName, BACKEND);
      if (before !== undefined) tf.registerKernel(before);
    });
  }

  /** Registers the gradient of a kernel that has none. */
  gradient(config: GradientConfig): void {
    this.#tf.registerGradient(config);
    this.#undo.push(() => {
      if (this.#tf.getGradient(config.kernelName) === config) this.#tf.unregisterGradient(config.kernelName);
    });
  }

  /** Replaces a method of a prototype. */
  method<T extends object, K extends keyof T>(prototype: T, name: K, make: (before: T[K]) => T[K]): void {
    const before = prototype[name];
    const after = make(before);
    prototype[name] = after;
    this.#undo.push(() => {
      if (prototype[name] === after) prototype[name] = before;
    });
  }

  /** Takes everything back, the last replacement first. Doing it twice does nothing. */
  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
