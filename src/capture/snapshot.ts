import { argmaxRows } from '../stats/argmax.ts';
import { confusion } from '../stats/confusion.ts';
import { rowCosines, rowNorms } from '../stats/cosine.ts';
import { type Tally, tally } from '../stats/tally.ts';

/** Labelled examples with what the network said about them. */
export interface Examples {
  /** B class indices; -1 is left out. */
  readonly labels: Int32Array;
  /** B x C, row-major. */
  readonly probabilities: Float32Array;
  /** Loss of each example, unweighted. */
  readonly losses: ArrayLike<number>;
}

export interface MonitorFigures {
  /** Share of the training thread's time. */
  readonly overhead: number;
  /** Measurements that failed or were not handed over, so far. */
  readonly dropped: number;
}

/** What a metric may read of one stream at one step. Derived things are computed when first asked for, once for all. */
export class Snapshot {
  readonly stream: string;
  readonly step: number;
  readonly classes: number;
  /** What is optimised, weights and regularisers in; null where nobody told. */
  readonly loss: number | null;
  /** Null where no labels were seen. */
  readonly examples: Examples | null;
  /** Rows w_c, C x d row-major; null where the classifier is unknown. */
  readonly classifier: Float32Array | null;
  /** classwatch about itself; null in the other streams. */
  readonly monitor: MonitorFigures | null;
  private memo: { tally?: Tally; predicted?: Int32Array; confusion?: Float64Array } = {};

  constructor(parts: {
    stream: string;
    step: number;
    classes: number;
    loss?: number | null;
    examples?: Examples | null;
    classifier?: Float32Array | null;
    monitor?: MonitorFigures | null;
  }) {
    this.stream = parts.stream;
    this.step = parts.step;
    this.classes = parts.classes;
    this.loss = parts.loss ?? null;
    this.examples = parts.examples ?? null;
    this.classifier = parts.classifier ?? null;
    this.monitor = parts.monitor ?? null;
  }

  /** Predicted class of each example (argmax; -1 where the output is not finite). */
  get predicted(): Int32Array {
    this.memo.predicted ??= argmaxRows(this.examples?.probabilities ?? [], this.classes);
    return this.memo.predicted;
  }

  /** Counts and sums by class; null without examples. */
  get tally(): Tally | null {
    const { examples } = this;
    if (examples === null) return null;
    this.memo.tally ??= tally(this.classes, examples.labels, this.predicted, examples.losses, examples.probabilities);
    return this.memo.tally;
  }

  /** Counts of (true, predicted), C x C; null without examples. */
  get confusion(): Float64Array | null {
    if (this.examples === null) return null;
    this.memo.confusion ??= confusion(this.classes, this.examples.labels, this.predicted);
    return this.memo.confusion;
  }

  /** Norm of each class' row of the classifier. */
  get classifierNorms(): Float64Array | null {
    return this.classifier === null ? null : rowNorms(this.classifier, this.classifier.length / this.classes);
  }

  /** Cosine between the rows of every two classes, C x C. */
  get classifierCosines(): (number | null)[] | null {
    return this.classifier === null ? null : rowCosines(this.classifier, this.classifier.length / this.classes);
  }
}
