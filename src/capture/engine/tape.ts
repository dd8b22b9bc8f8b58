/**
 * - `tf.engine().state.activeTape`: inside a forward pass, the operations so far as nodes of inputs, outputs and gradient
 *   closure. The backward pass copies the nodes after the forward pass, so a closure replaced before that is the one called.
 * - `state.gradientDepth` and `saved` of a node: only to let go of what a pass that threw has left there.
 * - `inputs` of a node is the very object that was passed to `runKernel`, which is how its attributes are found again.
 */
import type { TensorLike, TfLike } from '../../tf.ts';

/** A tensor as the tape knows it. Tensors of equal `dataId` share their values. */
export interface TapeTensor extends TensorLike {
  readonly id: number;
  readonly dataId: object;
}

export type NamedGradients = { readonly [input: string]: () => TapeTensor };

export interface TapeNode {
  /** Of a kernel; a function with a gradient of its own (all fused operations) has the name of its scope. */
  readonly kernelName: string;
  readonly inputs: { readonly [name: string]: TapeTensor };
  readonly outputs: readonly TapeTensor[];
  gradient?: (dys: readonly TapeTensor[]) => NamedGradients;
}

/** The tape of the forward pass that is running; null where there is none or it looks otherwise than expected. */
export function tapeOf(tf: TfLike): readonly TapeNode[] | null {
  const { state } = tf.engine() as { state?: { activeTape?: unknown } };
  const tape = state?.activeTape;
  return Array.isArray(tape) && tape.every(isNode) ? tape : null;
}

function isNode(node: Partial<TapeNode>): boolean {
  return typeof node.kernelName === 'string' && typeof node.inputs === 'object' && Array.isArray(node.outputs);
}

/**
 * Lets go of what the operations of a pass kept that threw: tfjs forgets it. Nothing where gradients are still being
 * computed, or no tape is to be found.
 */
export function releaseTape(engine: object): void {
  const { state } = engine as { state?: { activeTape?: unknown; gradientDepth?: number } };
  if (state?.gradientDepth !== 0 || !Array.isArray(state.activeTape)) return;
  const nodes = state.activeTape as readonly { readonly saved?: readonly TensorLike[] }[];
  state.activeTape = null;
  for (const { saved = [] } of nodes) for (const tensor of saved) tensor.dispose();
}

/** Whether the tensor is a weight (trainable or not) and not a result. */
export function isVariable(tensor: object): boolean {
  return 'trainable' in tensor && 'assign' in tensor;
}
