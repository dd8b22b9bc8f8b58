import type { ModelLike, TfLike } from '../../tf.ts';
import { nativeOf } from '../../wasm/access.ts';
import { Attempts } from '../budget/attempts.ts';
import { Budget } from '../budget/budget.ts';
import type { Again, Gradients } from '../engine/gradients.ts';
import { layersOf } from '../engine/model.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { tapeFault } from '../engine/tape-probe.ts';
import type { Batch } from '../loss-hook.ts';
import { both, type Later, map } from '../reading/later.ts';
import type { Readback } from '../reading/readback.ts';
import { NOT_ABSORBED } from './absorption.ts';
import type { BatchLabels } from './arithmetic.ts';
import type { ClassGradients, WeightUpdate } from './class-gradients.ts';
import { ClassGram } from './class-gram.ts';
import { type GramSource, Unmeasured } from './gram-source.ts';
import { MaskedPasses } from './masked-passes.ts';
import type { Offload } from './offload.ts';
import { UpdateWatch } from './update-watch.ts';

/**
 * Shares of |g_c|^2, all added up, that are left in |gradient|^2: these are float32 sums, exact to some 1e-7 of the first. Below SMALL the gradient is
 * read itself, from the next step on; below LOST nothing is said of this one.
 */
const SMALL = 1e-2;
const LOST = 1e-4;
export interface GradientWatchOptions {
  readonly tf: TfLike;
  readonly model: ModelLike | null;
  readonly classes: number;
  /** Share of training time that class gradients may take. */
  readonly budget: number;
  /** Part of it that others leave. */
  readonly left: () => number;
  readonly readback: Readback;
  /** Who may take part of the work. */
  readonly offload: Offload | null;
  /** Whether training may get sums over classes in place of its own products. */
  readonly absorb: boolean;
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
  private readonly gram: GramSource;
  private readonly updates: UpdateWatch;
  private readonly budget: Budget;
  private measured = false;
  private due = false;
  private asking = false;
  /** To measure a pass: in vain where no labels are seen, or no weight can be measured. */
  private readonly attempts = new Attempts();
  private endedAt: number | null = null;
  /** What the last pass has put out. */
  private ofPass: Gradients = [];
  /** The optimizer gets what the class gradients add up to: its norm is known with theirs, and nothing has to be read. */
  private hasNorm = false;
  /** Class gradients have cancelled in what was told last: so little is left of their sum that it has to be read. */
  private isSmall = false;

  constructor(options: GradientWatchOptions) {
    const { tf, readback } = options;
    this.options = options;
    this.gram = sourceOf(options);
    this.updates = new UpdateWatch(tf, readback);
    this.budget = new Budget(options.budget, readback.isSynchronous, options.left);
  }

  /** Share of the trainable parameters whose class gradients are measured; null before the first. */
  get coverage(): number | null {
    return this.gram.coverage.share;
  }

  /** Class gradients are measured at every n-th step. */
  get interval(): number {
    return this.budget.interval;
  }

  /** Whether the batch of the step at hand has to be looked at: not where nothing can be measured of it, but for a try now and then. */
  get asks(): boolean {
    return this.asking;
  }

  /** Before the first gradient of a step; `due`: whether what goes by the schedule is measured, too. */
  begin(step: number, due: boolean): void {
    this.measured = this.budget.due(step) && (due || !this.gram.isScheduled);
    this.asking = this.measured && this.attempts.isWorthAnother(step);
    this.due = due;
    this.hasNorm = false;
  }

  opening(): void {
    if (this.measured) this.gram.begin();
  }

  /** `labels` of the one batch of the pass: null where there is none, or several. */
  forward(batch: Batch | null, labels: Int32Array | null, loss: TapeTensor, variables: readonly TapeTensor[]): void {
    const device = batch !== null && !this.options.readback.isSynchronous ? (batch.labels as TapeTensor) : null;
    const known: BatchLabels | null = labels ?? device;
    const isSeen = batch !== null && known !== null;
    if (!this.measured || !isSeen) this.gram.discard();
    else this.gram.watch(known, batch, loss, variables, this.due);
    if (this.measured) this.attempts.ended(isSeen && this.coverage !== 0);
  }

