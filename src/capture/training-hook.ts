import type { ModelLike, TensorLike, TfLike } from '../tf.ts';
import { UsageError } from '../usage-error.ts';
import { type Again, type GradientListener, type Gradients, listenToGradients } from './engine/gradients.ts';
import { optimizerOf, variablesOf } from './engine/model.ts';
import type { TapeTensor } from './engine/tape.ts';
import { type Batch, listenToLoss } from './loss-hook.ts';
import { isComputing, listenToOptimizer, type OptimizerListener } from './optimizer-hook.ts';

/** What happens in training, seen from outside. Implementations must not throw. */
export interface StepListener {
  /** Before the first gradient of a step: the weights had `step` updates. */
  begin(step: number): void;
  /** Before a forward pass. */
  opening(): void;
  /** At the end of a forward pass, while its tensors are alive; no batches where no labels were seen. */
  forward(batches: readonly Batch[], loss: TapeTensor, variables: readonly TapeTensor[]): void;
  /** After the backward pass; gradients in the order of the variables. `again` computes them once more. */
  backward(gradients: Gradients, again: Again): void;
  /** The pass is over, also when something threw. */
  closed(): void;
  /** The optimizer is about to update the weights by these gradients; `lastAlone`: of several passes, they are those of the last. */
  updating(gradients: readonly TapeTensor[], lastAlone: boolean): void;
  /** The weights were updated: `step` is over. */
  end(step: number): void;
  /** The update threw: what was seen of this step is void. */
  abandon(): void;
  /** The hook itself failed; training went on. */
  failed(error: unknown): void;
}

export interface HookOptions {
  /** Index of the output whose labels and predictions are shown; default 0. */
  readonly output?: number;
  /** No other exclusive hook may follow the same optimizer; default true. */
  readonly exclusive?: boolean;
}

/** Optimizers under watch; one can be watched only once at a time. */
const watched = new WeakMap<object, TrainingHook>();
/** Hooks without a model: they can't tell by the variables whether a gradient is theirs. */
const modelless = new Set<TrainingHook>();

/**
 * Follows the training steps of one model or optimizer: a step is all gradients computed for it until
 * `applyGradients`. Leaves nothing behind on the model outside of a forward pass.
 */
export class TrainingHook implements GradientListener, OptimizerListener {
  /** Updates seen so far. */
  step = 0;
  private readonly stopListening: () => void;
  private optimizer: object | null = null;
  private stopUpdates: () => void = () => {};
  private variables = new WeakSet<object>();
  private begun = false;
  private ours = false;
  private batches: Batch[] = [];
  private pass: readonly TapeTensor[] = [];
  /** Backward passes since the last update, and the gradients of the last one. */
  private passes = 0;
  private last: Gradients = [];
  private sure = false;
  private unhookLoss: () => void = () => {};
  private readonly model: ModelLike | null;
  private readonly fixedOptimizer: object | null;
  private readonly listener: StepListener;
  private readonly output: number;
  private readonly exclusive: boolean;

  /** Throws a UsageError where another exclusive hook follows the same optimizer. */
  constructor(
    tf: TfLike,
    model: ModelLike | null,
    optimizer: object | null,
    listener: StepListener,
    { output = 0, exclusive = true }: HookOptions = {},
  ) {
    this.output = output;
    this.exclusive = exclusive;
    this.model = model;
    this.fixedOptimizer = optimizer;
    this.listener = listener;
    this.adopt();
    this.stopListening = listenToGradients(tf, this);
    if (model === null) modelless.add(this);
  }

  /** Labels and predictions of the batch, from a hand-written loop. Only inside the loss function they count as training. */
  observe(predictions: TensorLike, labels: TensorLike): void {
    if (!this.ours) return;
    this.batches.push({ labels, predictions, losses: null });
  }

  /** Announces the coming step, so that it is measured before any update. Once per step. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.listener.begin(this.step);
  }

  /** Lets go of everything. Idempotent. */
  close(): void {
    this.stopListening();
    this.release();
    // Gradients that no update came for.
    if (this.begun) this.listener.abandon();
    this.begun = false;
    modelless.delete(this);
  }

  before(xs: readonly object[]): void {
    this.ours = this.isOurs(xs);
    if (!this.ours) return;
    this.batches = [];
    this.pass = xs as readonly TapeTensor[];
    this.adopt();
    this.begin();
    this.listener.opening();
    if (this.model !== null) {
      this.unhookLoss = listenToLoss(this.model, this.output, (batch) => {
        this.batches = [batch];
      });
    }
  }

  forward(loss: TensorLike): void {
    if (!this.ours) return;
    this.sure = this.model !== null || isComputing(this) === true || this.batches.length > 0 || modelless.size === 1;
    if (this.sure) this.listener.forward(this.batches, loss as TapeTensor, this.pass);
  }

  backward(gradients: Gradients, again: Again): void {
    if (!this.ours || !this.sure) return;
    this.passes++;
    this.last = gradients;
    this.listener.backward(gradients, again);
  }

  after(): void {
    this.unhookLoss();
    this.unhookLoss = () => {};
    if (this.ours) this.listener.closed();
    this.batches = [];
    this.pass = [];
    this.ours = false;
    this.sure = false;
  }

  failed(error: unknown): void {
    this.listener.failed(error);
  }

  private isOurs(xs: readonly object[]): boolean {
    if (isComputing(this) === false) return false;
    if (this.model === null) return true;
    if (xs.some((x) => this.variables.has(x))) return true;
    // A model may be built, or get layers, after the watch began.
    this.variables = new WeakSet(variablesOf(this.model));
    return xs.some((x) => this.variables.has(x));
  }

  /** Follows the optimizer in use; compile may have replaced it. */
  private adopt(): void {
    const current = this.fixedOptimizer ?? (this.model && optimizerOf(this.model));
    if (current === null || current === this.optimizer) return;
    const other = watched.get(current);
    if (this.exclusive && other !== undefined && other !== this) {
      throw new UsageError(
        'Expected an optimizer that no other monitor watches, got one that is being watched: ' +
          'close the first monitor before the second one starts.',
      );
    }
    this.release();
    this.optimizer = current;
    if (this.exclusive) watched.set(current, this);
    this.stopUpdates = listenToOptimizer(current, this);
  }

  beforeUpdate(gradients: readonly TapeTensor[]): void {
    this.begin();
    this.listener.updating(gradients, this.passes > 1 && this.areLast(gradients));
    [this.passes, this.last] = [0, []];
  }

  afterUpdate(): void {
    this.listener.end(this.step);
    this.step++;
    this.begun = false;
  }

  /** Whether these are the gradients of the last pass as they came. */
  private areLast(gradients: readonly TapeTensor[]): boolean {
    const last = new Set(this.last.map((gradient) => gradient?.dataId));
    return gradients.every(({ dataId }) => last.has(dataId));
  }

  failedUpdate(): void {
    this.begun = false;
    this.listener.abandon();
  }

  private release(): void {
    if (this.optimizer === null) return;
    this.stopUpdates();
    if (watched.get(this.optimizer) === this) watched.delete(this.optimizer);
    this.optimizer = null;
  }
}
