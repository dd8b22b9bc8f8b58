import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { accelerateTraining, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, dot, numericalGradient, tf, uniform } from './backends.ts';

beforeAll(async () => {
  await wasm();
});

const handles: WasmKernels[] = [];
afterEach(() => {
  for (const handle of handles.splice(0).reverse()) handle.restore();
});
const accelerate = () => {
  const handle = accelerateTraining(tf);
  handles.push(handle);
  return handle;
};

const tensor = ({ values, shape }: { values: Float32Array | Int32Array; shape: readonly number[] }) =>
  tf.tensor(values, [...shape]);

/** Training-mode batch normalization in double precision, channels last. */
function normalized(x: ArrayLike<number>, channels: number, gamma: ArrayLike<number>, beta: ArrayLike<number>) {
  const rows = x.length / channels;
  const y = new Float64Array(x.length);
  for (let c = 0; c < channels; c++) {
    const column = Array.from({ length: rows }, (_, r) => x[r * channels + c]!);
    const mean = column.reduce((a, b) => a + b, 0) / rows;
    const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / rows;
    for (const [r, value] of column.entries()) {
      y[r * channels + c] = ((value - mean) / Math.sqrt(variance + 1e-3)) * gamma[c]! + beta[c]!;
    }
  }
  return y;
}

describe('batch normalization in training', () => {
  test.each([
    [7, 3],
    [4, 5, 6],
    [3, 4, 2, 19],
    [2, 2, 3, 2, 8],
    [130, 1],
  ])('of [%i, %i, ...] is right, and so are the gradients of x, gamma and beta', (...shape) => {
    accelerate();
    const channels = shape.at(-1)!;
    const [x, gamma, beta, w] = [uniform(shape, 1), uniform([channels], 2), uniform([channels], 3), uniform(shape, 4)];
    const layer = tf.layers.batchNormalization({});
    layer.build(shape);
    layer.setWeights([tensor(gamma), tensor(beta), tf.zeros([channels]), tf.ones([channels])]);
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    let y: Float32Array | Int32Array | Uint8Array = new Float32Array();
    const input = tf.variable(tensor(x));
    const { grads } = tf.variableGrads(() => {
      const out = layer.apply(input, { training: true }) as tf.Tensor;
      y = out.dataSync();
      return tf.sum(tf.mul(out, tensor(w))) as tf.Scalar;
    }, [input, ...weights]);
    expect(distance(y, normalized(x.values, channels, gamma.values, beta.values))).toBeLessThan(1e-5);
    const values = [x, gamma, beta].map((one) => one.values);
    const expected = values.map((value, i) =>
      numericalGradient((v) => {
        const [a, b, c] = values.map((other, j) => (i === j ? v : other)) as [Float64Array, Float64Array, Float64Array];
        return dot(normalized(a, channels, b, c), w.values);
      }, value),
    );
    [input, ...weights].forEach((variable, i) => {
      expect(distance(grads[variable.name]!.dataSync(), expected[i]!), variable.name).toBeLessThan(1e-4);
    });
  });

  test('moving averages are those of tfjs', () => {
    const run = () => {
      const layer = tf.layers.batchNormalization({ momentum: 0.9 });
      for (const seed of [5, 6]) layer.apply(tensor(uniform([6, 4, 4, 3], seed)), { training: true });
      return layer.getWeights().flatMap((weight) => [...weight.dataSync()]);
    };
    const stock = run();
    accelerate();
    expect(distance(run(), stock)).toBeLessThan(1e-6);
  });

  test('a mean a thousand times the deviation costs no accuracy', () => {
    accelerate();
    const x = uniform([64, 8, 8, 4], 3).values.map((v) => v * 0.5 + 1000);
    const layer = tf.layers.batchNormalization({});
    const y = (layer.apply(tf.tensor(x, [64, 8, 8, 4]), { training: true }) as tf.Tensor).dataSync();
    const expected = normalized(x, 4, [1, 1, 1, 1], [0, 0, 0, 0]);
    expect(distance(y, expected)).toBeLessThan(1e-4);
  });

  test('the gradient of gamma and beta of every example passes through a Sum that anyone can watch', () => {
    accelerate();
    const shape = [5, 3, 3, 4];
    const layer = tf.layers.batchNormalization({});
    layer.build(shape);
    const [gamma] = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const engine = tf.engine();
    const seen: { kernel: string; shape: number[] }[] = [];
    const original = engine.runKernel;
    engine.runKernel = function watched(this: typeof engine, kernel: string, inputs: tf.NamedTensorMap, ...rest) {
      seen.push({ kernel, shape: Object.values(inputs)[0]?.shape ?? [] });
      return original.call(this, kernel, inputs, ...rest);
    } as typeof original;
    try {
      tf.variableGrads(() => tf.sum(layer.apply(tensor(uniform(shape, 1)), { training: true }) as tf.Tensor), [gamma!]);
    } finally {
      engine.runKernel = original;
    }
    expect(seen).toContainEqual({ kernel: 'TrainingBatchNormSums', shape });
    expect(seen).toContainEqual({ kernel: 'Sum', shape: [5, 4] });
  });

  test('a gradient of a gradient still works: it takes the operations of tfjs', () => {
    const penalty = () => {
      const layer = tf.layers.batchNormalization({});
      layer.build([6, 3]);
      const x = tensor(uniform([6, 3], 8));
      const gamma = layer.trainableWeights[0]!.read() as tf.Variable;
      const f = () => {
        const inner = tf.grad((v: tf.Tensor) => tf.sum(tf.pow(layer.apply(v, { training: true }) as tf.Tensor, 3)))(x);
        return tf.sum(tf.square(inner)) as tf.Scalar;
      };
      return [...tf.variableGrads(f, [gamma]).grads[gamma.name]!.dataSync()];
    };
    const stock = penalty();
    accelerate();
    expect(distance(penalty(), stock)).toBeLessThan(1e-4);
  });

  test('a layer without center or scale trains, which it does not in tfjs', () => {
    const train = () => {
      const layer = tf.layers.batchNormalization({ center: false, scale: false });
      return (layer.apply(tensor(uniform([9, 2], 1)), { training: true }) as tf.Tensor).dataSync();
    };
    expect(train).toThrow();
    accelerate();
    expect(distance(train(), normalized(uniform([9, 2], 1).values, 2, [1, 1], [0, 0]))).toBeLessThan(1e-5);
  });

  test('inference and another axis are left to tfjs', () => {
    const run = () => {
      const last = tf.layers.batchNormalization({});
      const first = tf.layers.batchNormalization({ axis: 1 });
      const x = tensor(uniform([4, 3, 5], 2));
      return [last.apply(x) as tf.Tensor, first.apply(x, { training: true }) as tf.Tensor].flatMap((y) => [
        ...y.dataSync(),
      ]);
    };
    const stock = run();
    accelerate();
    expect(distance(run(), stock)).toBeLessThan(1e-6);
  });
});