  /** After the backward pass. */
  backward(gradients: Gradients, variables: readonly TapeTensor[], again: Again): void {
    if (!this.measured) return;
    this.gram.finish(gradients, again);
    this.ofPass = gradients;
    if (this.due) this.updates.keep(variables);
  }

  /** The optimizer is about to make an update of these gradients; `lastAlone`: of several passes, they are those of the last. */
  updating(gradients: readonly TapeTensor[], lastAlone: boolean): void {
    if (!this.measured) return;
    this.gram.updating(lastAlone);
    this.hasNorm = !this.isSmall && this.gram.isWhole && areSame(gradients, this.ofPass);
    this.ofPass = [];
    this.updates.updating(this.hasNorm ? null : gradients);
  }

  /** The pass is over, also when something threw. */
  closed(): void {
    if (this.measured) this.gram.discard();
  }

  /** Milliseconds in windows on the backward pass since it was last asked. */
  windowTime(): number {
    return this.gram.windowTime();
  }

  /** The step is over. `own`: time that its gradients have taken so far (ms). */
  end(step: number, own: number): Later<StepGradients> | null {
    const { measured } = this;
    const start = performance.now();
    const result = measured ? this.taken() : null;
    const now = performance.now();
    if (this.endedAt !== null) this.budget.add(step, now - this.endedAt, own + now - start, measured);
    this.endedAt = now;
    return result;
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.gram.abandon();
    this.updates.abandon();
    this.ofPass = [];
    this.endedAt = null;
  }

  private taken(): Later<StepGradients> {
    const moves = this.due ? this.updates.moves() : null;
    try {
      const gradients = this.gram.take(moves);
      const update = this.updates.take(moves, (weight) => this.gram.coverage.measures(weight));
      const { hasNorm } = this;
      return map(both(gradients, update), ([of, by]) => {
        if (of === null) return { gradients: of, update: by };
        const share = shareLeft(of);
        this.isSmall = share < SMALL;
        return { gradients: of, update: hasNorm ? withNorm(by, share < LOST ? null : of.total) : by };
      });
    } finally {
      for (const move of moves?.values() ?? []) move.dispose();
    }
  }
}

/** |gradient|^2 as a share of |g_c|^2, all added up. */
function shareLeft({ gram, total, present }: ClassGradients): number {
  let squares = 0;
  for (let c = 0; c < present.length; c++) squares += gram[c * (present.length + 1)]!;
  return squares === 0 ? 1 : total / squares;
}

/** Whether these are the gradients of a pass, all of them and as they came. */
function areSame(gradients: readonly TapeTensor[], ofPass: Gradients): boolean {
  const data = new Set<object>();
  for (const gradient of ofPass) if (gradient !== null) data.add(gradient.dataId);
  return gradients.length === data.size && gradients.every(({ dataId }) => data.has(dataId));
}

/** `square`: |gradient|^2; null: unknown. */
function withNorm({ updateNorm, measuredUpdateNorm, weightNorm }: WeightUpdate, square: number | null): WeightUpdate {
  return { gradientNorm: square === null ? null : Math.sqrt(square), updateNorm, measuredUpdateNorm, weightNorm };
}

/** By the tape; else by repeating steps on schedule; else not at all. Says which, if not the first. */
function sourceOf(given: GradientWatchOptions): GramSource {
  const { tf, model, classes, readback, offload, absorb, report, failed } = given;
  const layers = () => (model === null ? [] : layersOf(model));
  const options = { tf, classes, readback, layers, report };
  const fault = tapeFault(tf);
  if (absorb && (fault !== null || nativeOf(tf) === null)) report(NOT_ABSORBED);
  if (fault === null) return new ClassGram({ ...options, offload, absorb, failed });
  if (model === null) {
    report(`${fault}: class gradients are not measured without a LayersModel. Training goes on.`);
    return new Unmeasured(options);
  }
  report(
    `${fault}: class gradients are measured on schedule only, by one more forward and backward pass for each class. ` +
      'With batch normalization they are those of the losses of a class, not of its places in the batch.',
  );
  return new MaskedPasses(options, model);
}
