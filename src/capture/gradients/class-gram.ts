import type { TensorData } from '../../tf.ts';
import { Stopwatch } from '../budget/stopwatch.ts';
import type { Gradients } from '../engine/gradients.ts';
import { type KernelCall, type KernelListener, Kernels } from '../engine/kernels.ts';
import { type TapeNode, type TapeTensor, tapeOf } from '../engine/tape.ts';
import { type Operations, operationsOf } from '../engine/tensors.ts';
import type { Batch } from '../loss-hook.ts';
import { both, type Later, Pending, Sequence } from '../reading/later.ts';
import { Accumulation } from './accumulation.ts';
import { arithmeticFor, type BatchLabels, haveRoom, type Kept, type StepFigures } from './arithmetic.ts';
import { classGradients, dominantOf } from './class-figures.ts';
import type { ClassGradients } from './class-gradients.ts';
import { Coverage } from './coverage.ts';
import type { GramSource, GramSourceOptions, Moves } from './gram-source.ts';
import { MOVING } from './moves.ts';
import { NOT_TRUSTED, type Offload } from './offload.ts';
import { Pass } from './pass.ts';
import { DIFFERENT_PASSES, NO_ROOM, type Plan, samePieces, TAKEN } from './plan.ts';
import { PlanCache } from './plan-cache.ts';
import { Checks, failuresOf } from './self-check.ts';
import { type Finished, figuresOfStep, type Running, type Variables } from './step-passes.ts';
import { type PassTensors, planOf } from './tape.ts';

export interface ClassGramOptions extends GramSourceOptions {
  /** Who may take part of the work. */
  readonly offload: Offload | null;
  /** Whether training may get sums over classes in place of its own products. */
  readonly absorb: boolean;
  /** Something went wrong that costs this step's figures at most. */
  readonly failed: (error: unknown) => void;
}

/** The class Gram of every training step, from the backward pass that training makes anyway. */
export class ClassGram implements GramSource, KernelListener {
  readonly isScheduled = false;
  /** Which share of the weights is measured. */
  readonly coverage: Coverage;
  private readonly options: ClassGramOptions;
  /** Who takes part of the work, as long as it does that rightly. */
  private offload: Offload | null;
  private readonly ops: Operations;
  private readonly kernels: Kernels | null;
  private readonly plans = new PlanCache();
  /** Each step goes by the one before, which may be under way. */
  private readonly sequence = new Sequence();
  /** Attributes of the kernels of a forward pass that move values, by their inputs. */
  private attributes = new WeakMap<object, KernelCall['attrs']>();
  private readonly checks = new Checks();
  private running: Running | null = null;
  private finished: Finished[] = [];
  /** Class rows that go on through the step: where it has several passes, or the rows are to be compared with its update. */
  private kept: Kept | null = null;
  private readonly accumulation = new Accumulation();
  /** Backward passes of the step so far, seen or not. */
  private backwards = 0;
  /** Some of the step's gradient was not seen, or its class rows can't be added up: it is not measured. */
  private incomplete = false;
  /** The update is made of the gradients of the last pass. */
  private lastAlone = false;
  private readonly stopwatch = new Stopwatch();
  private previousDominant: number | null = null;

  constructor(options: ClassGramOptions) {
    this.options = options;
    this.offload = options.offload;
    this.ops = operationsOf(options.tf);
    this.kernels = Kernels.of(options.tf);
    this.coverage = new Coverage(options.layers, options.report);
  }

  get isWhole(): boolean {
    const [only] = this.finished;
    if (only === undefined || this.backwards > 1 || this.incomplete) return false;
    const { plan, check } = only.pass;
    return check === null && plan.weightsOnly.length === 0 && this.coverage.share === 1;
  }

  /** Before the forward pass. */
  begin(): void {
    if (this.accumulation.isSeparate) this.restart();
    if (this.kernels?.claim(this)) this.kernels.listen(this);
    else this.options.report(TAKEN);
  }

  before(name: string, inputs: object, attrs: KernelCall['attrs']): void {
    if (MOVING.has(name)) this.attributes.set(inputs, attrs);
  }

  /**
   * At the end of the forward pass, inside it: opens windows on the backward pass. `withRows`: the step's update will be
   * compared with the class gradients, if there is room for them.
   */
  watch(labels: BatchLabels, batch: Batch, loss: TapeTensor, variables: Variables, withRows: boolean): void {
    if (this.kernels?.claim(this) !== true) return;
    this.kernels.listen(null);
    const examples = batch.predictions.shape[0] ?? 0;
    const { tf, classes, readback, failed } = this.options;
    const tape = tapeOf(tf);
    if (tape === null || examples === 0) return;
    const plan = this.planOf(tape, { loss, predictions: batch.predictions as TapeTensor, variables, examples });
    this.coverage.plan(plan, variables);
    if (!this.goesOn(plan, variables)) return;
    this.keep(withRows, variables, labels instanceof Int32Array ? examples : Number.POSITIVE_INFINITY);
    // What the first checks find is known before the next pass.
    const offload = this.checks.isFirst(plan) ? null : this.offload;
    const { ops, kernels, coverage, stopwatch } = this;
    const arithmetic = arithmeticFor({ tf, ops, classes, readback, offload }, labels, examples, plan.pieces, this.kept);
    // Rows that go on from pass to pass are not those of this one alone.
    const absorb = this.options.absorb && this.kept === null;
    const context = { tf, kernels, examples, variables, arithmetic, coverage, failed, stopwatch, absorb };
    const pass = new Pass(plan, context, this.checks.isDue(plan, offload !== null));
    this.running = { pass, arithmetic, variables };
    pass.watch(tape);
  }

