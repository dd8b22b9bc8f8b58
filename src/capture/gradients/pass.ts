import type { TensorData, TfLike } from '../../tf.ts';
import type { WasmTf } from '../../wasm/backend.ts';
import type { ClassSink } from '../../wasm/class-sink.ts';
import type { Stopwatch } from '../budget/stopwatch.ts';
import type { Gradients } from '../engine/gradients.ts';
import type { Kernels } from '../engine/kernels.ts';
import type { TapeNode, TapeTensor } from '../engine/tape.ts';
import { operationsOf } from '../engine/tensors.ts';
import type { Readback } from '../reading/readback.ts';
import { type Absorbed, Absorption } from './absorption.ts';
import type { Arithmetic } from './arithmetic.ts';
import type { Contribution } from './contractions/contraction.ts';
import type { Factors } from './contractions/mat-mul.ts';
import type { Coverage } from './coverage.ts';
import type { Plan } from './plan.ts';
import { SelfCheck } from './self-check.ts';
import { NativeSums } from './sums/native.ts';
import type { PlainSums } from './sums/plain.ts';
import { type Finder, open, overhear } from './window.ts';

/** What a pass needs to know of those who run it. */
export interface PassContext {
  readonly tf: TfLike;
  readonly kernels: Kernels;
  readonly examples: number;
  readonly variables: readonly TapeTensor[];
  readonly arithmetic: Arithmetic;
  /** Which weights are (still) measured. */
  readonly coverage: Coverage;
  readonly failed: (error: unknown) => void;
  /** Counts what the windows take. */
  readonly stopwatch: Stopwatch;
  /** Whether training may get the sums over classes in place of its own products; not where the pass is checked. */
  readonly absorb: boolean;
}

/** One backward pass under watch: windows on all operations that use weights. */
export class Pass implements Finder {
  readonly plan: Plan;
  readonly sums: NativeSums | PlainSums;
  /** Where the pass is checked: what the regularisers sent back. */
  readonly check: SelfCheck | null;
  private readonly context: PassContext;
  private readonly seen: Int32Array;
  private readonly absorption: Absorption | null;

  constructor(plan: Plan, context: PassContext, checked: boolean) {
    this.plan = plan;
    this.sums = context.arithmetic.sums;
    this.context = context;
    this.seen = new Int32Array(plan.pieces.length);
    this.check = checked ? new SelfCheck(context.tf) : null;
    const { tf, absorb, stopwatch } = context;
    // A gradient made of its parts would say nothing about them.
    const absorbs = absorb && !checked && this.sums instanceof NativeSums;
    this.absorption = absorbs ? new Absorption(tf, this.sums, stopwatch) : null;
  }

  /** Opens the windows. */
  watch(tape: readonly TapeNode[]): void {
    const { kernels, examples, tf } = this.context;
    const batch = { examples, tf: tf as WasmTf };
    for (const site of this.plan.sites) {
      const any = Object.values(site.pieces).some((piece) => this.counts(piece));
      if (any) open(tape[site.node]!, site, batch, kernels, this);
    }
    if (this.check === null) return;
    for (const { node, variables } of this.plan.weightsOnly) {
      overhear(tape[node]!, variables, (weight, gradient) => this.hear(weight, gradient));
    }
  }

  /** Whether the piece is of a weight that is measured. */
  counts = (piece: number): boolean => this.context.coverage.measures(this.weight(piece), this.plan);

  /** Gives up the weights whose gradient was not wholly seen. */
  complete(): void {
    this.plan.pieces.forEach(({ uses }, piece) => {
      if (this.seen[piece] !== uses && this.counts(piece)) {
        this.context.coverage.refuse(this.plan, this.weight(piece), 'not all operations that use it were seen');
      }
    });
  }

  /** |gradient|^2 of each weight without its regularisers, where the pass is checked and the device has room to read. */
  expected(gradients: Gradients, readback: Readback): TensorData[] | Promise<TensorData[]> | null {
    if (this.check === null) return null;
    const reading = this.check.read(gradients, readback);
    this.check.dispose();
    return reading;
  }

  add(contribution: Contribution, piece: number): boolean {
    if (!this.counts(piece)) return true;
    const { sums } = this;
    const done = this.context.stopwatch.time(() =>
      sums instanceof NativeSums ? contribution.native(sums, piece) : contribution.plain(sums, piece),
    );
    if (done) this.seen[piece]!++;
    return done;
  }

  absorb(pieces: readonly number[], factors: Factors): Absorbed | null {
    const size = factors.din * factors.dout;
    const own = pieces.filter((piece) => this.plan.pieces[piece]!.size === size);
    if (this.absorption === null || !own.every(this.counts)) return null;
    return this.absorption.of(
      factors,
      own.map((piece) => this.plan.pieces[piece]!),
    );
  }

  sink(pieces: readonly number[], size: number): ClassSink | null {
    if (!(this.sums instanceof NativeSums)) return null;
    const piece = pieces.find((one) => this.plan.pieces[one]!.size === size && this.counts(one));
    return piece === undefined ? null : this.sums.sink(piece);
  }

  ask(piece: number, dys: readonly TapeTensor[], gradient: (dys: readonly TapeTensor[]) => TapeTensor): boolean {
    if (!this.counts(piece)) return true;
    const [dy] = dys;
    const { examples } = this.context;
    if (dys.length !== 1 || dy === undefined || dy.shape[0]! % examples !== 0) return false;
    const done = this.context.stopwatch.time(() => this.sums.masked(piece, this.gradientsOf(dy, gradient)));
    if (done) this.seen[piece]!++;
    return done;
  }

  lost(piece: number, operation: string, error: unknown): void {
    const why = error instanceof Error ? `: ${error.message}` : '';
    this.context.coverage.refuse(
      this.plan,
      this.weight(piece),
      `the gradient of ${operation} could not be split by class${why}`,
    );
  }

  failed(error: unknown): void {
    this.context.failed(error);
  }

  /** Gradients of the rows one after the other: the operation's own, asked with all other examples set to zero. */
  private *gradientsOf(
    dy: TapeTensor,
    gradient: (dys: readonly TapeTensor[]) => TapeTensor,
  ): Iterable<TapeTensor | null> {
    const { tf, examples, arithmetic } = this.context;
    const ops = operationsOf(tf);
    for (let row = 0; row < arithmetic.rows; row++) {
      if (!arithmetic.occupied(row)) {
        yield null;
        continue;
      }
      yield ops.tidy(() => {
        const flat = ops.reshape(dy, [examples, dy.size / examples]);
        return gradient([ops.reshape(ops.mul(flat, arithmetic.mask(row)), dy.shape)]).clone() as TapeTensor;
      });
    }
  }

  private weight(piece: number): TapeTensor {
    return this.context.variables[this.plan.pieces[piece]!.variable]!;
  }

  private hear(weight: number, gradient: TapeTensor): void {
    try {
      this.check?.hear(weight, gradient);
    } catch (error) {
      this.context.failed(error);
    }
  }
}
