/**
 * What classwatch needs of TensorFlow.js, as structural interfaces of its own: a type import from one version or
 * package of tfjs would refuse every other. Any of @tensorflow/tfjs, tfjs-node, tfjs-node-gpu, tfjs-core fits.
 */
import { UsageError } from './usage-error.ts';

export type TensorData = Float32Array | Int32Array | Uint8Array;

/** A tensor of any copy of TensorFlow.js. */
export interface TensorLike {
  readonly shape: number[];
  readonly size: number;
  readonly dtype: string;
  readonly isDisposed: boolean;
  dataSync(): TensorData;
  data(): Promise<TensorData>;
  clone(): TensorLike;
  dispose(): void;
}

/** The namespace of a copy of TensorFlow.js: what `import * as tf` gives. */
export interface TfLike {
  engine(): object;
  getBackend(): string;
}

/** Throws a UsageError for a first argument that is no TensorFlow.js. */
export function expectTf(tf: unknown): void {
  const { engine, getBackend } = (tf ?? {}) as Partial<TfLike>;
  if (typeof engine === 'function' && typeof getBackend === 'function') return;
  const got = typeof tf !== 'object' ? typeof tf : tf === null ? 'null' : 'another object';
  throw new UsageError(
    `Expected the TensorFlow.js that trains as the first argument, got ${got}: pass what import * as tf from '@tensorflow/tfjs' gives.`,
  );
}

/** An optimizer of any copy of TensorFlow.js. */
export interface OptimizerLike {
  applyGradients(gradients: never): void;
  computeGradients(f: never, varList?: never): { value: TensorLike };
}

/** A LayersModel or Sequential of any copy of TensorFlow.js. */
export interface ModelLike {
  readonly layers: object[];
  predict(x: never, args?: never): unknown;
  getClassName(): string;
}
