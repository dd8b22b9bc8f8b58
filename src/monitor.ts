import { type TrainingCallback, trainingCallback } from './callbacks.ts';
import type { EvaluationSet } from './capture/evaluation/evaluation-set.ts';
import type { TrainingHook } from './capture/training-hook.ts';
import type { DeclaredMetric, Journal, ShownRecord } from './journal.ts';
import { type AlertRecord, type Declaration, type EndBody, RECORD_VERSION } from './record.ts';
import type { Recorder } from './recorder.ts';
import type { Link } from './relay/link.ts';
import type { TensorLike } from './tf.ts';

/** A run under watch. Nothing here throws after `close`. */
export interface Monitor {
  /**
   * Link to the live page, which shows this run. Each reading gives a fresh link, valid for one browser and ten minutes; the browser
   * then stays signed in. With the option `url`: the page of the server elsewhere. Null when nothing is served.
   */
  readonly url: string | null;
  /** The run's id. */
  readonly run: string;
  /** For fit: `callbacks: [...yours, ...monitor.callbacks]`. */
  readonly callbacks: TrainingCallback[];
  /** Whether a rule of `stopOn` has fired; works in a loop that never yields. */
  readonly shouldStop: boolean;
  /** Share of the training thread's time that classwatch took since the first step. */
  readonly overhead: number;
  /** Share of the trainable parameters whose class gradients are measured; null before the first step. */
  readonly coverage: number | null;
  /** Shows labels and predictions of a batch inside the loss function; returns the predictions. */
  observe<T extends TensorLike>(predictions: T, labels: TensorLike): T;
  /** Records a number of your own at the current step. */
  log(name: string, value: number): void;
  on(event: 'record', listener: (record: ShownRecord) => void): Monitor;
  on(event: 'alert', listener: (alert: AlertRecord) => void): Monitor;
  /** Resolves when everything seen so far is on disk (or sent). */
  flush(): Promise<void>;
  /**
   * Ends the run. With `keepServing` the page stays up, and the process with it, until it is interrupted. `status`: what
   * the list of runs says; default 'finished', or 'stopped' after an alert of `stopOn`.
   */
  close(options?: { readonly keepServing?: boolean; readonly status?: EndBody['status'] }): Promise<void>;
}

/** A monitor as the callbacks drive it. */
export interface DrivenMonitor extends Monitor {
  beginTraining(): Promise<void>;
  beginEpoch(stepsPerEpoch: number | null): void;
  endEpoch(): void;
  /** Ends the run with a status; idempotent. */
  end(status: EndBody['status'], keepServing?: boolean): Promise<void>;
}

/** The parts of a run under watch, made by `watch`. */
export interface MonitorParts {
  readonly run: string;
  readonly link: Link | null;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly hook: TrainingHook;
  readonly sets: readonly EvaluationSet[];
  readonly alertListeners: Set<(alert: AlertRecord) => void>;
  readonly report: (sentence: string) => void;
  /** To be waited for once, where training has not begun; null: nothing to wait for. */
  readonly beforeTraining: (() => Promise<void>) | null;
}

/** Longest name of a number of the user's own. */
const MAX_LOG_NAME = 200;

export class LiveMonitor implements DrivenMonitor {
  readonly run: string;
  readonly callbacks: TrainingCallback[];
  private readonly logged = new Map<string, DeclaredMetric>();
  private closed = false;
  private begun = false;
  private readonly parts: MonitorParts;

  constructor(parts: MonitorParts) {
    this.parts = parts;
    this.run = parts.run;
    this.callbacks = [
      trainingCallback({
        trainBegin: () => this.beginTraining(),
        epochBegin: (stepsPerEpoch) => this.beginEpoch(stepsPerEpoch),
        epochEnd: () => this.endEpoch(),
        trainEnd: () => parts.recorder.settled(),
      }),
    ];
  }

  get url(): string | null {
    return this.parts.link?.url() ?? null;
  }

  get shouldStop(): boolean {
    return this.parts.link?.shouldStop ?? false;
  }

  get overhead(): number {
    return this.parts.recorder.overhead;
  }

  get coverage(): number | null {
    return this.parts.recorder.coverage;
  }

  observe<T extends TensorLike>(predictions: T, labels: TensorLike): T {
    this.parts.hook.observe(predictions, labels);
    return predictions;
  }

  log(name: string, value: number): void {
    if (this.closed) return;
    const { journal, recorder, hook } = this.parts;
    const id = String(name).slice(0, MAX_LOG_NAME);
    const at = { time: Date.now(), step: hook.step, epoch: recorder.epochs.at(hook.step) };
    const of = this.logged.get(id) ?? journal.declare(loggedDeclaration(id), at);
    this.logged.set(id, of);
    journal.send(at, [{ of, values: [typeof value === 'number' ? value : Number.NaN] }]);
  }

  on(event: 'record' | 'alert', listener: ((record: ShownRecord) => void) & ((alert: AlertRecord) => void)): Monitor {
    if (event === 'record') this.parts.journal.listen(listener, "A listener of monitor.on('record')");
    else this.parts.alertListeners.add(listener);
    return this;
  }

  async flush(): Promise<void> {
    await this.parts.recorder.settled();
    await this.parts.link?.flush();
  }

  async close(options: { keepServing?: boolean; status?: EndBody['status'] } = {}): Promise<void> {
    const { keepServing = false, status = this.shouldStop ? 'stopped' : 'finished' } = options;
    await this.end(status, keepServing);
  }

  async end(status: EndBody['status'], keepServing = false): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { hook, recorder, journal, link, sets, report, run } = this.parts;
    if (hook.step === 0) {
      report(
        'No training step was seen: train the model that is watched, or pass the optimizer of your loop as { optimizer }.',
      );
    } else recorder.evaluateAtEnd(hook.step, 'run');
    hook.close();
    await recorder.close();
    const epoch = recorder.epochs.at(hook.step);
    const head = { v: RECORD_VERSION, run, time: Date.now(), step: hook.step, epoch, stream: 'monitor' };
    journal.write({ ...head, kind: 'end', body: { status } });
    for (const set of sets) set.dispose();
    await link?.close(keepServing);
  }

  async beginTraining(): Promise<void> {
    if (this.closed) return;
    const { hook, beforeTraining } = this.parts;
    if (!this.begun && hook.step === 0) await beforeTraining?.();
    this.begun = true;
    hook.begin();
    await this.parts.recorder.settled();
  }

  beginEpoch(stepsPerEpoch: number | null): void {
    this.parts.recorder.epochs.begin(this.parts.hook.step, stepsPerEpoch);
  }

  endEpoch(): void {
    if (this.closed) return;
    const { recorder, hook } = this.parts;
    recorder.endEpoch(hook.step);
  }
}

function loggedDeclaration(id: string): Declaration {
  return {
    id,
    stream: 'log',
    help: 'Recorded by monitor.log in the training script.',
    axes: [],
    cadence: 'step',
    fold: 'mean',
    panels: [{ group: 'Logged', title: id, chart: 'line' }],
  };
}

/** What `mode: 'disabled'` gives: training as if classwatch were not there. */
export class SilentMonitor implements DrivenMonitor {
  readonly url = null;
  readonly run = '';
  readonly callbacks: TrainingCallback[] = [];
  readonly shouldStop = false;
  readonly overhead = 0;
  readonly coverage = null;
  observe<T extends TensorLike>(predictions: T): T {
    return predictions;
  }
  log(): void {}
  on(): Monitor {
    return this;
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
  async beginTraining(): Promise<void> {}
  beginEpoch(): void {}
  endEpoch(): void {}
  async end(): Promise<void> {}
}
