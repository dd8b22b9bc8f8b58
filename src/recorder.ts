import { BatchWatch, NOT_SEEN, type Seen } from './capture/batch-watch.ts';
import { OwnTime } from './capture/budget/own-time.ts';
import type { Again, Gradients } from './capture/engine/gradients.ts';
import { stopTraining } from './capture/engine/model.ts';
import type { TapeTensor } from './capture/engine/tape.ts';
import { FeatureWatch } from './capture/features/feature-watch.ts';
import { GradientWatch, type StepGradients } from './capture/gradients/gradient-watch.ts';
import type { Batch } from './capture/loss-hook.ts';
import { MinorityWatch } from './capture/minority-watch.ts';
import { Decoder } from './capture/reading/decoder.ts';
import { both, type Later } from './capture/reading/later.ts';
import { Readback } from './capture/reading/readback.ts';
import type { StepBatches } from './capture/reading/step-batches.ts';
import { Turns } from './capture/reading/turns.ts';
import { type MonitorFigures, Snapshot } from './capture/snapshot.ts';
import type { StepListener } from './capture/training-hook.ts';
import { Epochs } from './epoch.ts';
import type { End } from './evaluations/depth.ts';
import { Evaluations } from './evaluations/evaluations.ts';
import type { RecorderOptions } from './recorder-options.ts';

