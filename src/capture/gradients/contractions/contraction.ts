import type { WasmTf } from '../../../wasm/backend.ts';
import type { ClassSink } from '../../../wasm/class-sink.ts';
import type { KernelCall } from '../../engine/kernels.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import type { Layout } from '../layout.ts';
import type { NativeSums } from '../sums/native.ts';
import type { Spread } from '../sums/pass-sums.ts';
import type { PlainSums } from '../sums/plain.ts';

/** The batch whose examples a contraction adds up. */
export interface BatchShape {
  readonly examples: number;
  /** Where the examples lie in the operands. */
  readonly layout: Layout;
  /** For kernels whose geometry tfjs computes. */
  readonly tf: WasmTf;
}

/** How to get the gradients of single classes out of the operands that a kernel summed over all examples. */
export interface Contribution {
  /** False: it can't be done this way. */
  native(sums: NativeSums, piece: number): boolean;
  plain(sums: PlainSums, piece: number): boolean;
}

/** What a kernel that computes the gradient of a weight contracted; null if the call was something else. */
export type Contraction = (call: KernelCall, batch: BatchShape) => Contribution | null;

/** The same of a kernel that leaves the gradients of single classes in a sink as it goes along; null: there is none. */
export type SinkingContraction = (call: KernelCall, batch: BatchShape, sink: ClassSink | null) => Contribution | null;

/** How `count` rows belong to the examples; null where nobody can tell. */
export function spreadOf(count: number, { examples, layout }: BatchShape): Spread | null {
  if ((layout !== 'examples' && layout !== 'blocks') || count % examples !== 0) return null;
  const per = count / examples;
  return { per, blocks: layout === 'blocks' && per > 1 };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The sum over all rows of x, [rows, size]. */
export function rowSum(x: TapeTensor, size: number, batch: BatchShape): Contribution | null {
  const spread = spreadOf(x.size / size, batch);
  if (spread === null) return null;
  return {
    native: (sums, piece) => sums.sum(piece, x, spread),
    plain: (sums, piece) => sums.sum(piece, x, spread),
  };
}
