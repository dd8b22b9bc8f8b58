import type { ModelLike, TensorData } from '../../tf.ts';
import type { Again, Gradients } from '../engine/gradients.ts';
import { withVariablesKept } from '../engine/repetition.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { type Operations, operationsOf, tidy } from '../engine/tensors.ts';
import type { Batch } from '../loss-hook.ts';
import { both, type Later, map } from '../reading/later.ts';
import { type Arithmetic, arithmeticFor, type BatchLabels, type Kept, type StepFigures } from './arithmetic.ts';
import { classGradients, dominantOf } from './class-figures.ts';
import type { ClassGradients } from './class-gradients.ts';
import { Coverage } from './coverage.ts';
import { type GramSource, type GramSourceOptions, type Moves, NOTHING } from './gram-source.ts';
import type { Plan } from './plan.ts';
import { RepeatedStep } from './repeated-step.ts';
import { failuresOf, isDue, SelfCheck } from './self-check.ts';

/** Classes in a step, each of which costs a pass: at step 0 the budget knows nothing yet. */
const MAX_PASSES = 256;
/** Room for the gradients of all classes at a time. */
const MAX_BYTES = 1 << 28;

interface Running {
  readonly arithmetic: Arithmetic;
  readonly kept: Kept | null;
  readonly examples: number;
  readonly variables: readonly TapeTensor[];
}

interface Finished extends Running {
  /** |gradient|^2 of each weight without regularisers, where this step is checked. */
  readonly expected: Later<TensorData[]> | null;
}

/**
 * The class Gram of a step where there is no tape to look at: forward and backward pass are repeated once per class, with
 * the losses of all other examples set to zero. By loss, that is: with batch normalization the gradient of a class also
 * goes through the other examples of its batch. Training goes on as if nothing had happened.
 */
export class MaskedPasses implements GramSource {
  readonly isWhole = false;
  readonly coverage: Coverage;
  private readonly options: GramSourceOptions;
  private readonly ops: Operations;
  private readonly step: RepeatedStep;
  /** Why this step is not measured. */
  private fault: string | null = null;
  /** A repetition was not what it should be: there will be no other. */
  private isBroken = false;
  private plan = NOTHING;
  private planned: readonly TapeTensor[] = [];
  private steps = 0;
  private running: Running | null = null;
  private finished: Finished | null = null;
  private previousDominant: number | null = null;

  constructor(options: GramSourceOptions, model: ModelLike) {
    this.options = options;
    this.step = new RepeatedStep(options.tf, model);
    this.ops = operationsOf(options.tf);
    this.coverage = new Coverage(options.layers, options.report);
  }

  /** False while nothing can be measured anyway. */
  get isScheduled(): boolean {
    return this.fault === null;
  }

  begin(): void {
    if (!this.isBroken) this.step.begin();
  }

  watch(
    labels: BatchLabels,
    batch: Batch,
    _loss: TapeTensor,
    variables: readonly TapeTensor[],
    withRows: boolean,
  ): void {
    this.step.end();
    if (this.isBroken) return;
    if (this.finished !== null) {
      this.breakOff('a step has several backward passes', { variables });
      return;
    }
    const examples = batch.predictions.shape[0] ?? 0;
    const bytes = 4 * variables.reduce((sum, { size }) => sum + size, 0);
    this.fault = this.step.fault(batch, examples) ?? this.sizeFault(labels, bytes);
    if (this.fault !== null) {
      this.refuse(this.fault, variables);
      return;
    }
    const { pieces } = this.planOf(variables);
    const hasRoom = bytes * (this.options.classes + 1) <= MAX_BYTES;
    const kept: Kept | null = withRows && hasRoom ? { forAll: false, pieces: new Set(), matrices: new Map() } : null;
    const arithmetic = arithmeticFor({ ...this.options, ops: this.ops, offload: null }, labels, examples, pieces, kept);
    this.running = { arithmetic, kept, examples, variables };
  }

  finish(gradients: Gradients, again: Again): void {
    const { running } = this;
    if (running === null) return;
    try {
      this.finished = { ...running, expected: this.repeat(running, gradients, again) };
      this.running = null;
    } catch (error) {
      this.breakOff(`a step could not be repeated (${error instanceof Error ? error.message : error})`, running);
    }
  }

  discard(): void {
    this.step.end();
    if (this.running !== null) dispose(this.running);
    this.running = null;
  }

  updating(): void {}

