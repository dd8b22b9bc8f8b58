import type { Again, Gradients } from './capture/engine/gradients.ts';
import { stopTraining } from './capture/engine/model.ts';
import type { TapeTensor } from './capture/engine/tape.ts';
import { FeatureWatch } from './capture/features/feature-watch.ts';
import { GradientWatch } from './capture/gradients/gradient-watch.ts';
import type { Batch } from './capture/loss-hook.ts';
import { MinorityWatch } from './capture/minority-watch.ts';
import { Decoder } from './capture/reading/decoder.ts';
import { both, isHere, type Later } from './capture/reading/later.ts';
import { Readback } from './capture/reading/readback.ts';
import { StepBatches } from './capture/reading/step-batches.ts';
import { TrainingDecoder } from './capture/reading/training-decoder.ts';
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
  /** Milliseconds spent on the training thread since the first step began. */
  spent = 0;
  private readonly readback: Readback;
  private readonly decoder: Decoder;
  private readonly training: TrainingDecoder;
  private readonly gradients: GradientWatch | null;
  private readonly features: FeatureWatch | null;
  private readonly minority: MinorityWatch;
  /** Of `spent`, what gradients took since the last step ended. */
  private onGradients = 0;
  private batches = new StepBatches();
  /** Of the pass at hand. */
  private variables: readonly TapeTensor[] = [];
  /** Whether what goes by the schedule is measured at this step. */
  private due = false;
  private readonly turns: Turns;
  private readonly evaluations: Evaluations;
  private startedAt = 0;
  /** Measurements that the device had no room for. */
  private missed = 0;
  private readonly options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.options = options;
    this.turns = new Turns((error) => options.journal.trouble('A measurement', error));
    this.readback = new Readback(options.tf);
    this.minority = new MinorityWatch(options.classes, options.known);
    this.decoder = new Decoder(options.classes, options.outputs);
    this.training = new TrainingDecoder(this.decoder, options.classes, options.report);
    const [{ budgets }, { readback }] = [options, this];
    const { gradients: budget, features: share } = budgets;
    const failed = (error: unknown) => options.journal.trouble('The gradients', error);
    this.gradients = budget === null ? null : new GradientWatch({ ...options, budget, readback, failed });
    const { isSynchronous } = readback;
    this.features = share === null ? null : new FeatureWatch({ ...options, budget: share, isSynchronous });
    this.evaluations = new Evaluations({
      ...options,
      readback,
      features: this.features,
      decoder: this.decoder,
      minority: this.minority,
      figures: () => this.figures(),
      whenRead: (result, use) => this.whenRead(result, use),
      guard: (what, work) => this.guard(what, work),
    });
  }

  /** Share of the time since the first step that the monitor spent on the training thread. */
  get overhead(): number {
    const elapsed = performance.now() - this.startedAt;
    return this.startedAt === 0 || elapsed === 0 ? 0 : this.spent / elapsed;
  }

  /** Share of the trainable parameters whose class gradients are measured; null while there are none. */
  get coverage(): number | null {
    return this.gradients?.coverage ?? null;
  }

  begin(step: number): void {
    if (this.startedAt === 0) this.startedAt = performance.now();
    this.due = false;
    this.guard('The schedule', () => {
      const due = this.options.schedule(step);
      this.due = due || step === 0;
      if (due) this.timed(() => this.evaluations.bySchedule(step, this.epochs.at(step)));
      if (this.due) this.timed(() => this.evaluations.beforeLoss(step));
    });
    this.gradients?.begin(step, this.due);
    this.features?.begin(step);
  }

  /** Evaluates every set and the classifier with the weights as they are, once per step. */
  evaluate(step: number, end: End = null): void {
    this.timed(() => this.evaluations.at(step, this.epochs.at(step), end));
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
    let labels: Int32Array | null = null;
    let batches: readonly (Batch | null)[] = [];
    this.work('The batch', () => {
      batches = shown.map((batch) => this.training.alive(batch));
      this.batches.beginPass(shown.length > 0);
      for (const batch of batches.length === 0 ? [null] : batches) {
        const features = this.features?.find(batches) ?? null;
        const read = this.batches.add(batch, loss, features, this.readback, this.training);
        if (read === null) this.missed++;
        else if (isHere(read)) labels = read.examples?.labels ?? null;
      }
    });
    if (batches.length > 1) {
      this.options.report('Expected one batch in each loss function, got several: class gradients are not measured.');
    }
    const [batch = null] = batches.length > 1 ? [] : batches;
    this.watching((gradients) => gradients.forward(batch, labels, loss, variables));
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
    const { batches, due } = this;
    this.batches = new StepBatches();
    const { model, shouldStop } = this.options;
    if (model !== null && shouldStop()) stopTraining(model);
    this.work('The step', () => {
      if (!batches.areLabelled) this.options.journal.unlabelled();
      const epoch = this.epochs.at(step);
      const whole = batches.whole();
      const seen = this.gradients?.end(step, this.onGradients) ?? null;
      this.onGradients = 0;
      const take = this.features?.taker(step, due);
      this.whenRead(both(whole, seen), ([read, of]) => {
        const { examples, loss } = read;
        const { classes, journal, facts } = this.options;
        const { gradients = null, update = null } = of ?? {};
        if (examples !== null) this.minority.add(examples.labels);
        take?.(read);
        const run = facts;
        const train = { stream: 'train', step, classes, update, due, run, loss, examples, gradients };
        journal.measure(new Snapshot(train), epoch);
        const model = { stream: 'model', part: 'gradients' as const, step, classes, update, due, run };
        if (update !== null) journal.measure(new Snapshot(model), epoch);
      });
      this.features?.end(step);
    });
  }

  abandon(): void {
    this.batches = new StepBatches();
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

  private figures(): MonitorFigures {
    const { dropped, journal } = this.options;
    return {
      overhead: this.overhead,
      dropped: dropped() + this.missed + journal.troubleCount,
      coverage: this.coverage,
      interval: this.gradients?.interval ?? null,
      skipped: this.evaluations.skipped,
    };
  }

  /** Runs `use` in its turn; null: the device had no room. */
  private whenRead<T>(result: Later<T> | null, use: (value: T) => void): void {
    if (result === null) this.missed++;
    else this.turns.take(result, use);
  }

  private timed(work: () => void): void {
    const start = performance.now();
    work();
    this.spent += performance.now() - start;
  }

  private work(what: string, work: () => void): void {
    this.timed(() => this.guard(what, work));
  }

  /** Work on gradients, whose time counts against the budget, too. */
  private watching(work: (gradients: GradientWatch) => void): void {
    const { gradients } = this;
    if (gradients === null) return;
    const start = performance.now();
    this.guard('The gradients', () => work(gradients));
    // What went on in windows on the backward pass is told afterwards.
    const took = performance.now() - start + gradients.windowTime();
    this.spent += took;
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
