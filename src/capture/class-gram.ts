import type { TensorData, TfLike } from '../tf.ts';
import { type Arithmetic, arithmeticFor, type BatchLabels, type Kept, type StepFigures } from './arithmetic.ts';
import { classGradients, dominantOf, type LayerMap } from './class-figures.ts';
import type { ClassGradients } from './class-gradients.ts';
import { Coverage, type Layers } from './coverage.ts';
import { type KernelCall, type KernelListener, Kernels } from './engine/kernels.ts';
import { type TapeNode, type TapeTensor, tapeOf } from './engine/tape.ts';
import { type Operations, operationsOf, tidy } from './engine/tensors.ts';
import { MOVING } from './layout.ts';
import { Pass } from './pass.ts';
import { PlanCache } from './plan-cache.ts';
import type { Readback } from './readback.ts';
import { failuresOf, isDue } from './self-check.ts';
import type { Direction } from './sums/pass-sums.ts';
import { type Plan, planOf } from './tape.ts';
import { directionOf } from './view.ts';

export interface ClassGramOptions {
  readonly tf: TfLike;
  readonly classes: number;
  readonly readback: Readback;
  /** Layers in the order to show, with their weights; empty: weights are layers of their own. */
  readonly layers: () => Layers;
  /** One sentence, told once. */
  readonly report: (sentence: string) => void;
  /** Something went wrong that costs this step's figures at most. */
  readonly failed: (error: unknown) => void;
}

/** Moves of the weights by one update, by the variable; null where they were not looked at. */
export type Moves = ReadonlyMap<object, TapeTensor> | null;

/** Room for the class rows of all weights at a time. */
const MAX_KEPT_BYTES = 1 << 28;

interface Running {
  readonly pass: Pass;
  readonly arithmetic: Arithmetic;
  readonly variables: readonly TapeTensor[];
}

type Later<T> = T | Promise<T>;

interface Finished extends Running {
  readonly figures: Later<StepFigures> | null;
  readonly map: LayerMap;
  /** |gradient|^2 of each weight, where this pass is checked. */
  readonly expected: Later<TensorData[]> | null;
}

/** The class Gram of every training step, from the backward pass that training makes anyway. */
export class ClassGram implements KernelListener {
  /** Which share of the weights is measured. */
  readonly coverage: Coverage;
  private readonly options: ClassGramOptions;
  private readonly ops: Operations;
  private readonly kernels: Kernels | null;
  private readonly plans = new PlanCache();
  /** Attributes of the kernels of a forward pass that move values, by their inputs. */
  private attributes = new WeakMap<object, KernelCall['attrs']>();
  private passes = 0;
  private running: Running | null = null;
  private finished: Finished[] = [];
  /** Class rows that go on through the step: where it has several passes, or the rows are to be compared with its update. */
  private kept: Kept | null = null;
  private accumulating = false;
  private previousDominant: number | null = null;

  constructor(options: ClassGramOptions) {
    this.options = options;
    this.ops = operationsOf(options.tf);
    this.kernels = Kernels.of(options.tf);
    this.coverage = new Coverage(options.layers, options.report);
  }

  /** Before the forward pass. */
  begin(): void {
    this.kernels?.listen(this);
  }

  before({ name, inputs, attrs }: KernelCall): void {
    if (MOVING.has(name)) this.attributes.set(inputs, attrs);
  }

  after(): void {}

  /**
   * At the end of the forward pass, inside it: opens windows on the backward pass. `withRows`: the step's update will be
   * compared with the class gradients, if there is room for them.
   */
  watch(
    labels: BatchLabels,
    examples: number,
    loss: TapeTensor,
    variables: readonly TapeTensor[],
    withRows: boolean,
  ): void {
    this.kernels?.listen(null);
    const { tf } = this.options;
    const tape = tapeOf(tf);
    if (tape === null || this.kernels === null || examples === 0) return;
    const plan = this.planOf(tape, loss, variables, examples);
    this.coverage.plan(plan, variables);
    if (this.accumulating || (withRows && this.hasRoom(variables))) {
      this.kept ??= { pieces: new Set(), matrices: new Map() };
    }
    const arithmetic = arithmeticFor({ ...this.options, ops: this.ops }, labels, examples, plan.pieces, this.kept);
    const context = {
      ...{ tf, kernels: this.kernels, examples, rows: arithmetic.rows },
      mask: (row: number) => arithmetic.mask(row),
      occupied: (row: number) => arithmetic.occupied(row),
      measured: (weight: number) => this.coverage.measures(variables[weight]!),
      refuse: (weight: number, reason: string) => this.coverage.refuse(variables[weight]!, reason),
      failed: this.options.failed,
    };
    const pass = new Pass(plan, arithmetic.sums, context, isDue(this.passes));
    this.running = { pass, arithmetic, variables };
    pass.watch(tape);
  }

  /** After the backward pass; `gradients` in the order of the variables. */
  finish(gradients: readonly (TapeTensor | null)[]): void {
    const { running } = this;
    if (running === null) return;
    this.running = null;
    this.passes++;
    const { pass, arithmetic, variables } = running;
    pass.complete();
    const map = this.coverage.map(pass.plan, variables, pass.counts);
    const figures = arithmetic.figures(map.counts, null);
    this.finished.push({ ...running, map, figures, expected: this.expected(pass, gradients) });
  }

