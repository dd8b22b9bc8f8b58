import type { ModelLike, TfLike } from '../tf.ts';
import type { BatchLabels } from './arithmetic.ts';
import { Budget } from './budget.ts';
import type { ClassGradients, WeightUpdate } from './class-gradients.ts';
import { ClassGram } from './class-gram.ts';
import { layersOf } from './engine/model.ts';
import type { TapeTensor } from './engine/tape.ts';
import type { Batch } from './loss-hook.ts';
import type { Readback } from './readback.ts';
import { UpdateWatch } from './update-watch.ts';

export interface GradientWatchOptions {
  readonly tf: TfLike;
  readonly model: ModelLike | null;
  readonly classes: number;
  /** Share of training time that class gradients may take. */
  readonly budget: number;
  readonly readback: Readback;
  readonly report: (sentence: string) => void;
  readonly failed: (error: unknown) => void;
}

/** What was seen of one step's gradients. */
export interface StepGradients {
  readonly gradients: ClassGradients | null;
  readonly update: WeightUpdate;
}

/** Watches gradients and updates of the steps that the budget allows. Everything here is called inside training. */
export class GradientWatch {
  private readonly options: GradientWatchOptions;
  private readonly gram: ClassGram;
  private readonly updates: UpdateWatch;
  private readonly budget: Budget;
  /** Whether the step at hand is measured; null between steps. */
  private measured = false;
  private due = false;
  private endedAt: number | null = null;
  private spentBefore = 0;

  constructor(options: GradientWatchOptions) {
    const { tf, model, classes, readback, report, failed } = options;
    this.options = options;
    const layers = () => (model === null ? [] : layersOf(model));
    this.gram = new ClassGram({ tf, classes, readback, layers, report, failed });
    this.updates = new UpdateWatch(tf, readback);
    this.budget = new Budget(options.budget, readback.isSynchronous);
  }

  /** Share of the trainable parameters whose class gradients are measured; null before the first. */
  get coverage(): number | null {
    return this.gram.coverage.share;
  }

  /** Class gradients are measured at every n-th step. */
  get interval(): number {
    return this.budget.interval;
  }

  /** Before the first gradient of a step; `due`: whether what goes by the schedule is measured, too. */
  begin(step: number, due: boolean): void {
    this.measured = this.budget.due(step);
    this.due = due;
  }

  opening(): void {
    if (this.measured) this.gram.begin();
  }

  /** `labels` of the one batch of the pass: null where there is none, or several. */
  forward(batch: Batch | null, labels: Int32Array | null, loss: TapeTensor, variables: readonly TapeTensor[]): void {
    const device = batch !== null && !this.options.readback.isSynchronous ? (batch.labels as TapeTensor) : null;
    const known: BatchLabels | null = labels ?? device;
    if (!this.measured || batch === null || known === null) this.gram.discard();
    else this.gram.watch(known, batch.predictions.shape[0] ?? 0, loss, variables, this.due);
  }

  /** After the backward pass. */
  backward(gradients: readonly (TapeTensor | null)[], variables: readonly TapeTensor[]): void {
    if (!this.measured) return;
    this.gram.finish(gradients);
    this.updates.backward(gradients, variables, this.due);
  }

  /** The pass is over, also when something threw. */
  closed(): void {
    if (this.measured) this.gram.discard();
  }

  /** The step is over. `spent`: time that the monitor has taken in all (ms). */
  end(step: number, spent: () => number): StepGradients | Promise<StepGradients> | null {
    const { measured } = this;
    const result = measured ? this.taken() : null;
    const now = performance.now();
    const total = spent();
    if (this.endedAt !== null) this.budget.add(step, now - this.endedAt, total - this.spentBefore, measured);
    this.endedAt = now;
    this.spentBefore = total;
    return result;
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.gram.abandon();
    this.updates.abandon();
    this.endedAt = null;
  }

  private taken(): StepGradients | Promise<StepGradients> {
    const moves = this.due ? this.updates.moves() : null;
    try {
      const gradients = this.gram.take(moves);
      const update = this.updates.take(moves, (weight) => this.gram.coverage.measures(weight));
      const here = !(gradients instanceof Promise) && !(update instanceof Promise);
      if (here) return { gradients, update };
      return Promise.all([gradients, update]).then(([of, by]) => ({ gradients: of, update: by }));
    } finally {
      for (const move of moves?.values() ?? []) move.dispose();
    }
  }
}