  take(moves: Moves): Later<ClassGradients | null> | null {
    const { finished } = this;
    if (finished === null) return null;
    this.steps++;
    try {
      const { arithmetic, kept, variables, expected } = finished;
      const direction = (piece: number) => moves?.get(variables[piece]!) ?? null;
      const figures = tidy(this.options.tf, () => arithmetic.figures(() => true, kept === null ? null : direction));
      if (figures === null) return null;
      const isAlong = kept !== null && moves !== null;
      const conclude = (of: StepFigures, squares: TensorData[] | null) =>
        this.concluded(
          { ...of, along: isAlong ? (of.along?.map((value) => -value) ?? null) : null },
          squares,
          finished,
        );
      return map(both(figures, expected), ([of, squares]) => conclude(of, squares));
    } finally {
      this.abandon();
    }
  }

  /** What happens here is not inside of training's passes. */
  windowTime(): number {
    return 0;
  }

  abandon(): void {
    this.discard();
    if (this.finished !== null) dispose(this.finished);
    this.finished = null;
  }

  private sizeFault(labels: BatchLabels, bytes: number): string | null {
    // Labels that stay on the device may be of any class.
    const passes = labels instanceof Int32Array ? new Set(labels).size : this.options.classes + 1;
    if (passes > MAX_PASSES) return `more than ${MAX_PASSES} classes in a batch would be as many passes`;
    return passes * bytes > MAX_BYTES
      ? `the gradients of all its classes would not fit in ${MAX_BYTES >> 20} MiB`
      : null;
  }

  /** Class rows of all weights out of one more pass per class; returns what they must add up to. */
  private repeat(running: Running, gradients: Gradients, again: Again): Finished['expected'] {
    const { arithmetic, examples, variables } = running;
    const { tf, readback } = this.options;
    const check = isDue(this.steps) ? new SelfCheck(tf) : null;
    try {
      return tidy(tf, () => {
        const rows = withVariablesKept(tf, () => {
          const regularisers = check === null ? null : this.step.regularisers(examples, again);
          regularisers?.forEach((gradient, weight) => {
            if (gradient !== null) check?.hear(weight, gradient);
          });
          return Array.from({ length: arithmetic.rows }, (_, row) =>
            arithmetic.occupied(row) ? this.step.gradients(arithmetic.mask(row), again) : null,
          );
        });
        variables.forEach((_, weight) => {
          arithmetic.sums.masked(
            weight,
            rows.map((row) => row?.[weight] ?? null),
          );
        });
        return check?.read(gradients, readback) ?? null;
      });
    } finally {
      check?.dispose();
    }
  }

  /** Null, and no measurement any more, if the classes don't add up to the gradient. */
  private concluded(
    figures: StepFigures,
    expected: TensorData[] | null,
    { variables }: Finished,
  ): ClassGradients | null {
    if (expected !== null && failuresOf(figures, expected[0]!, this.plan, () => true).length > 0) {
      this.breakOff('the gradients of the classes did not add up to the gradient', { variables });
      return null;
    }
    const gradients = classGradients(figures, this.coverage.map(this.plan, variables), this.previousDominant);
    this.previousDominant = dominantOf(gradients);
    return gradients;
  }

  /** Every weight is a piece of its own, which is used once. */
  private planOf(variables: readonly TapeTensor[]): Plan {
    const isSame = variables.length === this.planned.length && variables.every((one, i) => one === this.planned[i]);
    if (!isSame) {
      this.planned = variables;
      const pieces = variables.map(({ size }, variable) => ({ variable, size, uses: 1, turned: false, view: null }));
      const site = { node: 0, pieces: Object.fromEntries(pieces.map((_, i) => [i, i])), layout: null };
      this.plan = { ...NOTHING, pieces, sites: [site] };
    }
    this.coverage.plan(this.plan, variables);
    return this.plan;
  }

  private refuse(reason: string, variables: readonly TapeTensor[]): void {
    this.fault = reason;
    this.coverage.plan(NOTHING, variables);
    this.options.report(`Class gradients are not measured: ${reason}. Training goes on.`);
  }

  private breakOff(reason: string, { variables }: Pick<Running, 'variables'>): void {
    this.isBroken = true;
    this.abandon();
    this.refuse(reason, variables);
  }
}

function dispose({ arithmetic, kept }: Running): void {
  arithmetic.dispose();
  for (const matrix of kept?.matrices.values() ?? []) matrix.dispose();
}
