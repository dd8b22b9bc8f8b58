import * as tf from '@tensorflow/tfjs';

export { tf };

/** A tensor outside of any backend. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

interface Backend {
  makeTensorInfo(shape: readonly number[], dtype: string, values: unknown): { dataId: object };
  makeOutput(shape: readonly number[], dtype: string, offset: null, values: unknown): { dataId: object };
  readSync(dataId: object): Float32Array;
  disposeData(dataId: object): void;
}

/** Runs one kernel of a backend by itself, without the engine: its result as plain values. */
export function runKernel(
  backendName: 'cpu' | 'wasm',
  kernel: string,
  inputs: { readonly [name: string]: Values },
  attrs: object,
): Values {
  const backend = tf.engine().findBackend(backendName) as unknown as Backend;
  const infos = Object.entries(inputs).map(([name, { shape, values }]) => {
    const dtype = values instanceof Int32Array ? 'int32' : 'float32';
    const { dataId } =
      backendName === 'wasm'
        ? backend.makeOutput(shape, dtype, null, values)
        : backend.makeTensorInfo(shape, dtype, values);
    return [name, { dataId, shape: [...shape], dtype }] as const;
  });
  const { kernelFunc } = tf.getKernel(kernel, backendName)!;
  const out = kernelFunc({ inputs: Object.fromEntries(infos) as never, backend, attrs: attrs as never }) as {
    dataId: object;
    shape: number[];
  };
  const values = Float32Array.from(backend.readSync(out.dataId));
  for (const { dataId } of [...infos.map(([, info]) => info), out]) backend.disposeData(dataId);
  return { shape: out.shape, values };
}

/** Reproducible values in -1..1 out of a seed. */
export function uniform(shape: readonly number[], seed: number): Values {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 4294967296) * 2 - 1;
  };
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, next) };
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Largest difference, in units of the largest value of `expected` (or of 1, if all are small). */
export function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return most / scale;
}

/**
 * Derivative of `f` at `x`, entry by entry, by central differences in double precision.
 * For functions that are linear or piecewise linear any step inside of the piece is exact.
 */
export function numericalGradient(f: (x: Float64Array) => number, x: ArrayLike<number>, step = 1e-6): Float64Array {
  const point = Float64Array.from(x);
  return point.map((value, i) => {
    point[i] = value + step;
    const above = f(point);
    point[i] = value - step;
    const below = f(point);
    point[i] = value;
    return (above - below) / (2 * step);
  });
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
