import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import '../support/properties.ts';
import { listening } from '../../src/wasm/class-sink.ts';
import type { Native } from '../../src/wasm/native.ts';
import { distance, dot, runKernel, sizeOf, uniform, type Values } from './backends.ts';
import * as memory from './memory.ts';
import { row, startNative } from './memory.ts';
import { type Window, windows } from './shapes.ts';

const TOLERANCE = 1e-6;

let native: Native;
beforeAll(async () => {
  native = await startNative();
});
const put = (name: string, values: ArrayLike<number>) => memory.put(native, name, values);
const putDoubles = (name: string, values: ArrayLike<number>) => memory.putDoubles(native, name, values);

/** Largest difference in units of the largest expected value, however small that is. */
function relative(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  return distance(
    Array.from(got, (v) => v / scale),
    Array.from(expected, (v) => v / scale),
  );
}

type Filter = 'Conv2DBackpropFilter' | 'DepthwiseConv2dNativeBackpropFilter';

/** dy of the images that `keep` says, zeros for the others. */
function only(dy: Values, images: number, keep: (image: number) => boolean): Values {
  const each = sizeOf(dy.shape) / images;
  return { shape: dy.shape, values: dy.values.map((value, at) => (keep(Math.floor(at / each)) ? value : 0)) };
}

function gradientsBySink(kernel: Filter, { x, dy }: { x: Values; dy: Values }, attrs: object, rowOf: number[]) {
  const rows = Math.max(...rowOf) + 2;
  const plain = runKernel('wasm', kernel, { x, dy }, attrs);
  const size = plain.values.length;
  const weights = put('class-rows', new Float32Array(rows * size));
  const squares = putDoubles('class-squares', new Float64Array(rowOf.length));
  const sink = { rowOf: Int32Array.from(rowOf), weights: weights.at, squares: squares.at, taken: false, pixels: null };
  listening.sink = sink;
  try {
    const heard = runKernel('wasm', kernel, { x, dy }, attrs);
    return { rows, size, plain, heard, taken: sink.taken, weights: weights.take(), squares: squares.take() };
  } finally {
    listening.sink = null;
  }
}

describe('Filter gradients of single images', () => {
  const check = (kernel: Filter, window: Window, out: number, filterShape: number[], rowOf: number[]) => {
    const { geometry, strides, dilations, pad, seed } = window;
    const images = geometry.batch;
    const x = uniform([images, ...geometry.axes.map(({ input }) => input), geometry.channels], seed);
    const dy = uniform([images, ...geometry.axes.map(({ output }) => output), out], seed + 1);
    const attrs = { strides, dilations, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor', filterShape };
    const { rows, size, plain, heard, taken, weights, squares } = gradientsBySink(kernel, { x, dy }, attrs, rowOf);
    expect(taken).toBe(true);
    expect(heard.values, 'bit for bit the same, whoever listens').toEqual(plain.values);
    const ofImages = (keep: (image: number) => boolean) =>
      runKernel('wasm', kernel, { x, dy: only(dy, images, keep) }, attrs).values;
    const total = new Float64Array(size);
    for (let c = 0; c < rows; c++) {
      const own = row(weights, c, size);
      expect(
        relative(
          own,
          ofImages((image) => rowOf[image] === c),
        ),
      ).toBeLessThan(TOLERANCE);
      own.forEach((value, at) => {
        total[at]! += value;
      });
    }
    expect(relative(total, plain.values)).toBeLessThan(TOLERANCE);
    const norms = rowOf.map((_, i) => {
      const own = ofImages((image) => image === i);
      return dot(own, own);
    });
    expect(relative(squares, norms)).toBeLessThan(TOLERANCE);
  };
  const rowsOf = fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 });

  test('of a convolution go to the rows of their classes, their squares beside; the sum stays bit for bit the same', () => {
    fc.assert(
      fc.property(windows(2), fc.integer({ min: 1, max: 19 }), rowsOf, (window, out, rowOf) => {
        const { batch, channels, axes } = window.geometry;
        const filterShape = [...axes.map(({ size }) => size), channels, out];
        check('Conv2DBackpropFilter', window, out, filterShape, rowOf.slice(0, batch));
      }),
    );
  });

  test('of a depthwise convolution do the same', () => {
    fc.assert(
      fc.property(windows(2), fc.integer({ min: 1, max: 3 }), rowsOf, (window, copies, rowOf) => {
        const { batch, channels, axes } = window.geometry;
        const filterShape = [...axes.map(({ size }) => size), channels, copies];
        check('DepthwiseConv2dNativeBackpropFilter', window, channels * copies, filterShape, rowOf.slice(0, batch));
      }),
    );
  });

  test('are not left anywhere when the listener expects another batch', () => {
    const [x, dy] = [uniform([3, 4, 4, 2], 1), uniform([3, 4, 4, 2], 2)];
    const attrs = { strides: 1, dilations: 1, pad: 'same', filterShape: [2, 2, 2, 2] };
    const got = gradientsBySink('Conv2DBackpropFilter', { x, dy }, attrs, [0, 1]);
    expect(got.taken).toBe(false);
    expect(got.heard.values).toEqual(got.plain.values);
    expect([...got.weights, ...got.squares].every((value) => value === 0)).toBe(true);
  });

  test('do not count what the kernel reads behind a run', () => {
    // A filter of one pixel that steps over every second one: only the values behind its runs are infinite.
    const x = uniform([1, 3, 7, 1], 1);
    for (let at = 0; at < x.values.length; at++) if ((at % 7) % 2 === 1) x.values[at] = Number.POSITIVE_INFINITY;
    const dy = uniform([1, 2, 4, 1], 2);
    const attrs = { strides: 2, dilations: 1, pad: 'valid', filterShape: [1, 1, 1, 1] };
    const got = gradientsBySink('Conv2DBackpropFilter', { x, dy }, attrs, [0]);
    expect(relative(got.squares, [dot(got.plain.values, got.plain.values)])).toBeLessThan(TOLERANCE);
  });
});
