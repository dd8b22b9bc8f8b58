import type { Classifier } from './capture/classifier.ts';
import { classifierRows } from './capture/classifier.ts';
import { Decoder, type Read } from './capture/decoder.ts';
import { stopTraining } from './capture/engine/model.ts';
import type { Evaluation, EvaluationSet } from './capture/evaluation-set.ts';
import type { Batch } from './capture/loss-hook.ts';
import type { OutputKind } from './capture/outputs.ts';
import { Readback } from './capture/readback.ts';
import { type Examples, Snapshot } from './capture/snapshot.ts';
import { StepBatches } from './capture/step-batches.ts';
import type { StepListener } from './capture/training-hook.ts';
import { Epochs } from './epoch.ts';
import type { Journal } from './journal.ts';
import type { Schedule } from './schedule.ts';
import type { ModelLike, TensorData, TensorLike, TfLike } from './tf.ts';

export interface RecorderOptions {
  readonly tf: TfLike;
  readonly model: ModelLike | null;
  readonly classes: number;
  readonly outputs: OutputKind | 'auto';
  readonly predict: ((xs: never) => unknown) | null;
  readonly sets: readonly EvaluationSet[];
  readonly schedule: Schedule;
  /** The classifier of the model as it is now; null where there is none. */
  readonly classifier: () => Classifier | null;
  readonly journal: Journal;
  /** Whether the sets are also evaluated at the end of each epoch and of the run. */
  readonly atEnds: boolean;
  /** Asked after each step: whether fit should stop. */
  readonly shouldStop: () => boolean;
  /** Measurements that were not handed over. */
  readonly dropped: () => number;
  /** One sentence, told once. */
  readonly report: (sentence: string) => void;
}

/** Turns what the hook sees into snapshots, and has them measured in the order of training. */
export class Recorder implements StepListener {
  readonly epochs = new Epochs();
  /** Milliseconds spent on the training thread since the first step began. */
  spent = 0;
  private readonly readback: Readback;
  private readonly decoder: Decoder;
  private batches = new StepBatches();
  private evaluatedAt = -1;
  private queue: Promise<void> | null = null;
  private startedAt = 0;
  /** Measurements that the device had no room for. */
  private missed = 0;
  private readonly options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.options = options;
    this.readback = new Readback(options.tf);
    this.decoder = new Decoder(options.classes, options.outputs);
  }

  /** Share of the time since the first step that the monitor spent on the training thread. */
  get overhead(): number {
    const elapsed = performance.now() - this.startedAt;
    return this.startedAt === 0 || elapsed === 0 ? 0 : this.spent / elapsed;
  }

  begin(step: number): void {
    if (this.startedAt === 0) this.startedAt = performance.now();
    this.guard('The schedule', () => {
      if (this.options.schedule(step)) this.evaluate(step);
    });
  }

  /** Evaluates every set and the classifier with the weights as they are, once per step. */
  evaluate(step: number): void {
    if (this.evaluatedAt === step) return;
    this.evaluatedAt = step;
    this.timed(() => {
      const epoch = this.epochs.at(step);
      for (const set of this.options.sets) {
        this.guard(`The evaluation on ${set.name}`, () => this.evaluateSet(set, step, epoch));
      }
      this.guard('The classifier', () => this.readClassifier(step, epoch));
      this.measureMonitor(step, epoch);
    });
  }

  /** The same at the end of an epoch or of the run, unless only the schedule counts. */
  evaluateAtEnd(step: number): void {
    if (this.options.atEnds) this.evaluate(step);
  }

  forward(batch: Batch | null, loss: TensorLike): void {
    this.timed(() =>
      this.guard('The batch', () => {
        if (batch === null) this.options.journal.unlabelled();
        const decode = (labels: Read, outputs: Read, losses: Read | null) => this.decode(labels, outputs, losses);
        if (!this.batches.add(batch, loss, this.readback, decode)) this.missed++;
      }),
    );
  }

  end(step: number): void {
    const { batches } = this;
    this.abandon();
    const { model, shouldStop } = this.options;
    if (model !== null && shouldStop()) stopTraining(model);
    this.timed(() =>
      this.guard('The step', () => {
        const epoch = this.epochs.at(step);
        this.whenRead(batches.whole(), ({ examples, loss }) => {
          const { classes, journal } = this.options;
          journal.measure(new Snapshot({ stream: 'train', step, classes, loss, examples }), epoch);
        });
      }),
    );
  }

  abandon(): void {
    this.batches = new StepBatches();
  }

  failed(error: unknown): void {
    this.options.journal.trouble('The hook', error);
  }

  /** Resolves when everything that was read has been measured. */
  async settled(): Promise<void> {
    while (this.queue !== null) await this.queue;
  }

  private evaluateSet(set: EvaluationSet, step: number, epoch: number | null): void {
    const { model, predict } = this.options;
    if (model === null && predict === null) return;
    this.whenRead(set.evaluate(model, predict, this.readback), (evaluation: Evaluation) => {
      const decoded = this.decoder.decode(set.labels, evaluation.outputs, evaluation.losses);
      if (typeof decoded === 'string') return this.options.report(decoded);
      const { examples } = decoded;
      const loss = mean(evaluation.losses?.data ?? examples.losses) + evaluation.regularisation;
      const { classes, journal } = this.options;
      journal.measure(new Snapshot({ stream: set.name, step, classes, loss, examples }), epoch);
    });
  }

  private readClassifier(step: number, epoch: number | null): void {
    const classifier = this.options.classifier();
    if (classifier === null) return;
    const { classes, journal } = this.options;
    this.whenRead(this.readback.read([classifier.kernel]), ([kernel]: TensorData[]) => {
      const rows = classifierRows(kernel!, classes);
      journal.measure(new Snapshot({ stream: 'model', step, classes, classifier: rows }), epoch);
    });
  }

  private measureMonitor(step: number, epoch: number | null): void {
    const { classes, journal, dropped } = this.options;
    const monitor = { overhead: this.overhead, dropped: dropped() + this.missed + journal.troubleCount };
    journal.measure(new Snapshot({ stream: 'monitor', step, classes, monitor }), epoch);
  }

  private decode(labels: Read, outputs: Read, losses: Read | null): Examples | null {
    const decoded = this.decoder.decode(labels, outputs, losses);
    if (typeof decoded === 'string') {
      this.options.report(`${decoded} The classes of the training batches are not measured.`);
      return null;
    }
    if (decoded.stray !== null) {
      const last = this.options.classes - 1;
      this.options.report(
        `Expected labels between 0 and ${last} in the training batches, got ${decoded.stray}: such examples are left out of the figures.`,
      );
    }
    return decoded.examples;
  }

  /** Runs `use` now if the data is here and nothing waits, else in its turn: records keep the order of training. */
  private whenRead<T>(result: T | Promise<T> | null, use: (value: T) => void): void {
    if (result === null) return void this.missed++;
    if (this.queue === null && isHere(result)) use(result);
    else this.enqueue(async () => use(await result));
  }

  private enqueue(task: () => Promise<void>): void {
    const turn: Promise<void> = (this.queue ?? Promise.resolve())
      .then(task)
      .catch((error) => this.options.journal.trouble('A measurement', error))
      .then(() => {
        if (this.queue === turn) this.queue = null;
      });
    this.queue = turn;
  }

  private timed(work: () => void): void {
    const start = performance.now();
    work();
    this.spent += performance.now() - start;
  }

  private guard(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.journal.trouble(what, error);
    }
  }
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function isHere<T>(value: T | Promise<T>): value is T {
  return !(value instanceof Promise);
}
