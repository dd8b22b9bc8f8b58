/** The networks that the benches train: two perceptrons, a conv net with and without BatchNorm, a small ResNet. */
import * as tf from '@tensorflow/tfjs';

const { layers } = tf;
const he = (seed: number) => tf.initializers.heNormal({ seed });

/** 784 inputs. */
export function mlp(hidden: readonly number[], classes: number): tf.LayersModel {
  const stack = hidden.map((units, i) =>
    layers.dense({
      ...{ units, activation: 'relu' as const, kernelInitializer: he(i) },
      ...(i === 0 ? { inputShape: [784] } : {}),
    }),
  );
  return tf.sequential({
    layers: [...stack, layers.dense({ units: classes, activation: 'softmax', kernelInitializer: he(9) })],
  });
}

/** Images of `side` x `side`, 10 classes. */
export function cnn(
  normalize: boolean,
  [first, second]: readonly [number, number] = [16, 32],
  side = 28,
): tf.LayersModel {
  const stage = (filters: number, isFirst: boolean) => {
    const shape = isFirst ? { inputShape: [side, side, 1] } : {};
    const conv = { filters, kernelSize: 3, padding: 'same' as const, kernelInitializer: he(filters), ...shape };
    return normalize
      ? [
          layers.conv2d({ ...conv, useBias: false }),
          layers.batchNormalization({}),
          layers.activation({ activation: 'relu' }),
        ]
      : [layers.conv2d({ ...conv, activation: 'relu' })];
  };
  const pool = () => layers.maxPooling2d({ poolSize: 2 });
  const head = [layers.flatten(), layers.dense({ units: 10, activation: 'softmax', kernelInitializer: he(3) })];
  return tf.sequential({ layers: [...stage(first, true), pool(), ...stage(second, false), pool(), ...head] });
}

/** ResNet-8: images of 32 x 32 x 3, 10 classes. */
export function resnet(): tf.LayersModel {
  let seed = 0;
  const conv = (x: tf.SymbolicTensor, filters: number, strides: number, kernelSize = 3) => {
    const options = { filters, kernelSize, strides, padding: 'same' as const, useBias: false };
    const y = layers.conv2d({ ...options, kernelInitializer: he(seed++) }).apply(x);
    return layers.batchNormalization({}).apply(y) as tf.SymbolicTensor;
  };
  const relu = (x: unknown) => layers.activation({ activation: 'relu' }).apply(x as never) as tf.SymbolicTensor;
  const inputs = tf.input({ shape: [32, 32, 3] });
  let x = relu(conv(inputs, 16, 1));
  for (const filters of [16, 32, 64]) {
    const strides = filters === 16 ? 1 : 2;
    const y = conv(relu(conv(x, filters, strides)), filters, 1);
    x = relu(layers.add().apply([y, strides === 1 ? x : conv(x, filters, strides, 1)]));
  }
  const pooled = layers.globalAveragePooling2d({}).apply(x);
  const outputs = layers.dense({ units: 10, activation: 'softmax', kernelInitializer: he(50) }).apply(pooled);
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
}
