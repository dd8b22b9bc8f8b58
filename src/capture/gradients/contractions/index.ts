import type { Contraction, SinkingContraction } from './contraction.ts';
import { convFilter } from './conv-filter.ts';
import { depthwiseFilter } from './depthwise-filter.ts';
import { matMul } from './mat-mul.ts';
import { segmentSum } from './segment-sum.ts';
import { sum } from './sum.ts';

/** Kernels that contract the gradient of a weight over the examples of a batch. All others are asked class by class. */
export const contractions: { readonly [kernel: string]: Contraction } = {
  BatchMatMul: matMul,
  Sum: sum,
  UnsortedSegmentSum: segmentSum,
};

/** Those of them that may leave the gradients of single classes in a sink while they run. */
export const sinking: { readonly [kernel: string]: SinkingContraction } = {
  Conv2DBackpropFilter: convFilter,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilter,
};
