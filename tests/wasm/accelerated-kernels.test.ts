import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accelerateTraining, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, runKernel, tf, uniform } from './backends.ts';
import { convolve } from './reference.ts';
import { windows } from './shapes.ts';

const RUNS = { numRuns: 120, seed: 3 };
const TOLERANCE = 2e-5;

let handle: WasmKernels;
beforeAll(async () => {
  handle = accelerateTraining(await wasm());
});
afterAll(() => handle.restore());

const columns = fc.integer({ min: 1, max: 19 });

describe('convolutions', () => {
  test('Conv2DBackpropInput is the numerical gradient and agrees with the cpu backend, for all strides and paddings', () => {
    fc.assert(
      fc.property(windows(2, { dilated: false }), columns, ({ geometry, strides, pad, seed }, out) => {
        const { batch, channels, axes } = geometry;
        const inputShape = [batch, ...axes.map(({ input }) => input), channels];
        const filter = uniform([...axes.map(({ size }) => size), channels, out], seed);
        const dy = uniform([batch, ...axes.map(({ output }) => output), out], seed + 1);
        const attrs = { strides, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor', inputShape };
        const got = runKernel('wasm', 'Conv2DBackpropInput', { dy, filter }, attrs);
        expect(got.shape).toEqual(inputShape);
        const f = (x: Float64Array) => dot(convolve(geometry, out, x, filter.values), dy.values);
        if (got.values.length < 150) {
          const expected = numericalGradient(f, new Float64Array(got.values.length), 1);
          expect(distance(got.values, expected)).toBeLessThan(TOLERANCE);
        }
        const theirs = runKernel('cpu', 'Conv2DBackpropInput', { dy, filter }, attrs);
        expect(distance(got.values, theirs.values)).toBeLessThan(TOLERANCE);
      }),
      RUNS,
    );
  });

  test('Conv2D and FusedConv2D agree with the definition, for all strides, dilations and paddings', () => {
    fc.assert(
      fc.property(windows(2), columns, fc.boolean(), fc.boolean(), (window, out, relu, biased) => {
        const { geometry, strides, dilations, pad, seed } = window;
        const { batch, channels, axes } = geometry;
        const x = uniform([batch, ...axes.map(({ input }) => input), channels], seed);
        const filter = uniform([...axes.map(({ size }) => size), channels, out], seed + 1);
        const bias = uniform([out], seed + 2);
        const attrs = { strides, dilations, pad, dataFormat: 'NHWC', dimRoundingMode: 'floor' };
        const expected = convolve(geometry, out, x.values, filter.values);
        expect(distance(runKernel('wasm', 'Conv2D', { x, filter }, attrs).values, expected)).toBeLessThan(TOLERANCE);
        const inputs = { x, filter, ...(biased ? { bias } : {}) };
        const activation = relu ? 'relu' : 'linear';
        const fused = runKernel('wasm', 'FusedConv2D', inputs, { ...attrs, activation });
        const after = expected.map((value, i) => {
          const sum = value + (biased ? bias.values[i % out]! : 0);
          return relu ? Math.max(0, sum) : sum;
        });
        expect(distance(fused.values, after)).toBeLessThan(TOLERANCE);
      }),
      RUNS,
    );
  });

  test('what ours does not cover goes to the kernel of tfjs: another activation, a dilated input gradient', () => {
    const x = uniform([1, 5, 5, 2], 1);
    const filter = uniform([3, 3, 2, 3], 2);
    const attrs = { strides: [1, 1], dilations: [1, 1], pad: 'same', dataFormat: 'NHWC', activation: 'relu6' };
    const plain = runKernel('wasm', 'Conv2D', { x, filter }, attrs).values;
    const got = runKernel('wasm', 'FusedConv2D', { x, filter }, attrs).values;
    expect(
      distance(
        got,
        plain.map((v) => Math.min(6, Math.max(0, v))),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('matrix products', () => {
  const product = (m: number, k: number, n: number, a: ArrayLike<number>, b: ArrayLike<number>) => {
    const c = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
    }
    return c;
  };
  const turned = (rows: number, cols: number, x: Float32Array | Int32Array) =>
    Float32Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]!);

  const check = (m: number, k: number, n: number, ta: boolean, tb: boolean, seed: number) => {
    const a = uniform([m, k], seed);
    const b = uniform([k, n], seed + 1);
    const inputs = {
      a: ta ? { shape: [k, m], values: turned(k, m, turned(m, k, turned(k, m, a.values))) } : a,
      b: tb ? { shape: [n, k], values: turned(k, n, b.values) } : b,
    };
    if (ta) inputs.a = { shape: [k, m], values: turned(m, k, a.values).slice() };
    const got = runKernel('wasm', 'BatchMatMul', inputs, { transposeA: ta, transposeB: tb });
    expect(got.shape).toEqual([m, n]);
    return distance(got.values, product(m, k, n, a.values, b.values));
  };

  test('agree with the definition, whichever factor is transposed', () => {
    const length = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(length, length, length, fc.boolean(), fc.boolean(), fc.nat(1000), (m, k, n, ta, tb, seed) => {
        expect(check(m, k, n, ta, tb, seed + 1)).toBeLessThan(TOLERANCE);
      }),
      RUNS,
    );
  });

  test.each([
    [300, 530, 70],
    [7, 600, 1100],
    [100, 5, 2050],
    [1, 300, 1],
  ])('agree with it beyond the blocks: %i x %i x %i', (m, k, n) => {
    for (const ta of [false, true])
      for (const tb of [false, true]) expect(check(m, k, n, ta, tb, 4)).toBeLessThan(5e-5);
  });

  test('take batches, and leave their broadcasting and all errors to tfjs', () => {
    tf.tidy(() => {
      const a = tf.randomUniform<tf.Rank>([3, 2, 4, 5], -1, 1, 'float32', 1);
      const b = tf.randomUniform<tf.Rank>([3, 2, 6, 5], -1, 1, 'float32', 2);
      const whole = tf.matMul(a, b, false, true).dataSync();
      for (let i = 0; i < 6; i++) {
        const one = (x: tf.Tensor, rows: number) => x.reshape([6, rows, 5]).slice([i, 0, 0], [1, rows, 5]).squeeze([0]);
        const part = tf.matMul(one(a, 4), one(b, 6), false, true).dataSync();
        expect(distance(whole.slice(i * 24, i * 24 + 24), part)).toBeLessThan(1e-6);
      }
      const wide = tf.matMul(a.reshape([6, 4, 5]), b.reshape([6, 6, 5]).slice([0, 0, 0], [1, 6, 5]), false, true);
      const first = tf.matMul(a.reshape([24, 5]), b.reshape([36, 5]).slice([0, 0], [6, 5]), false, true);
      expect(distance(wide.dataSync(), first.dataSync())).toBeLessThan(1e-6);
      expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))).toThrow(/inner shapes/);
    });
  });

  test('a fused product with a transposed factor, bias and relu agrees with the cpu backend', () => {
    const inputs = { a: uniform([1, 6, 4], 1), b: uniform([1, 5, 6], 2), bias: uniform([5], 3) };
    const attrs = { transposeA: true, transposeB: true, activation: 'relu' };
    const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) => runKernel(name, '_FusedMatMul', inputs, attrs));
    expect(distance(ours!.values, theirs!.values)).toBeLessThan(1e-6);
  });
});

