import type { ModelLike, TensorLike, TfLike } from '../tf.ts';
import { UsageError } from '../usage-error.ts';
import { type GradientListener, listenToGradients, optimizerOf, variablesOf } from './engine.ts';
import { type Batch, listenToLoss } from './loss-hook.ts';

/** What happens in training, seen from outside. Implementations must not throw. */
export interface StepListener {
  /** Before the first gradient of a step: the weights had `step` updates. */
  begin(step: number): void;
  /** In the forward pass of a batch, while its tensors are alive. `batch` is null where no labels were seen. */
  forward(batch: Batch | null, loss: TensorLike): void;
  /** The weights were updated: `step` is over. */
  end(step: number): void;
  /** The update threw: what was seen of this step is void. */
  abandon(): void;
  /** The hook itself failed; training went on. */
  failed(error: unknown): void;
}

interface HookedOptimizer {
  applyGradients: (...args: unknown[]) => unknown;
  computeGradients: (...args: unknown[]) => unknown;
}

/** Optimizers under watch; one can be watched only once at a time. */
const watched = new WeakMap<object, TrainingHook>();
/** Hooks without a model: they can't tell by the variables whether a gradient is theirs. */
const modelless = new Set<TrainingHook>();
/** The hook whose optimizer is computing gradients right now. */
let computing: TrainingHook | null = null;

/**
 * Follows the training steps of one model or optimizer: a step is all gradients computed for it until
 * `applyGradients`. Leaves nothing behind on the model outside of a forward pass.
 */
export class TrainingHook implements GradientListener {
  /** Updates seen so far. */
  step = 0;
  private readonly stopListening: () => void;
  private optimizer: HookedOptimizer | null = null;
  private variables = new WeakSet<object>();
  private begun = false;
  private ours = false;
  private batch: Batch | null = null;
  private unhookLoss: () => void = () => {};
  private restore: (() => void)[] = [];
  private readonly model: ModelLike | null;
  private readonly fixedOptimizer: object | null;
  private readonly listener: StepListener;

  constructor(tf: TfLike, model: ModelLike | null, optimizer: object | null, listener: StepListener) {
    this.model = model;
    this.fixedOptimizer = optimizer;
    this.listener = listener;
    this.adopt();
    this.stopListening = listenToGradients(tf, this);
    if (model === null) modelless.add(this);
  }

  /** Whether a forward pass of ours is running. */
  get isOpen(): boolean {
    return this.ours;
  }

  /** Labels and predictions of the batch, from a hand-written loop. Only inside the loss function they count as training. */
  observe(predictions: TensorLike, labels: TensorLike): void {
    if (!this.ours) return;
    this.batch = { labels, predictions, losses: null };
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
    modelless.delete(this);
  }

  before(xs: readonly object[]): void {
    this.ours = this.isOurs(xs);
    if (!this.ours) return;
    this.batch = null;
    this.adopt();
    this.begin();
    if (this.model !== null) {
      this.unhookLoss = listenToLoss(this.model, 0, (batch) => {
        this.batch = batch;
      });
    }
  }

  forward(loss: TensorLike): void {
    if (!this.ours) return;
    const sure = this.model !== null || computing === this || this.batch !== null || modelless.size === 1;
    if (sure) this.listener.forward(this.batch, loss);
  }

  after(): void {
    this.unhookLoss();
    this.unhookLoss = () => {};
    this.batch = null;
    this.ours = false;
  }

  failed(error: unknown): void {
    this.listener.failed(error);
  }

  private isOurs(xs: readonly object[]): boolean {
    if (computing !== null && computing !== this) return false;
    if (this.model === null) return true;
    if (xs.some((x) => this.variables.has(x))) return true;
    // A model may be built, or get layers, after the watch began.
    this.variables = new WeakSet(variablesOf(this.model));
    return xs.some((x) => this.variables.has(x));
  }

  /** Follows the optimizer in use; compile may have replaced it. */
  private adopt(): void {
    const current = (this.fixedOptimizer ?? (this.model && optimizerOf(this.model))) as HookedOptimizer | null;
    if (current === null || current === this.optimizer) return;
    const other = watched.get(current);
    if (other !== undefined && other !== this) {
      throw new UsageError(
        'Expected an optimizer that no other monitor watches, got one that is being watched: ' +
          'close the first monitor before the second one starts.',
      );
    }
    this.release();
    this.optimizer = current;
    watched.set(current, this);
    this.hook(current);
  }

  private hook(optimizer: HookedOptimizer): void {
    const hook = this;
    this.restore = [
      override(optimizer, 'computeGradients', (compute) => {
        return function (this: unknown, ...args) {
          const outer = computing;
          computing = hook;
          try {
            return compute.apply(this, args);
          } finally {
            computing = outer;
          }
        };
      }),
      override(optimizer, 'applyGradients', (apply) => {
        return function (this: unknown, ...args) {
          return hook.update(() => apply.apply(this, args));
        };
      }),
    ];
  }

  /** One update of the weights: the end of a step. */
  private update(apply: () => unknown): unknown {
    this.begin();
    let result: unknown;
    try {
      result = apply();
    } catch (error) {
      this.begun = false;
      this.listener.abandon();
      throw error;
    }
    this.listener.end(this.step);
    this.step++;
    this.begun = false;
    return result;
  }

  private release(): void {
    if (this.optimizer === null) return;
    for (const restore of this.restore) restore();
    watched.delete(this.optimizer);
    this.optimizer = null;
  }
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Covers a method of one object; the returned function uncovers it, unless somebody else has covered it since. */
function override<K extends keyof HookedOptimizer>(
  target: HookedOptimizer,
  name: K,
  wrap: (original: Method) => Method,
): () => void {
  const own = Object.hasOwn(target, name);
  const original = target[name];
  const wrapped = wrap(original);
  target[name] = wrapped;
  return () => {
    if (target[name] !== wrapped) return;
    if (own) target[name] = original;
    else Reflect.deleteProperty(target, name);
  };
}
