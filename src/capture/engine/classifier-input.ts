/**
 * - A dense layer multiplies its input with its kernel: on the tape that is an operation with the kernel (or the kernel in another shape) as
 *   one input, outside of gradients a call of BatchMatMul or _FusedMatMul with the kernel's data as `b`. A reshaped tensor is
 *   another one with the same `dataId`.
 */
import type { TensorLike, TfLike } from '../../tf.ts';
import { type KernelCall, type KernelListener, Kernels } from './kernels.ts';
import type { TapeNode, TapeTensor } from './tape.ts';
import { keepClone } from './tensors.ts';

const RENAMING = new Set(['Reshape', 'Identity', 'Cast']);
const PRODUCTS = new Set(['BatchMatMul', '_FusedMatMul']);

/**
 * What a forward pass multiplied with a dense layer's kernel [d, C]: one row of d values for each of `examples`. Null where the pass did not
 * do so, did it more than once, or with other rows.
 */
export function inputOnTape(tape: readonly TapeNode[], kernel: TensorLike, examples: number): TapeTensor | null {
  const names = new Set([(kernel as TapeTensor).id]);
  const [width, classes] = kernel.shape as [number, number];
  let found: TapeTensor | null = null;
  for (const { kernelName, inputs, outputs } of tape) {
    const all = Object.values(inputs);
    if (!all.some(({ id }) => names.has(id))) continue;
    const [output] = outputs;
    if (RENAMING.has(kernelName)) names.add(output!.id);
    else if (output!.size === examples * classes) {
      const rows = all.find(({ shape, size }) => size === examples * width && shape.at(-1) === width);
      if (rows === undefined) continue;
      if (found !== null) return null;
      found = rows;
    }
  }
  return found === null || !found.isDisposed ? found : living(tape, found);
}

/** Another handle on the same data: one that an operation made for itself goes with it. */
function living(tape: readonly TapeNode[], { dataId, size }: TapeTensor): TapeTensor | null {
  for (const { inputs, outputs } of tape) {
    for (const tensor of [...Object.values(inputs), ...outputs]) {
      if (tensor.dataId === dataId && tensor.size === size && !tensor.isDisposed) return tensor;
    }
  }
  return null;
}

/**
 * Runs `f`, which predicts, and returns with its result what it multiplied with the kernel, in order: clones of our own, which the
 * caller disposes of. None where kernels can't be listened to.
 */
export function withInputsOf<T>(tf: TfLike, kernel: TensorLike | null, f: () => T): readonly [T, TensorLike[]] {
  const inputs: TensorLike[] = [];
  const kernels = kernel === null ? null : Kernels.of(tf);
  if (kernels === null) return [f(), inputs];
  const { dataId } = kernel as TapeTensor;
  try {
    return [kernels.heard(new Inputs(tf, dataId, inputs), f), inputs];
  } catch (error) {
    for (const input of inputs) input.dispose();
    throw error;
  }
}

class Inputs implements KernelListener {
  private readonly tf: TfLike;
  private readonly kernel: object;
  private readonly found: TensorLike[];

  constructor(tf: TfLike, kernel: object, found: TensorLike[]) {
    this.tf = tf;
    this.kernel = kernel;
    this.found = found;
  }

  before(name: string, { a, b }: KernelCall['inputs'], { transposeA }: KernelCall['attrs']): void {
    if (!PRODUCTS.has(name) || b?.dataId !== this.kernel || a === undefined || transposeA === true) return;
    this.found.push(keepClone(this.tf, a));
  }
}
