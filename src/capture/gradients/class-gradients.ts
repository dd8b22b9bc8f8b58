/**
 * What the backward passes of one step say about its classes. g_i: the gradient that example i of the batch causes,
 * by batch position (its own copy of the weights, full loss); g_c = sum of g_i over the examples of class c, so that all
 * g_c add up to the training gradient without its regularisers. Only weights that could be measured count.
 */
export interface ClassGradients {
  /** Indices of the R classes that the step's examples hold, ascending. */
  readonly present: Int32Array;
  /** Examples of each, R. */
  readonly counts: Int32Array;
  /** Class Gram <g_a, g_b>, R x R row-major, rows and columns as `present`. */
  readonly gram: Float64Array;
  /** <g_c, g>, R, where g is the sum over all examples of the step, those without a known class included. */
  readonly along: Float64Array;
  /** |g|^2. */
  readonly total: number;
  /** Sum of |g_i|^2 over the examples of each class, R; null where an operation gives no gradients of single examples. */
  readonly squares: Float64Array | null;
  /** Names of the layers, and |g_c|^2 in each, layers x R row-major; null: no weight of this layer was measured. */
  readonly layers: readonly string[];
  readonly layerSquares: readonly (number | null)[];
  /** <g_c, -update>, R, with the move of the weights that the optimizer really made; null where it was not measured. */
  readonly alongUpdate: Float64Array | null;
  /** The class with the largest |g_c| of the step before; null at the first step. */
  readonly previousDominant: number | null;
}

/** Gradient and move of all trainable weights at one step; null where it was not measured. */
export interface WeightUpdate {
  /** Norm of the gradient that the optimizer got, regularisers in. */
  readonly gradientNorm: number | null;
  /** Norm of the move that the optimizer made. */
  readonly updateNorm: number | null;
  /** The same over the weights whose class gradients are measured: what their cosines with the move are about. */
  readonly measuredUpdateNorm: number | null;
  /** Norm of the weights before it. */
  readonly weightNorm: number | null;
}
