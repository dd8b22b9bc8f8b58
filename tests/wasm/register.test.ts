import * as fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/usage-error.ts';
import { registerTrainingKernels, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, runKernel, tf, uniform } from './backends.ts';
import { convolve, convolveDepthwise, maxPool } from './reference.ts';
import { windows } from './shapes.ts';

beforeAll(async () => {
  await wasm();
});

const handles: WasmKernels[] = [];
afterEach(() => {
  for (const handle of handles.splice(0).reverse()) handle.restore();
});
const register = (namespace: object = tf) => {
  const handle = registerTrainingKernels(namespace as never);
  handles.push(handle);
  return handle;
};

const supplied = ['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter', 'UnsortedSegmentSum', 'Einsum'];

describe('what registering does', () => {
  test('kernels that lack are supplied, and restore takes them away again', () => {
    const names = () =>
      tf
        .getKernelsForBackend('wasm')
        .map(({ kernelName }) => kernelName)
        .sort();
    const before = names();
    expect(supplied.filter((name) => before.includes(name))).toEqual([]);
    const handle = register();
    expect(handle.kernels).toMatchObject({
      ...{ Conv2DBackpropFilter: 'supplied', DepthwiseConv2dNativeBackpropInput: 'supplied' },
      ...{ Einsum: 'composed', UnsortedSegmentSum: 'supplied', Conv2D: 'native', BatchMatMul: 'native' },
    });
    handle.restore();
    expect(names()).toEqual(before);
    expect(tf.getGradient('Einsum')).toBeUndefined();
  });

  test('a second call changes nothing and reports the same', () => {
    const first = register();
    const kernel = tf.getKernel('MaxPoolGrad', 'wasm')!.kernelFunc;
    const second = register();
    expect(second.kernels).toEqual(first.kernels);
    expect(tf.getKernel('MaxPoolGrad', 'wasm')!.kernelFunc).toBe(kernel);
  });

  test('kernels survive that the backend is left and entered again', async () => {
    register();
    await tf.setBackend('cpu');
    await tf.setBackend('wasm');
    const conv = (x: tf.Tensor) => tf.sum(tf.conv2d(x as tf.Tensor4D, tf.ones([2, 2, 1, 1]), 1, 'same'));
    expect([
      ...tf
        .grad(conv)(tf.ones([1, 2, 2, 1]))
        .dataSync(),
    ]).toEqual([1, 2, 2, 4]);
  });
});

describe('what is refused, with nothing changed', () => {
  const refused = (namespace: object, sentence: RegExp) => {
    expect(() => register(namespace)).toThrow(UsageError);
    expect(() => register(namespace)).toThrow(sentence);
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined();
  };

  test('another backend', async () => {
    await tf.setBackend('cpu');
    refused(tf, /Expected the wasm backend, got cpu: call await tf.setBackend\('wasm'\)/);
    await tf.setBackend('wasm');
  });

  test('a backend that has not started', () => {
    const starting = {
      ...tf,
      getBackend: () => {
        throw new Error("Backend 'wasm' has not yet been initialized.");
      },
    };
    refused(starting, /^Expected the wasm backend, got none yet: .* nothing was changed\.$/);
  });

  test('a version it does not know', () => refused({ ...tf, version_core: '5.1.0' }, /TensorFlow.js 4.*got 5.1.0/));

  test('something else than tfjs', () => refused({}, /Expected the namespace of @tensorflow\/tfjs/));

  test('a build with threads', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    refused({ ...tf, backend: () => ({ wasm: { asm: { memory } } }) }, /without threads.*WASM_HAS_MULTITHREAD_SUPPORT/);
  });
});

