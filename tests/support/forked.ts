import { tf } from './tensorflow.ts';
import { type Blobs, blobs } from './toys.ts';

/** Outputs of the models below: the names of their layers. */
export type Head = 'size' | 'digit' | 'value' | 'flag';

const init = (seed: number) => tf.initializers.glorotUniform({ seed });
const apply = (layer: tf.layers.Layer, to: tf.SymbolicTensor) => layer.apply(to) as tf.SymbolicTensor;

/**
 * `size`: 3 classes by one layer. `digit`: 5 classes, where the classifier stands before a layer that makes probabilities
 * of its logits. `value`: a number. `flag`: two classes by one sigmoid unit.
 */
const HEADS: { readonly [H in Head]: (hidden: tf.SymbolicTensor) => tf.SymbolicTensor } = {
  size: (x) => apply(tf.layers.dense({ name: 'size', units: 3, activation: 'softmax', kernelInitializer: init(2) }), x),
  digit(x) {
    const logits = apply(tf.layers.dense({ name: 'digit-logits', units: 5, kernelInitializer: init(3) }), x);
    return apply(tf.layers.softmax({ name: 'digit' }), logits);
  },
  value: (x) => apply(tf.layers.dense({ name: 'value', units: 1, kernelInitializer: init(4) }), x),
  flag: (x) => apply(tf.layers.dense({ name: 'flag', units: 1, activation: 'sigmoid', kernelInitializer: init(5) }), x),
};

/** A model with these outputs, in this order, behind one hidden layer; not compiled. */
export function forked(heads: readonly Head[], width = 8): tf.LayersModel {
  const inputs = tf.input({ shape: [width] });
  const hidden = apply(tf.layers.dense({ units: 6, activation: 'tanh', kernelInitializer: init(1) }), inputs);
  return tf.model({ inputs, outputs: heads.map((head) => HEADS[head](hidden)) });
}

export interface ForkedBatch {
  readonly xs: tf.Tensor2D;
  /** Labels of each output in the form that its loss takes. */
  readonly ys: { readonly [H in Head]: tf.Tensor2D };
  readonly labels: { readonly size: readonly number[]; readonly digit: readonly number[] };
}

/** 60 examples; the labels of the outputs have nothing to do with each other. */
export function forkedBatch(): ForkedBatch {
  const { xs, ys, labels: digit }: Blobs = blobs([20, 16, 12, 8, 4]);
  const size = digit.map((_, i) => Math.floor(Math.sqrt((i * 7) % 10)) % 3);
  const sizes = size.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));
  const column = (of: (i: number) => number) =>
    tf.tensor2d(
      digit.map((_, i) => of(i)),
      [digit.length, 1],
    );
  const others = { value: column((i) => Math.sin(i)), flag: column((i) => i % 2) };
  return { xs, ys: { size: tf.tensor2d(sizes), digit: ys, ...others }, labels: { size, digit } };
}