describe('small kernels', () => {
  test('sums and means over any axes agree with the cpu backend', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.nat(15), fc.boolean(), fc.nat(1000), (shape, mask, keepDims, seed) => {
        const axis = [...shape.keys()].filter((i) => mask & (1 << i));
        if (axis.length === 0) return;
        const x = uniform(shape, seed + 1);
        for (const kernel of ['Sum', 'Mean']) {
          const ours = runKernel('wasm', kernel, { x }, { axis, keepDims });
          const sum = runKernel('cpu', 'Sum', { x }, { axis, keepDims });
          const rows = kernel === 'Sum' ? 1 : axis.reduce((n, i) => n * shape[i]!, 1);
          expect(
            distance(
              ours.values,
              sum.values.map((v) => v / rows),
            ),
            kernel,
          ).toBeLessThan(1e-5);
          expect(ours.shape).toEqual(sum.shape);
        }
      }),
      RUNS,
    );
  });

  test('step is 1 above zero, alpha elsewhere, NaN for NaN', () => {
    const x = { shape: [6], values: Float32Array.of(-1, 0, 2, Number.NaN, 1e-30, -0) };
    const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) => runKernel(name, 'Step', { x }, { alpha: 0.25 }));
    expect([...ours!.values]).toEqual([...theirs!.values]);
  });

  test('clones and casts share memory, and survive that the original goes or changes', () => {
    const before = tf.memory().numTensors;
    const variable = tf.variable(tf.tensor1d([1, 2, 3]));
    const clone = variable.clone();
    const cast = tf.cast(variable, 'float32');
    variable.assign(tf.tensor1d([7, 8, 9]));
    expect([...clone.dataSync(), ...cast.dataSync()]).toEqual([1, 2, 3, 1, 2, 3]);
    clone.dispose();
    expect([...cast.dataSync()]).toEqual([1, 2, 3]);
    expect([...tf.cast(cast, 'int32').dataSync()]).toEqual([1, 2, 3]);
    cast.dispose();
    variable.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 3);
  });
});