  /** After the backward pass; `gradients` in the order of the variables. */
  finish(gradients: Gradients): void {
    const { running } = this;
    this.backwards++;
    if (running === null) {
      this.incomplete = true;
      return;
    }
    this.running = null;
    const { pass, arithmetic, variables } = running;
    this.checks.passed(pass.plan);
    pass.complete();
    const map = this.coverage.map(pass.plan, variables);
    const figures = arithmetic.figures(map.counts, null);
    const expected = pass.expected(gradients, this.options.readback);
    this.finished.push({ pass, arithmetic, variables, map, figures, expected });
  }

  /** The backward pass threw, or was not watched. */
  discard(): void {
    this.kernels?.release(this);
    // What it has added to the rows that go on stays there.
    if (this.running !== null && this.kept !== null) this.incomplete = true;
    this.running?.pass.check?.dispose();
    this.running?.arithmetic.dispose();
    this.running = null;
  }

  /** The update is about to be made. */
  updating(lastAlone: boolean): void {
    this.lastAlone = lastAlone;
    // Passes were added up that the update leaves out, or the other way round: nobody knew that before.
    if (this.backwards > 1 && lastAlone !== this.accumulation.isSeparate) this.incomplete = true;
  }

  /** The step is over, and the weights have made these moves. Null: nothing to say about it. */
  take(moves: Moves): Later<ClassGradients | null> | null {
    const { finished } = this;
    const last = finished.at(-1);
    try {
      if (last === undefined || this.incomplete) return null;
      const figures = figuresOfStep(this.options.tf, finished, this.kept, moves);
      if (figures === null) return null;
      // Of several passes only the sum is known here.
      const expected = finished.length === 1 ? last.expected : null;
      return this.sequence.map(both(figures, expected), ([of, squares]) => this.concluded(of, squares, last));
    } finally {
      // Several batches in one step are added up from the next step on; this one's have no products across batches.
      this.accumulation.saw(this.backwards, this.lastAlone);
      if (finished.length === 1 && !this.incomplete) this.clear();
      else this.abandon();
    }
  }

  /** Milliseconds that the windows have taken since it was last asked. */
  windowTime(): number {
    return this.stopwatch.read();
  }

  /** Forgets the step. */
  abandon(): void {
    for (const { figures } of this.finished) if (figures instanceof Pending) figures.discard();
    this.clear();
  }

  /** What was seen of the step's earlier passes has no part in its update. */
  private restart(): void {
    const { backwards } = this;
    this.abandon();
    this.backwards = backwards;
  }

  private clear(): void {
    this.discard();
    for (const { arithmetic } of this.finished) arithmetic.dispose();
    this.finished = [];
    this.incomplete = false;
    this.lastAlone = false;
    this.backwards = 0;
    for (const matrix of this.kept?.matrices.values() ?? []) matrix.dispose();
    this.kept = null;
  }

  private planOf(tape: readonly TapeNode[], tensors: PassTensors): Plan {
    const { attributes } = this;
    this.attributes = new WeakMap();
    return this.plans.get(tape, tensors, () => planOf(tape, tensors, (inputs) => attributes.get(inputs)));
  }

  /** Class rows outlive the pass where other passes or the update are to meet them, and there is room for all. */
  private keep(withRows: boolean, variables: Variables, examples: number): void {
    const accumulating = this.accumulation.isExpected;
    if (this.kept !== null || !(accumulating || withRows)) return;
    const { classes, report } = this.options;
    const rows = 1 + (accumulating ? classes : Math.min(classes, examples));
    if (haveRoom(variables, rows)) this.kept = { forAll: accumulating, pieces: new Set(), matrices: new Map() };
    else if (accumulating) report(NO_ROOM);
  }

  /** Whether the step can go on with this pass: rows of several passes are added up piece by piece. */
  private goesOn(plan: Plan, variables: Variables): boolean {
    const [first] = this.finished;
    if (this.incomplete) return false;
    if (first === undefined) return true;
    // Nobody knew that more batches would come: from the next step on.
    if (this.kept !== null && !this.kept.forAll) return false;
    const isSame =
      variables.length === first.variables.length && variables.every((one, i) => one === first.variables[i]);
    if (isSame && samePieces(plan, first.pass.plan)) return true;
    this.options.report(DIFFERENT_PASSES);
    return false;
  }

  /** Null, and less coverage from now on, if the Grams of a weight don't add up to its gradient. */
  private concluded(figures: StepFigures, expected: TensorData[] | null, step: Finished): ClassGradients | null {
    const isForeign = step.figures instanceof Pending;
    if (isForeign && this.offload === null) return null;
    const failures = expected === null ? [] : failuresOf(figures, expected[0]!, step.pass.plan, step.map.counts);
    if (isForeign && failures.length > 0) {
      // Whether the fault is in what was handed over, the next passes tell, which are computed and checked here.
      this.offload = null;
      this.options.report(NOT_TRUSTED);
      this.checks.restart(step.pass.plan);
      return null;
    }
    for (const weight of failures) {
      this.coverage.refuse(step.pass.plan, step.variables[weight]!, 'its parts do not add up to its gradient');
    }
    if (failures.length > 0 || this.coverage.share === 0) return null;
    const gradients = classGradients(figures, step.map, this.previousDominant);
    this.previousDominant = dominantOf(gradients);
    return gradients;
  }
}
