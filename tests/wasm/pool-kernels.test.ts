import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, runKernel, sizeOf, uniform, type Values } from './backends.ts';
import { maxPool } from './reference.ts';
import { type Window, windows } from './shapes.ts';

const RUNS = { numRuns: 80, seed: 11 };
const options = { explicit: false, channels: 9, input: 7 };

let kernels: WasmKernels;
beforeAll(async () => {
  kernels = registerTrainingKernels(await wasm());
});

/** Distinct values, mostly negative, so that there are no ties and the maxima of many windows lie below zero. */
function distinct(shape: readonly number[], seed: number): Values {
  const order = uniform(shape, seed).values.map((value, i) => value + i * 1e-9);
  const ranks = [...order.keys()].sort((a, b) => order[a]! - order[b]!);
  const values = new Float32Array(sizeOf(shape));
  ranks.forEach((at, rank) => {
    values[at] = (rank - 0.9 * ranks.length) / 8;
  });
  return { shape, values };
}

function tensors({ geometry, seed }: Window) {
  const { batch, channels, axes } = geometry;
  const x = distinct([batch, ...axes.map(({ input }) => input), channels], seed);
  return { x, dy: uniform([batch, ...axes.map(({ output }) => output), channels], seed + 1) };
}

const attrsOf = ({ geometry, pad, strides }: Window) => ({
  filterSize: geometry.axes.map(({ size }) => size),
  dimRoundingMode: 'floor',
  ...{ pad, strides },
});

// tfjs pads nothing but 'same' and 'valid' without trouble here: no window may lie wholly in the padding.
const seen = (window: Window) =>
  window.geometry.axes.every(({ output, stride, before, input }) => (output - 1) * stride - before < input);

describe.each([
  [2, 'MaxPoolGrad'],
  [3, 'MaxPool3DGrad'],
] as const)('of rank %i', (rank, kernel) => {
  const cases = windows(rank, { ...options, dilated: false, input: rank === 2 ? 7 : 5 }).filter(seen);

  test(`${kernel} is the numerical gradient where maxima are negative`, () => {
    fc.assert(
      fc.property(cases, (window) => {
        const { x, dy } = tensors(window);
        if (x.values.length > 600) return;
        const y = runKernel('cpu', rank === 2 ? 'MaxPool' : 'MaxPool3D', { x }, attrsOf(window));
        const got = runKernel('wasm', kernel, { dy, input: x, output: y }, attrsOf(window));
        // Neighbouring values differ by 1/8: half a step away from each other nothing changes places.
        const expected = numericalGradient((v) => dot(maxPool(window.geometry, v), dy.values), x.values, 1 / 32);
        expect(distance(got.values, expected)).toBeLessThan(1e-5);
      }),
      RUNS,
    );
  });

  // The cpu backend mistakes rows for columns in windows of volumes that are not as high as wide.
  const right = cases.filter(({ geometry: { axes } }) => rank === 2 || axes[1]!.size === axes[2]!.size);

  test(`${kernel} agrees with the cpu backend`, () => {
    fc.assert(
      fc.property(right, (window) => {
        const { x, dy } = tensors(window);
        const y = runKernel('cpu', rank === 2 ? 'MaxPool' : 'MaxPool3D', { x }, attrsOf(window));
        const inputs = { dy, input: x, output: y };
        const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) =>
          runKernel(name, kernel, inputs, attrsOf(window)),
        );
        expect(distance(ours!.values, theirs!.values)).toBeLessThan(1e-5);
      }),
      RUNS,
    );
  });
});

test('MaxPool3D is the maximum, negative or not', () => {
  fc.assert(
    fc.property(windows(3, { ...options, dilated: false, input: 5 }).filter(seen), (window) => {
      const { x } = tensors(window);
      const got = runKernel('wasm', 'MaxPool3D', { x }, attrsOf(window));
      expect(distance(got.values, maxPool(window.geometry, x.values))).toBe(0);
    }),
    RUNS,
  );
});

test('of equal values the first one gets the gradient, as on the cpu backend', () => {
  const x = { shape: [1, 4, 4, 3], values: new Float32Array(48).fill(-1) };
  const dy = uniform([1, 2, 2, 3], 5);
  const attrs = { filterSize: [2, 2], strides: [2, 2], pad: 'valid' };
  const output = { shape: [1, 2, 2, 3], values: new Float32Array(12).fill(-1) };
  const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) =>
    runKernel(name, 'MaxPoolGrad', { dy, input: x, output }, attrs),
  );
  expect([...ours!.values]).toEqual([...theirs!.values]);
});

test('the kernels that the probes found wrong are mended, the others are as they were', () => {
  expect(kernels.obstacle).toBe(null);
  const { MaxPoolGrad, MaxPool3D, MaxPool3DGrad, MaxPool, AvgPoolGrad } = kernels.kernels;
  expect({ MaxPoolGrad, MaxPool3D, MaxPool3DGrad, MaxPool, AvgPoolGrad }).toEqual({
    ...{ MaxPoolGrad: 'mended', MaxPool3D: 'mended', MaxPool3DGrad: 'mended' },
    ...{ MaxPool: 'native', AvgPoolGrad: 'native' },
  });
});