  /** The backward pass threw, or was not watched. */
  discard(): void {
    this.kernels?.listen(null);
    this.running?.pass.check?.dispose();
    this.running?.arithmetic.dispose();
    this.running = null;
  }

  /** The step is over, and the weights have made these moves. Null: nothing to say about it. */
  take(moves: Moves): Later<ClassGradients | null> | null {
    const { finished } = this;
    const last = finished.at(-1);
    try {
      const figures = last === undefined ? null : this.whole(last, moves);
      if (figures === null || last === undefined) return null;
      // Of several passes only the sum is known here.
      const expected = finished.length === 1 ? last.expected : null;
      const done = (of: StepFigures, squares: TensorData[] | null) => this.concluded(of, squares, last);
      if (!(figures instanceof Promise) && !(expected instanceof Promise)) return done(figures, expected);
      return Promise.all([figures, expected]).then(([of, squares]) => done(of, squares));
    } finally {
      // Several batches in one step are added up from the next step on; this one's have no products across batches.
      this.accumulating = finished.length > 1;
      this.abandon();
    }
  }

  /** Forgets the step. */
  abandon(): void {
    this.discard();
    for (const { arithmetic } of this.finished) arithmetic.dispose();
    this.finished = [];
    for (const matrix of this.kept?.matrices.values() ?? []) matrix.dispose();
    this.kept = null;
  }

  private planOf(
    tape: readonly TapeNode[],
    loss: TapeTensor,
    variables: readonly TapeTensor[],
    examples: number,
  ): Plan {
    const { attributes } = this;
    this.attributes = new WeakMap();
    return this.plans.get(tape, variables, examples, () =>
      planOf(tape, loss, variables, examples, (inputs) => attributes.get(inputs)),
    );
  }

  private hasRoom(variables: readonly TapeTensor[]): boolean {
    const values = variables.reduce((sum, { size }) => sum + size, 0);
    return values * 4 * (this.options.classes + 1) <= MAX_KEPT_BYTES;
  }

  private expected({ check }: Pass, gradients: readonly (TapeTensor | null)[]): Finished['expected'] {
    if (check === null) return null;
    const squares = check.squares(gradients);
    check.dispose();
    const reading = this.options.readback.read([squares]);
    squares.dispose();
    return reading;
  }

  /** Figures of the step out of those of its passes. */
  private whole(last: Finished, moves: Moves): Finished['figures'] {
    if (this.kept === null) return this.finished.length === 1 ? last.figures : null;
    const { ops } = this;
    const direction: Direction = (piece) => directionOf(ops, last.pass.plan, piece, last.variables, moves);
    const folded = tidy(this.options.tf, () => last.arithmetic.figures(last.map.counts, direction));
    const parts = this.finished.map(({ figures }) => figures);
    if (folded === null || parts.includes(null)) return null;
    const here = [folded, ...parts] as StepFigures[];
    const join = (all: readonly StepFigures[]) => joined(all, moves !== null);
    return here.some((part) => part instanceof Promise) ? Promise.all(here).then(join) : join(here);
  }

  /** Null, and less coverage from now on, if the Grams of a weight don't add up to its gradient. */
  private concluded(figures: StepFigures, expected: TensorData[] | null, step: Finished): ClassGradients | null {
    if (expected !== null && this.fails(figures, expected[0]!, step)) return null;
    const gradients = classGradients(figures, step.map, this.previousDominant);
    this.previousDominant = dominantOf(gradients);
    return gradients;
  }

  private fails(
    { sums, diagonals, classOf }: StepFigures,
    expected: TensorData,
    { pass, map, variables }: Finished,
  ): boolean {
    const found = new Float64Array(variables.length);
    const traces = new Float64Array(variables.length);
    const rows = classOf.length;
    const judged = new Set(variables.keys());
    pass.plan.pieces.forEach(({ variable }, piece) => {
      found[variable]! += sums[piece]!;
      for (let row = 0; row < rows; row++) traces[variable]! += diagonals[piece * rows + row]!;
      if (!map.counts(piece)) judged.delete(variable);
    });
    const failures = failuresOf(found, traces, expected).filter((weight) => judged.has(weight));
    for (const weight of failures) this.coverage.refuse(variables[weight]!, 'its parts do not add up to its gradient');
    return failures.length > 0;
  }
}

/** The folded Gram with the examples of all passes. */
function joined([folded, ...parts]: readonly StepFigures[], moved: boolean): StepFigures {
  const sum = (of: (part: StepFigures) => Float64Array | null) =>
    parts.reduce<Float64Array | null>((total, part) => {
      const values = of(part);
      return total === null || values === null ? null : total.map((value, row) => value + values[row]!);
    }, new Float64Array(folded!.classOf.length));
  const along = moved ? (folded!.along?.map((value) => -value) ?? null) : null;
  return { ...folded!, counts: sum(({ counts }) => counts)!, rowSquares: sum(({ rowSquares }) => rowSquares), along };
}
