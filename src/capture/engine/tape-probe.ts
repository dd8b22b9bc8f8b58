/**
 * Whether class gradients can be had from the backward pass that training makes anyway. What that leans on is named in
 * `gradients`, `tape` and `kernels`; one tiny gradient shows whether all of it holds.
 */
import type { TensorLike, TfLike } from '../../tf.ts';
import { type GradientListener, listenAlone } from './gradients.ts';
import { type KernelCall, type KernelListener, Kernels } from './kernels.ts';
import { releaseTape, type TapeNode, type TapeTensor, tapeOf } from './tape.ts';
import { operationsOf, versionOf } from './tensors.ts';

const faults = new WeakMap<object, string | null>();

/**
 * What this copy of tfjs lacks for windows on its backward pass, as a sentence without its full stop; null where nothing is
 * missing. Computed once per engine; leaves no tensor, no variable and no number of a variable behind, and draws nothing.
 * Not to be called while gradients are computed.
 */
export function tapeFault(tf: TfLike): string | null {
  const engine = tf.engine();
  let fault = faults.get(engine);
  if (fault === undefined) {
    const missing = missingIn(tf);
    fault =
      missing === null
        ? null
        : `Expected ${missing}, as in TensorFlow.js 4.22, got a copy (${versionOf(tf)}) where it is otherwise`;
    faults.set(engine, fault);
  }
  return fault;
}

function missingIn(tf: TfLike): string | null {
  try {
    const { gradients } = tf.engine() as { gradients?: unknown };
    if (typeof gradients !== 'function') return 'tf.engine().gradients to be a function';
    const kernels = Kernels.of(tf);
    if (kernels === null) return 'tf.engine().runKernel to be a function';
    return new Probe(tf, kernels).run();
  } catch (error) {
    releaseTape(tf.engine());
    return `a small gradient to be computed under watch (${error instanceof Error ? error.message : error})`;
  }
}

/** Named, so that tfjs does not number it: the next variable of the user's gets the name that it would have had. */
const NAME = 'classwatch-probe';
const KERNEL = 'BatchMatMul';

/** Looks at the gradient of x w with respect to w as windows look at those of training. */
class Probe implements GradientListener, KernelListener {
  private readonly tf: TfLike;
  private readonly kernels: Kernels;
  private weight: TapeTensor | null = null;
  private isHooked = false;
  private hasNode = false;
  private isAsked = false;
  /** Data of the gradient, and of what the kernels made. */
  private gradient: object | null = null;
  private readonly made = new Set<object>();
  private error: unknown = null;

  constructor(tf: TfLike, kernels: Kernels) {
    this.tf = tf;
    this.kernels = kernels;
  }

  run(): string | null {
    const ops = operationsOf(this.tf);
    const make = this.tf as unknown as {
      variable(value: TensorLike, trainable: boolean, name: string): TapeTensor;
    };
    const engine = this.tf.engine() as { gradients(f: () => TensorLike, xs: readonly TapeTensor[]): unknown };
    ops.tidy(() => {
      const one = ops.tensor([1], [1, 1], 'float32');
      const weight = make.variable(one, true, NAME);
      this.weight = weight;
      try {
        listenAlone(this.tf, this, () => engine.gradients(() => ops.matMul(one, weight), [weight]));
      } finally {
        weight.dispose();
      }
    });
    if (this.error !== null) throw this.error;
    return this.missing();
  }

  before(): void {
    this.isHooked = true;
  }

  forward(): void {
    const node = tapeOf(this.tf)?.find((one) => one.kernelName === KERNEL && one.inputs.b === this.weight);
    if (node?.gradient === undefined) return;
    this.hasNode = true;
    this.open(node, node.gradient);
  }

  backward(): void {}

  /** A kernel was run. */
  after(name?: string, inputs?: KernelCall['inputs'], attrs?: KernelCall['attrs'], output?: TapeTensor): void {
    const isWhole = name === KERNEL && inputs?.a?.dataId && inputs.b?.dataId && attrs && 'transposeA' in attrs;
    if (isWhole && output) this.made.add(output.dataId);
  }

  failed(error: unknown): void {
    this.error = error;
  }

  private open(node: TapeNode, original: NonNullable<TapeNode['gradient']>): void {
    node.gradient = (dys) => {
      const gradients = this.kernels.heard(this, () => original(dys));
      const asked = () => {
        this.isAsked = true;
        const gradient = this.kernels.heard(this, () => gradients.b!());
        this.gradient = gradient.dataId;
        return gradient;
      };
      return { ...gradients, b: asked };
    };
  }

  private missing(): string | null {
    if (!this.isHooked) return 'every gradient to be computed by tf.engine().gradients';
    if (!this.hasNode) return 'the operations of a forward pass in tf.engine().state.activeTape';
    if (!this.isAsked) return 'the functions on the tape to be those that compute the gradients';
    if (this.made.size === 0) return 'operations to run their kernels through tf.engine().runKernel';
    const isMade = this.gradient !== null && this.made.has(this.gradient);
    return isMade ? null : 'the gradient of a product to be what its kernel made';
  }
}
