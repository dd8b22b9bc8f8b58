import { classifierRows } from './capture/classifier.ts';
import type { Decoder } from './capture/decoder.ts';
import type { Evaluation, EvaluationSet } from './capture/evaluation-set.ts';
import type { Later } from './capture/later.ts';
import type { MinorityWatch } from './capture/minority-watch.ts';
import type { Readback } from './capture/readback.ts';
import { type MonitorFigures, Snapshot } from './capture/snapshot.ts';
import type { RecorderOptions } from './recorder-options.ts';
import { mean } from './stats/mean.ts';
import type { TensorData } from './tf.ts';

/** What evaluations need of the recorder whose part they are. */
export interface EvaluationParts extends RecorderOptions {
  readonly readback: Readback;
  readonly decoder: Decoder;
  readonly minority: MinorityWatch;
  /** The monitor about itself. */
  readonly figures: () => MonitorFigures;
  /** Runs `use` in its turn; null: the device had no room. */
  readonly whenRead: <T>(result: Later<T> | null, use: (value: T) => void) => void;
  /** Runs `work`; what it throws is told as trouble with `what`. */
  readonly guard: (what: string, work: () => void) => void;
}

/** What is measured between two steps, with the weights as they are: sets of examples, the classifier, the monitor itself. */
export class Evaluations {
  private readonly parts: EvaluationParts;

  constructor(parts: EvaluationParts) {
    this.parts = parts;
  }

  at(step: number, epoch: number | null): void {
    const { guard, sets, figures, classes, journal } = this.parts;
    for (const set of sets) guard(`The evaluation on ${set.name}`, () => this.evaluateSet(set, step, epoch));
    guard('The classifier', () => this.readClassifier(step, epoch));
    journal.measure(new Snapshot({ stream: 'monitor', step, classes, monitor: figures() }), epoch);
  }

  private evaluateSet(set: EvaluationSet, step: number, epoch: number | null): void {
    const { model, predict, readback, decoder, report, classes, journal, whenRead } = this.parts;
    if (model === null && predict === null) return;
    whenRead(set.evaluate(model, predict, readback), (evaluation: Evaluation) => {
      const decoded = decoder.decode(set.labels, evaluation.outputs, evaluation.losses);
      if (typeof decoded === 'string') return report(decoded);
      const { examples } = decoded;
      const loss = mean(evaluation.losses?.data ?? examples.losses) + evaluation.regularisation;
      journal.measure(new Snapshot({ stream: set.name, step, classes, loss, examples }), epoch);
    });
  }

  private readClassifier(step: number, epoch: number | null): void {
    const { readback, classes, journal, minority, whenRead } = this.parts;
    const classifier = this.parts.classifier();
    if (classifier === null) return;
    whenRead(readback.read([classifier.kernel]), ([kernel]: TensorData[]) => {
      const parts = { classifier: classifierRows(kernel!, classes), minority: minority.classes };
      journal.measure(new Snapshot({ ...parts, stream: 'model', step, classes }), epoch);
    });
  }
}