describe('the optimizer and whole steps', () => {
  function convNet() {
    const kernelInitializer = () => tf.initializers.heNormal({ seed: 3 });
    // Without bias: normalization takes it out again, so its gradient is rounding error, which Adam blows up to a step.
    const conv = { filters: 6, kernelSize: 3, useBias: false, kernelInitializer: kernelInitializer() };
    return tf.sequential({
      layers: [
        tf.layers.conv2d({ ...conv, inputShape: [9, 9, 2] }),
        tf.layers.batchNormalization({}),
        tf.layers.activation({ activation: 'relu' }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: kernelInitializer() }),
      ],
    });
  }

  async function trained(steps: number) {
    const model = convNet();
    const optimizer = tf.train.adam(0.01);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const xs = tensor(uniform([16, 9, 9, 2], 1));
    const ys = tf.oneHot(
      tf.tensor1d(
        [...uniform([16], 2).values].map((v) => Math.floor((v + 1) * 2.49)),
        'int32',
      ),
      5,
    );
    for (let i = 0; i < steps; i++) await model.trainOnBatch(xs, ys);
    const weights = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    const state = (await optimizer.getWeights()).map(({ name, tensor }) => `${name} ${tensor.shape}`);
    return { weights, state: state.map((line) => line.replace(/\w+_\w+\d+|_\d+/g, '')) };
  }

  test('Adam makes the same steps as in tfjs, in one pass', async () => {
    const run = () => {
      const weight = tf.variable(tensor(uniform([3, 7], 1)));
      const optimizer = tf.train.adam(0.02, 0.8, 0.95);
      for (let i = 0; i < 6; i++) {
        optimizer.minimize(() => tf.sum(tf.pow(tf.sub(weight, 0.3), 4)) as tf.Scalar, false, [weight]);
      }
      return [...weight.dataSync()];
    };
    const stock = run();
    accelerate();
    expect(distance(run(), stock)).toBeLessThan(1e-6);
  });

  test('a conv net with BatchNorm trains to the same weights, up to rounding', async () => {
    const registered = (await import('../../src/wasm/index.ts')).registerTrainingKernels(tf);
    const stock = await trained(8);
    const handle = accelerate();
    const fast = await trained(8);
    expect(fast.state).toEqual(stock.state);
    expect(distance(fast.weights, stock.weights)).toBeLessThan(2e-3);
    handle.restore();
    expect((await trained(8)).weights).toEqual(stock.weights);
    registered.restore();
  });

  test('no tensor and no page of the wasm heap is left behind by a thousand steps', async () => {
    accelerate();
    const model = convNet();
    model.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy' });
    const xs = tensor(uniform([8, 9, 9, 2], 1));
    const ys = tf.oneHot(tf.tensor1d([0, 1, 2, 3, 4, 0, 1, 2], 'int32'), 5);
    const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
    for (let i = 0; i < 10; i++) await model.trainOnBatch(xs, ys);
    const [bytes, tensors] = [heap(), tf.memory().numTensors];
    for (let i = 0; i < 1000; i++) await model.trainOnBatch(xs, ys);
    expect(heap()).toBe(bytes);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('restore gives back every kernel, the layer and the optimizer', () => {
    const kernels = () => new Map(tf.getKernelsForBackend('wasm').map((k) => [k.kernelName, k.kernelFunc]));
    const layer = Object.getPrototypeOf(tf.layers.batchNormalization({})) as { call: unknown };
    const methods = () => [layer.call, tf.AdamOptimizer.prototype.applyGradients];
    const [before, ours] = [kernels(), methods()];
    const handle = accelerate();
    expect(methods()).not.toEqual(ours);
    handle.restore();
    handle.restore();
    expect(kernels()).toEqual(before);
    expect(methods()).toEqual(ours);
    expect(tf.getGradient('TrainingBatchNorm')).toBeUndefined();
  });
});
