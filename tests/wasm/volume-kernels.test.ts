import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerTrainingKernels, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, tf, uniform, type Values } from './backends.ts';
import { convolve } from './reference.ts';
import { windows } from './shapes.ts';

let handle: WasmKernels;
beforeAll(async () => {
  handle = registerTrainingKernels(await wasm());
});
afterAll(() => handle.restore());

/** Through the engine: compositions take tensors. */
function run(kernel: string, inputs: { readonly [name: string]: Values }, attrs: object): ArrayLike<number> {
  return tf.tidy(() => {
    const tensors = Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])]);
    return (tf.engine().runKernel(kernel, Object.fromEntries(tensors), attrs as never) as tf.Tensor).dataSync();
  });
}

const cases = windows(3, { dilated: false, explicit: false, channels: 3, input: 5 }).filter(
  ({ pad }) => typeof pad === 'string',
);

test.each(['Conv3D', 'Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2'])('%s is right for all strides', (kernel) => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), ({ geometry, strides, pad, seed }, out) => {
      const { batch, channels, axes } = geometry;
      const x = uniform([batch, ...axes.map(({ input }) => input), channels], seed);
      const filter = uniform([...axes.map(({ size }) => size), channels, out], seed + 1);
      const dy = uniform([batch, ...axes.map(({ output }) => output), out], seed + 2);
      const attrs = { strides, pad, dataFormat: 'NDHWC', dilations: [1, 1, 1] };
      const all = { ...attrs, filterShape: filter.shape, inputShape: x.shape };
      const loss = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(convolve(geometry, out, a, b), dy.values);
      if (kernel === 'Conv3D') {
        const expected = convolve(geometry, out, x.values, filter.values);
        expect(distance(run(kernel, { x, filter }, attrs), expected)).toBeLessThan(2e-5);
      } else if (kernel === 'Conv3DBackpropFilterV2') {
        const expected = numericalGradient((v) => loss(x.values, v), new Float64Array(filter.values.length), 1);
        expect(distance(run(kernel, { x, dy }, all), expected)).toBeLessThan(2e-5);
      } else {
        const expected = numericalGradient((v) => loss(v, filter.values), new Float64Array(x.values.length), 1);
        expect(distance(run(kernel, { dy, filter }, all), expected)).toBeLessThan(2e-5);
      }
    }),
    { numRuns: 60, seed: 9 },
  );
});