/** Turns what the hook sees into snapshots, and has them measured in the order of training. */
export class Recorder implements StepListener {
  readonly epochs = new Epochs();
  private readonly time = new OwnTime();
  private readonly gradients: GradientWatch | null;
  private readonly features: FeatureWatch | null;
  private readonly minority: MinorityWatch;
  /** What gradients took since the last step ended (ms). */
  private onGradients = 0;
  private readonly batches: BatchWatch;
  /** Of the pass at hand. */
  private variables: readonly TapeTensor[] = [];
  /** Whether what goes by the schedule is measured at this step. */
  private due = false;
  private readonly turns: Turns;
  private readonly evaluations: Evaluations;
  /** Measurements that the device had no room for. */
  private missed = 0;
  private readonly options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.options = options;
    this.turns = new Turns((error) => options.journal.trouble('A measurement', error));
    this.minority = new MinorityWatch(options.classes, options.known);
    const readback = new Readback(options.tf);
    const decoder = new Decoder(options.classes, options.outputs);
    const { gradients: budget, features: share, whole, batches: isRead } = options.budgets;
    this.batches = new BatchWatch({ ...options, readback, decoder, budget: whole, isRead });
    const left = () => this.batches.budget.left;
    const failed = (error: unknown) => options.journal.trouble('The gradients', error);
    this.gradients = budget === null ? null : new GradientWatch({ ...options, budget, left, readback, failed });
    const { isSynchronous } = readback;
    this.features = share === null ? null : new FeatureWatch({ ...options, budget: share, left, isSynchronous });
    this.evaluations = new Evaluations({
      ...options,
      readback,
      features: this.features,
      decoder,
      minority: this.minority,
      figures: () => this.figures(),
      whenRead: (result, use) => this.whenRead(result, use),
      guard: (what, work) => this.guard(what, work),
    });
  }

  /** Share of the time since the first step that the monitor spent on the training thread. */
  get overhead(): number {
    return this.time.share;
  }

  /** Share of the trainable parameters whose class gradients are measured; null while there are none. */
  get coverage(): number | null {
    return this.gradients?.coverage ?? null;
  }

  begin(step: number): void {
    this.time.start();
    this.due = false;
    this.guard('The schedule', () => {
      const due = this.options.schedule(step);
      this.due = due || step === 0;
      this.time.timed(() => {
        if (due) this.evaluations.bySchedule(step, this.epochs.at(step));
        if (this.due) this.evaluations.beforeLoss(step);
      });
    });
    const { gradients, features } = this;
    gradients?.begin(step, this.due);
    features?.begin(step);
    const isDue = this.due && (this.options.budgets.batches || features !== null);
    this.batches.begin(step, isDue || gradients?.asks === true || features?.asks === true);
  }

  /** Evaluates every set and the classifier with the weights as they are, once per step. */
  evaluate(step: number, end: End = null): void {
    this.time.timed(() => this.evaluations.at(step, this.epochs.at(step), end));
  }

  /** The same at the end of an epoch or of the run, unless only the schedule counts. */
  evaluateAtEnd(step: number, end: 'epoch' | 'run'): void {
    if (this.options.atEnds) this.evaluate(step, end);
  }

  /** An epoch is over. */
  endEpoch(step: number): void {
    this.epochs.end(step);
    this.evaluateAtEnd(step, 'epoch');
    // In its turn: features of the last steps may be under way.
    this.turns.take(null, () => this.features?.endEpoch());
  }

  opening(): void {
    this.watching((gradients) => gradients.opening());
  }

  forward(shown: readonly Batch[], loss: TapeTensor, variables: readonly TapeTensor[]): void {
    this.variables = variables;
    let seen: Seen = NOT_SEEN;
    this.work('The batch', () => {
      seen = this.batches.forward(shown, loss, this.features);
    });
    this.watching((gradients) => gradients.forward(seen.batch, seen.labels, loss, variables));
  }

  backward(gradients: Gradients, again: Again): void {
    this.watching((watch) => watch.backward(gradients, this.variables, again));
  }

  closed(): void {
    this.watching((gradients) => gradients.closed());
    this.variables = [];
  }

  updating(gradients: readonly TapeTensor[], lastAlone: boolean): void {
    if (lastAlone) this.batches.keepLastPass();
    this.watching((watch) => watch.updating(gradients, lastAlone));
  }

  end(step: number): void {
    const { model, shouldStop } = this.options;
    if (model !== null && shouldStop()) stopTraining(model);
    const batches = this.batches.take();
    const own = this.onGradients;
    this.onGradients = 0;
    this.work('The step', () => {
      try {
        const seen = this.gradients?.end(step, own) ?? null;
        if (batches !== null) this.record(step, batches, seen);
      } finally {
        this.features?.end(step);
        this.batches.end(step);
      }
    });
  }

  abandon(): void {
    this.batches.abandon();
    this.features?.abandon();
    this.watching((gradients) => gradients.abandon());
  }

  failed(error: unknown): void {
    this.options.journal.trouble('The hook', error);
  }

  /** Resolves when everything that was read has been measured. */
  async settled(): Promise<void> {
    await this.turns.settled();
  }

  /** The same, and nothing is measured any more. */
  async close(): Promise<void> {
    await this.settled();
    await this.options.offload?.close();
  }

  /** Has the step measured as soon as everything of it was read. */
  private record(step: number, batches: StepBatches, seen: Later<StepGradients> | null): void {
    const { due } = this;
    if (!batches.areLabelled) this.options.journal.unlabelled();
    const epoch = this.epochs.at(step);
    const take = this.features?.taker(step, due);
    this.whenRead(both(batches.whole(), seen), ([read, of]) => {
      take?.(read);
      this.batches.budget.timed(() => {
        const { examples, loss } = read;
        const { classes, journal, facts: run } = this.options;
        const { gradients = null, update = null } = of ?? {};
        if (examples !== null) this.minority.add(examples.labels);
        const train = { stream: 'train', step, classes, update, due, run, loss, examples, gradients };
        journal.measure(new Snapshot(train), epoch);
        const model = { stream: 'model', part: 'gradients' as const, step, classes, update, due, run };
        if (update !== null) journal.measure(new Snapshot(model), epoch);
      });
    });
  }

  private figures(): MonitorFigures {
    const { dropped, journal } = this.options;
    return {
      overhead: this.overhead,
      dropped: dropped() + this.missed + this.batches.missed + journal.troubleCount,
      coverage: this.coverage,
      interval: this.gradients?.interval ?? null,
      batchInterval: this.batches.budget.interval,
      skipped: this.evaluations.skipped,
    };
  }

  /** Runs `use` in its turn; null: the device had no room. */
  private whenRead<T>(result: Later<T> | null, use: (value: T) => void): void {
    if (result === null) this.missed++;
    else this.turns.take(result, (value) => this.time.timed(() => use(value)));
  }

  private work(what: string, work: () => void): void {
    this.time.timed(() => this.guard(what, work));
  }

  /** Work on gradients, whose time counts against the budget, too. */
  private watching(work: (gradients: GradientWatch) => void): void {
    const { gradients } = this;
    if (gradients === null) return;
    const start = performance.now();
    this.guard('The gradients', () => work(gradients));
    // What went on in windows on the backward pass is told afterwards.
    const took = performance.now() - start + gradients.windowTime();
    this.time.add(took);
    this.onGradients += took;
  }

  private guard(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.journal.trouble(what, error);
    }
  }
}
