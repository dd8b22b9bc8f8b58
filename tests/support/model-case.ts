import { uniform } from '../wasm/backends.ts';
import { batchOf, type Case, CLASSES, modelOf } from '../wasm/networks.ts';
import type { LabelledBatch, Loss } from './class-copies.ts';
import { tf } from './tensorflow.ts';

/** A small classifier and a batch for it: one of the models on which class gradients are compared with their definition. */
export interface ModelCase {
  readonly name: string;
  /** Number of classes of the watched output, which is the first. */
  readonly classes: number;
  /** Form of the labels in `ys`: one row per example, one index per example, or a column of indices. */
  readonly form: 'one-hot' | 'indices' | 'column';
  /** With batch normalization, gradients by batch position and by loss are two things. */
  readonly batchNorm: boolean;
  /** Compiled; the weights are the same at every call, and its dropout is seeded. */
  make(): tf.LayersModel;
  /** The same at every call. */
  batch(): LabelledBatch;
  /** For `fit`; `batch().weights` says the same per example. */
  readonly classWeight?: { readonly [label: number]: number };
  /** Needs accelerateTraining on wasm: the layer of tfjs itself fails to train, on every backend. */
  readonly accelerated?: true;
  /** Backends of tfjs that compute a wrong gradient of it, and why. */
  readonly skipOn?: { readonly [backend: string]: string };
}

/** What a model and its batch differ in from one softmax of CLASSES units, categorical cross-entropy and SGD. */
export interface CaseOptions {
  readonly loss?: string | Loss | readonly string[];
  readonly optimizer?: () => tf.Optimizer;
  readonly classes?: number;
  readonly labels?: readonly number[];
  readonly form?: ModelCase['form'];
  readonly classWeight?: { readonly [label: number]: number };
  readonly accelerated?: true;
  /** Inputs are indices below this number. */
  readonly vocabulary?: number;
  /** Number of inputs, all of one shape. */
  readonly inputs?: number;
  /** Units of a second output. */
  readonly second?: number;
}

/** Most of class 0, none of class 2. */
const LABELS = [0, 1, 0, 3, 0, 1, 0, 0, 3];

/** A case on its own batch of nine imbalanced examples. Its name says "BatchNormalization" if it has any. */
export function modelCase(
  name: string,
  input: readonly number[],
  build: () => tf.LayersModel,
  options: CaseOptions = {},
): ModelCase {
  const { loss, optimizer, classes = CLASSES, labels = LABELS, form = 'one-hot', classWeight, accelerated } = options;
  const batch = () => {
    const xs = Array.from({ length: options.inputs ?? 1 }, (_, i) =>
      values([labels.length, ...input], 11 + i, options.vocabulary),
    );
    const ys = [labelTensor(labels, classes, form)];
    if (options.second) ys.push(values([labels.length, options.second], 31));
    return { xs, ys, labels, ...(classWeight && { weights: labels.map((label) => classWeight[label]!) }) };
  };
  return {
    name,
    classes,
    form,
    batchNorm: name.includes('BatchNormalization'),
    make: () => modelOf({ build, loss, optimizer } as Case),
    batch,
    ...(classWeight && { classWeight }),
    ...(accelerated && { accelerated }),
  };
}

/** A case of the matrix of networks that train on wasm. */
export function networkCase(network: Case): ModelCase {
  const { name, loss, note } = network;
  return {
    name: `${network.group}: ${name}`,
    classes: CLASSES,
    form: loss === 'sparseCategoricalCrossentropy' ? 'column' : 'one-hot',
    batchNorm: name.includes('BatchNormalization'),
    make: () => modelOf(network),
    batch: () => {
      const { xs, ys } = batchOf(network);
      const labels = tf.tidy(() => [...(ys.shape[1] === 1 ? ys : tf.argMax(ys, 1)).dataSync()]);
      return { xs: [xs], ys: [ys], labels };
    },
    ...(note?.includes('the cpu backend is wrong') && { skipOn: { cpu: note } }),
  };
}

function values(shape: number[], seed: number, vocabulary?: number): tf.Tensor {
  const drawn = uniform(shape, seed).values;
  return tf.tensor(vocabulary ? drawn.map((v) => Math.floor(((v + 1) / 2) * vocabulary)) : drawn, shape);
}

function labelTensor(labels: readonly number[], classes: number, form: ModelCase['form']): tf.Tensor {
  if (form === 'one-hot') return tf.tidy(() => tf.oneHot(tf.tensor1d([...labels], 'int32'), classes).toFloat());
  return form === 'column' ? tf.tensor2d([...labels], [labels.length, 1]) : tf.tensor1d([...labels]);
}