describe('where the internals are gone', () => {
  const without = () => ({ ...tf, backend: () => ({ wasm: {} }) });

  test('the report says what is missing, and the kernels are composed', () => {
    const { obstacle, kernels } = register(without());
    expect(obstacle).toBe('backend.dataIdMap is not there');
    expect(kernels).toMatchObject({ Conv2DBackpropFilter: 'composed', MaxPoolGrad: 'composed', MaxPool: 'native' });
  });

  const run = (kernel: string, inputs: object, attrs: object) =>
    tf.tidy(() => (tf.engine().runKernel(kernel, inputs as never, attrs as never) as tf.Tensor).dataSync());
  const tensor = ({ values, shape }: { values: Float32Array | Int32Array; shape: readonly number[] }) =>
    tf.tensor(values, [...shape]);

  test('composed convolution gradients are the numerical ones', () => {
    register(without());
    const sizes = { channels: 3, input: 6 };
    fc.assert(
      fc.property(windows(2, sizes), (window) => {
        const { geometry, strides, dilations, pad, seed } = window;
        const { batch, channels, axes } = geometry;
        const size = axes.map((axis) => axis.size);
        const x = uniform([batch, ...axes.map(({ input }) => input), channels], seed);
        const output = [batch, ...axes.map((axis) => axis.output)];
        const attrs = { strides, dilations, pad, dimRoundingMode: 'floor', inputShape: x.shape };
        tf.tidy(() => {
          const dy = uniform([...output, 3], seed + 1);
          const filterShape = [...size, channels, 3];
          const got = run('Conv2DBackpropFilter', { x: tensor(x), dy: tensor(dy) }, { ...attrs, filterShape });
          const f = (filter: Float64Array) => dot(convolve(geometry, 3, x.values, filter), dy.values);
          expect(distance(got, numericalGradient(f, new Float64Array(got.length), 1))).toBeLessThan(2e-5);
        });
        tf.tidy(() => {
          const filter = uniform([...size, channels, 2], seed + 2);
          const dy = uniform([...output, channels * 2], seed + 1);
          const all = { ...attrs, filterShape: filter.shape };
          const loss = (a: ArrayLike<number>, b: ArrayLike<number>) =>
            dot(convolveDepthwise(geometry, 2, a, b), dy.values);
          const ofFilter = run('DepthwiseConv2dNativeBackpropFilter', { x: tensor(x), dy: tensor(dy) }, all);
          const ofInput = run('DepthwiseConv2dNativeBackpropInput', { dy: tensor(dy), filter: tensor(filter) }, all);
          const byFilter = numericalGradient((v) => loss(x.values, v), new Float64Array(ofFilter.length), 1);
          expect(distance(ofFilter, byFilter)).toBeLessThan(2e-5);
          const byInput = numericalGradient((v) => loss(v, filter.values), new Float64Array(ofInput.length), 1);
          expect(distance(ofInput, byInput)).toBeLessThan(2e-5);
        });
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  test.each([2, 3] as const)(
    'composed max pooling of rank %i agrees with its definition and our SIMD kernel',
    (rank) => {
      const cases = windows(rank, { dilated: false, explicit: false, channels: 3, input: 5 }).filter(({ geometry }) =>
        geometry.axes.every(
          ({ before, input, output, stride }) => before >= 0 && (output - 1) * stride - before < input,
        ),
      );
      const kernel = rank === 2 ? 'MaxPoolGrad' : 'MaxPool3DGrad';
      fc.assert(
        fc.property(cases, ({ geometry, strides, pad, seed }) => {
          const { batch, channels, axes } = geometry;
          const values = uniform([batch, ...axes.map(({ input }) => input), channels], seed);
          const x = { shape: values.shape, values: values.values.map((v) => v - 0.8) };
          const dy = uniform([batch, ...axes.map(({ output }) => output), channels], seed + 1);
          const attrs = { filterSize: axes.map(({ size }) => size), strides, pad, dimRoundingMode: 'floor' };
          const handle = register();
          const expected = runKernel('wasm', kernel, { dy, input: x }, attrs).values;
          handle.restore();
          register(without());
          tf.tidy(() => {
            expect(distance(run(kernel, { dy: tensor(dy), input: tensor(x) }, attrs), expected)).toBeLessThan(1e-6);
            if (rank === 2) return;
            expect(distance(run('MaxPool3D', { x: tensor(x) }, attrs), maxPool(geometry, x.values))).toBeLessThan(1e-6);
          });
          handles.pop()!.restore();
        }),
        { numRuns: 25, seed: 6 },
      );
    },
  );

  test('composed segment sums drop ids outside of the range', () => {
    register(without());
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    expect([...tf.unsortedSegmentSum(x, tf.tensor1d([1, 5, 1], 'int32'), 2).dataSync()]).toEqual([0, 0, 6, 8]);
  });

  test('NCHW goes to the composition, never to a wrong result', () => {
    register();
    const x = uniform([2, 3, 5, 6], 3);
    const dy = uniform([2, 4, 3, 4], 4);
    const attrs = { strides: [1, 1], pad: 'valid', dataFormat: 'NCHW', filterShape: [3, 3, 3, 4] };
    tf.tidy(() => {
      const nhwc = (value: { values: Float32Array | Int32Array; shape: readonly number[] }) =>
        tf.transpose(tensor(value), [0, 2, 3, 1]);
      const got = run('Conv2DBackpropFilter', { x: tensor(x), dy: tensor(dy) }, attrs);
      const inputs = { x: nhwc(x), dy: nhwc(dy) };
      expect(distance(got, run('Conv2DBackpropFilter', inputs, { ...attrs, dataFormat: 'NHWC' }))).toBeLessThan(1e-5);
    });
  });
});
