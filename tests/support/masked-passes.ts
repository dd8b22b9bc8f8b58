import { dot } from './class-copies.ts';
import { tf } from './tensorflow.ts';

/** A training step of a hand-written loop in which no example enters the loss of another. */
export interface Passes {
  readonly weights: readonly tf.Variable[];
  /** Class of every example; one outside of 0 ... classes-1 is of no class. */
  readonly labels: readonly number[];
  readonly classes: number;
  /** Loss of every example, [B]: the step minimises their mean, regularisers left out. */
  losses(): tf.Tensor;
}

/** Figures as in ClassGradients, of all classes; of absent classes 0. */
export interface PassReference {
  /** Gradient of each class, over all weights in order; a last one of the examples of no class. */
  readonly gradients: readonly number[][];
  /** <g_a, g_b>, classes x classes row-major. */
  readonly gram: number[];
  /** <g_c, g>. */
  readonly along: number[];
  readonly total: number;
  /** Sum of |g_i|^2 over the examples of each class. */
  readonly squares: number[];
}

/** One backward pass for each example, with the losses of all others left out. */
export function classGradientsByPasses({ weights, labels, classes, losses }: Passes): PassReference {
  const each = labels.map((_, i) => gradientOf(weights, () => exampleLoss(losses(), i)));
  const groupOf = (i: number) => (labels[i]! >= 0 && labels[i]! < classes ? labels[i]! : classes);
  const none = each[0]!.map(() => 0);
  const gradients = Array.from({ length: classes + 1 }, (_, c) => {
    const own = each.filter((_, i) => groupOf(i) === c);
    return own.length === 0 ? none : none.map((_, k) => own.reduce((sum, gradient) => sum + gradient[k]!, 0));
  });
  const whole = none.map((_, k) => each.reduce((sum, gradient) => sum + gradient[k]!, 0));
  const known = gradients.slice(0, classes);
  return {
    gradients,
    gram: known.flatMap((a) => known.map((b) => (a === none || b === none ? 0 : dot(a, b)))),
    along: known.map((gradient) => dot(gradient, whole)),
    total: dot(whole, whole),
    squares: known.map((_, c) =>
      each.reduce((sum, gradient, i) => sum + (groupOf(i) === c ? dot(gradient, gradient) : 0), 0),
    ),
  };
}

/** Gradient of a loss over all weights, in their order; 0 where it does not depend on one. */
export function gradientOf(weights: readonly tf.Variable[], loss: () => tf.Tensor): number[] {
  return tf.tidy(() => {
    const { grads } = tf.variableGrads(() => loss() as tf.Scalar, [...weights]);
    return weights.flatMap(({ name, size }) => [...(grads[name]?.dataSync() ?? new Float32Array(size))]);
  });
}

/** The part of one example in the mean over the batch. */
function exampleLoss(losses: tf.Tensor, example: number): tf.Tensor {
  return tf.div(tf.sum(tf.slice(losses, [example], [1])), losses.size);
}
