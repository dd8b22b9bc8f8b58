import { operationsOf } from '../../engine/tensors.ts';
import type { SinkingContraction } from './contraction.ts';
import { filterOf } from './filter.ts';

/** The filter of a depthwise convolution, [height, width, in, multiplier]. */
export const depthwiseFilter: SinkingContraction = (call, batch, sink) => {
  const ops = operationsOf(batch.tf);
  return filterOf(call, batch, true, sink, (seen, dy, pixels) => {
    const [inputs, outputs] = [seen.shape.at(-1)!, dy.shape.at(-1)!];
    const left = ops.reshape(seen, [batch.examples, pixels, inputs, 1]);
    const right = ops.reshape(dy, [batch.examples, pixels, inputs, outputs / inputs]);
    return ops.reshape(ops.sum(ops.mul(left, right), 1), [batch.examples, outputs]);
  });
};
