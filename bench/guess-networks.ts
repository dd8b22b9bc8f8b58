import * as tf from '@tensorflow/tfjs';
import { readDigits } from './digits.js';

export interface Architecture {
  readonly name: string;
  /** Of one input. */
  readonly shape: readonly number[];
  /** Whether theory is to hold; else shown for what limits it. */
  readonly claimed: boolean;
  build(): tf.LayersModel;
  /** [count, ...shape]. */
  inputs(count: number): tf.Tensor;
}

const WIDTH = 512;
const { layers } = tf;

type Layers = readonly tf.layers.Layer[];

/** Of normal draws tfjs leaves out what lies beyond two deviations; only where units saturate does their variance matter. */
const dense = (activation: 'relu' | 'tanh' | 'sigmoid' | 'linear') =>
  layers.dense({
    units: WIDTH,
    activation,
    kernelInitializer: activation === 'sigmoid' ? 'heNormal' : 'glorotUniform',
  });
const repeated = (depth: number, block: () => Layers): Layers => Array.from({ length: depth }, block).flat();

/** Networks of width 512, as one would write them. Inputs: 512 independent normal numbers, where nothing else is said. */
export function architectures(classes: number): Architecture[] {
  const network = (
    name: string,
    hidden: () => Layers,
    { shape = [WIDTH], claimed = true, inputs }: Partial<Pick<Architecture, 'shape' | 'claimed' | 'inputs'>> = {},
  ): Architecture => ({
    ...{ name, shape, claimed },
    build: () => {
      const x = tf.input({ shape: [...shape] });
      const last = layers.dense({ units: classes, activation: 'softmax' });
      const outputs = [...hidden(), last].reduce((at, layer) => layer.apply(at) as tf.SymbolicTensor, x);
      return tf.model({ inputs: x, outputs });
    },
    inputs: inputs ?? ((count) => tf.randomNormal([count, ...shape], 0, 1, 'float32', 7)),
  });
  const pooled = (kernelSize: number, strides: number) => () => [
    layers.conv1d({ filters: WIDTH, kernelSize, strides, activation: 'relu' }),
    layers.maxPooling1d({ poolSize: 4 }),
    layers.flatten(),
  ];
  return [
    ...[1, 3, 5].map((depth) => network(`ReLU, depth ${depth}`, () => repeated(depth, () => [dense('relu')]))),
    ...[1, 3].map((depth) => network(`tanh, depth ${depth}`, () => repeated(depth, () => [dense('tanh')]))),
    network('sigmoid, depth 1', () => [dense('sigmoid')]),
    network('max-pool of 4, windows apart', pooled(64, 64), { shape: [WIDTH, 1] }),
    network('BatchNorm before ReLU, depth 3', () =>
      repeated(3, () => [dense('linear'), layers.batchNormalization(), layers.reLU()]),
    ),
    network('BatchNorm after ReLU, depth 3', () => repeated(3, () => [dense('relu'), layers.batchNormalization()])),
    network('LayerNorm after ReLU, depth 3', () => repeated(3, () => [dense('relu'), layers.layerNormalization()])),
    network('max-pool of 4, windows overlap', pooled(64, 16), { shape: [WIDTH, 1], claimed: false }),
    ...digits().map((inputs) =>
      network('ReLU, depth 3, on digits', () => repeated(3, () => [dense('relu')]), {
        ...{ shape: [784], claimed: false, inputs },
      }),
    ),
  ];
}

/** The first of the digits; nothing where they are not there. */
function digits(): Architecture['inputs'][] {
  const read = readDigits();
  return read === null ? [] : [(count) => tf.tensor2d(read.images.slice(0, 784 * count), [count, 784])];
}
