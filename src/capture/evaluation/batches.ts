import type { TensorLike, TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { operationsOf } from '../engine/tensors.ts';

/** Which examples go together. */
export interface Batching {
  /** Number of batches, of about equal size: of a small last one the batch statistics would be of few examples. */
  readonly batches: number;
  /** The examples in another order, a permutation; null: as they are. */
  readonly order: Int32Array | null;
  /** The examples in that order, where somebody has them; else rows are gathered for each batch. */
  readonly ordered?: readonly TensorLike[] | null;
}

/**
 * What `run` makes of `xs` (one tensor or more, examples first) in batches, in the order of `xs`: one row or more per example. Run inside a
 * tidy.
 */
export function inBatches(
  tf: TfLike,
  xs: readonly TensorLike[],
  { batches, order, ordered = null }: Batching,
  run: (xs: readonly TensorLike[]) => TensorLike,
): TensorLike {
  const ops = operationsOf(tf);
  if (batches === 1 && order === null) return run(xs);
  const examples = xs[0]!.shape[0]!;
  const parts = Array.from({ length: batches }, (_, b) => {
    const [from, to] = [Math.round((b * examples) / batches), Math.round(((b + 1) * examples) / batches)];
    return ops.tidy(() => run((ordered ?? xs).map((x) => rows(x, from, to))));
  });
  const whole = parts.length === 1 ? parts[0]! : ops.concat(parts, 0);
  return order === null ? whole : inOrder(tf, whole, inverse(order));

  function rows(x: TensorLike, from: number, to: number): TensorLike {
    if (order !== null && ordered === null) return inOrder(tf, x, order.subarray(from, to));
    const rest = x.shape.slice(1);
    return ops.slice(x, [from, ...rest.map(() => 0)], [to - from, ...rest]);
  }
}

/** The examples of `x` that `order` names, in its order. Run inside a tidy. */
export function inOrder(tf: TfLike, x: TensorLike, order: Int32Array): TensorLike {
  const ops = operationsOf(tf);
  return ops.gather(x, ops.tensor(order, [order.length], 'int32'));
}

/** The numbers up to `length` in an order that has nothing to do with theirs, the same each time. */
export function shuffled(length: number): Int32Array {
  const random = generator(1);
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function inverse(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  order.forEach((from, to) => {
    places[from] = to;
  });
  return places;
}
