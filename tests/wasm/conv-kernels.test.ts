import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, runKernel, uniform } from './backends.ts';
import { convolve, convolveDepthwise } from './reference.ts';
import { type Window, windows } from './shapes.ts';

const RUNS = { numRuns: 120, seed: 7 };
const TOLERANCE = 2e-5;

beforeAll(async () => {
  registerTrainingKernels(await wasm());
});

function tensors({ geometry, seed }: Window, columns: number) {
  const { batch, channels, axes } = geometry;
  const x = uniform([batch, ...axes.map(({ input }) => input), channels], seed);
  const sizes = axes.map(({ size }) => size);
  return { x, sizes, dyShape: [batch, ...axes.map(({ output }) => output)], columns };
}

const columns = fc.integer({ min: 1, max: 19 });

describe('Conv2DBackpropFilter', () => {
  test('is the numerical gradient, for all strides, dilations and paddings', () => {
    fc.assert(
      fc.property(windows(2), columns, (window, out) => {
        const { x, sizes, dyShape } = tensors(window, out);
        const dy = uniform([...dyShape, out], window.seed + 1);
        const { strides, dilations, pad } = window;
        const filterShape = [...sizes, window.geometry.channels, out];
        const attrs = { strides, dilations, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor', filterShape };
        const got = runKernel('wasm', 'Conv2DBackpropFilter', { x, dy }, attrs);
        const zero = new Float64Array(got.values.length);
        // Linear in the filter: a step of one is exact, and one entry of the gradient per basis vector.
        const f = (filter: Float64Array) => dot(convolve(window.geometry, out, x.values, filter), dy.values);
        const expected = zero.length <= 200 ? numericalGradient(f, zero, 1) : directional(f, got.values);
        expect(distance(zero.length <= 200 ? got.values : [dot(got.values, got.values)], expected)).toBeLessThan(
          TOLERANCE,
        );
      }),
      RUNS,
    );
  });

  test('agrees with the cpu backend', () => {
    fc.assert(
      fc.property(windows(2, { dilated: false }), columns, (window, out) => {
        const { x, sizes, dyShape } = tensors(window, out);
        const dy = uniform([...dyShape, out], window.seed + 1);
        const filterShape = [...sizes, window.geometry.channels, out];
        const attrs = { ...window, dataFormat: 'NHWC', dimRoundingMode: 'floor', filterShape };
        const [ours, theirs] = (['wasm', 'cpu'] as const).map((backend) =>
          runKernel(backend, 'Conv2DBackpropFilter', { x, dy }, attrs),
        );
        expect(ours!.shape).toEqual(theirs!.shape);
        expect(distance(ours!.values, theirs!.values)).toBeLessThan(TOLERANCE);
      }),
      RUNS,
    );
  });
});

/** Derivative along the direction that is claimed to be the gradient: must be its squared length. */
function directional(f: (x: Float64Array) => number, direction: ArrayLike<number>): number[] {
  return [(f(Float64Array.from(direction)) - f(Float64Array.from(direction, (v) => -v))) / 2];
}

describe('DepthwiseConv2dNativeBackpropFilter and ...Input', () => {
  const multiplier = fc.integer({ min: 1, max: 3 });

  test('are the numerical gradients, for all strides, dilations, paddings and multipliers', () => {
    fc.assert(
      fc.property(windows(2), multiplier, (window, copies) => {
        const { x, sizes, dyShape } = tensors(window, copies);
        const { channels } = window.geometry;
        const filter = uniform([...sizes, channels, copies], window.seed + 2);
        const dy = uniform([...dyShape, channels * copies], window.seed + 1);
        const attrs = { ...window, dimRoundingMode: 'floor', filterShape: filter.shape, inputShape: x.shape };
        const ofFilter = runKernel('wasm', 'DepthwiseConv2dNativeBackpropFilter', { x, dy }, attrs);
        const ofInput = runKernel('wasm', 'DepthwiseConv2dNativeBackpropInput', { dy, filter }, attrs);
        const loss = (a: ArrayLike<number>, b: ArrayLike<number>) =>
          dot(convolveDepthwise(window.geometry, copies, a, b), dy.values);
        const byFilter = numericalGradient((value) => loss(x.values, value), new Float64Array(filter.values.length), 1);
        expect(distance(ofFilter.values, byFilter)).toBeLessThan(TOLERANCE);
        const byInput = numericalGradient((value) => loss(value, filter.values), new Float64Array(x.values.length), 1);
        expect(distance(ofInput.values, byInput)).toBeLessThan(TOLERANCE);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  test('agree with the cpu backend', () => {
    fc.assert(
      fc.property(windows(2, { dilated: false }), multiplier, (window, copies) => {
        const { x, sizes, dyShape } = tensors(window, copies);
        const { channels } = window.geometry;
        const filter = uniform([...sizes, channels, copies], window.seed + 2);
        const dy = uniform([...dyShape, channels * copies], window.seed + 1);
        const attrs = { ...window, dimRoundingMode: 'floor', filterShape: filter.shape, inputShape: x.shape };
        for (const [kernel, inputs] of [
          ['DepthwiseConv2dNativeBackpropFilter', { x, dy }],
          ['DepthwiseConv2dNativeBackpropInput', { dy, filter }],
        ] as const) {
          const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) => runKernel(name, kernel, inputs, attrs));
          expect(ours!.shape).toEqual(theirs!.shape);
          expect(distance(ours!.values, theirs!.values), kernel).toBeLessThan(TOLERANCE);
        }
      }),
      RUNS,
    );
  });
});
