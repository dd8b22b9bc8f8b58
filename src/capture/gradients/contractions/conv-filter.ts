import { operationsOf } from '../../engine/tensors.ts';
import type { SinkingContraction } from './contraction.ts';
import { filterOf } from './filter.ts';

/** The filter of a convolution in two dimensions (and in one, which tfjs computes as such). */
export const convFilter: SinkingContraction = (call, batch, sink) => {
  const ops = operationsOf(batch.tf);
  return filterOf(call, batch, false, sink, (seen, dy, pixels) => {
    const [inputs, outputs] = [seen.shape.at(-1)!, dy.shape.at(-1)!];
    const left = ops.reshape(seen, [batch.examples, pixels, inputs]);
    const right = ops.reshape(dy, [batch.examples, pixels, outputs]);
    return ops.reshape(ops.matMul(left, right, true), [batch.examples, inputs * outputs]);
  });
};
