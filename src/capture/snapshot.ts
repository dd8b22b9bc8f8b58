import {
  type ClassifierCollapse,
  classifierCollapse,
  type Frame,
  groupCollapse,
} from '../geometry/classifier-collapse.ts';
import type { PlaneView } from '../geometry/principal-axes.ts';
import type { SparseValues } from '../record.ts';
import { argmaxRows } from '../stats/argmax.ts';
import { confusion } from '../stats/confusion.ts';
import { rowNorms } from '../stats/cosine.ts';
import { gramNorms, spreadColumns } from '../stats/gram.ts';
import { type Tally, tally } from '../stats/tally.ts';
import { classifierFrame } from './classifier-frame.ts';
import type { LayerGammas } from './evaluation/layer-gamma.ts';
import type { CollapseFigures, FeatureGeometry } from './geometry-figures.ts';
import type { ClassGradients, WeightUpdate } from './gradients/class-gradients.ts';
import { Guesses } from './guesses.ts';
import { NO_FACTS, type RunFacts } from './run-facts.ts';
import type { Expectation } from './survey/expectation.ts';

/** Labelled examples with what the network said about them. */
export interface Examples {
  /** B class indices; -1 is left out. */
  readonly labels: Int32Array;
  /** B x C, row-major. */
  readonly probabilities: Float32Array;
  /** B x C, what the probabilities were made of; left out where the network puts out probabilities itself, or one column. */
  readonly logits?: ArrayLike<number> | undefined;
  /** Loss of each example, unweighted. */
  readonly losses: ArrayLike<number>;
}

export interface MonitorFigures {
  /** Share of the training thread's time. */
  readonly overhead: number;
  /** Measurements that failed or were not handed over, so far. */
  readonly dropped: number;
  /** Share of the trainable parameters whose class gradients are measured; null where nobody asked for them. */
  readonly coverage: number | null;
  /** Class gradients are measured at every n-th step; null where nobody asked for them. */
  readonly interval: number | null;
  /** Batches that train are looked at once in so many steps; null where nobody asks for all of them. */
  readonly batchInterval: number | null;
  /** Evaluations by the schedule that were left out so far, since they took more than their share. */
  readonly skipped: number;
}

/** What some snapshots are about, and the metrics that read it. */
export type SnapshotPart = 'gradients' | 'geometry' | 'features' | 'training-mode' | 'layers' | 'expectation';

/** What a snapshot has that is not said. */
const NOTHING = {
  part: null,
  loss: null,
  examples: null,
  training: null,
  layerGammas: null,
  classifier: null,
  minority: [],
  run: NO_FACTS,
  geometry: null,
  collapse: null,
  plane: null,
  monitor: null,
  gradients: null,
  update: null,
  expected: null,
  due: true,
};

/** What a metric may read of one stream at one step. Derived things are computed when first asked for, once for all. */
export class Snapshot {
  declare readonly stream: string;
  declare readonly step: number;
  declare readonly classes: number;
  /** Only metrics that read this are asked, because the others see the stream in another snapshot of the step; null: all. */
  declare readonly part: SnapshotPart | null;
  /** What is optimised, weights and regularisers in; null where nobody told. */
  declare readonly loss: number | null;
  /** Null where no labels were seen. */
  declare readonly examples: Examples | null;
  /** The same as the network computes them while it trains; null where it was not asked. */
  declare readonly training: Examples | null;
  /** Gamma layer by layer; null where it was not measured. */
  declare readonly layerGammas: LayerGammas | null;
  /** Rows w_c, C x d row-major; null where the classifier is unknown. */
  declare readonly classifier: Float32Array | null;
  /** Minority classes, ascending; empty where there are none, or none are known yet. */
  declare readonly minority: readonly number[];
  /** What is known of the run, whatever the step. */
  declare readonly run: RunFacts;
  /** Features of the examples; null where they are unknown. */
  declare readonly geometry: FeatureGeometry | null;
  /** Where classifier and features are heading; null where that is unknown. */
  declare readonly collapse: CollapseFigures | null;
  /** Classifier and class means in one plane; null where they are unknown or too many. */
  declare readonly plane: PlaneView | null;
  /** classwatch about itself; null in the other streams. */
  declare readonly monitor: MonitorFigures | null;
  /** Class gradients of the step; null where they were not measured. */
  declare readonly gradients: ClassGradients | null;
  /** Gradient and move of all weights at the step; null where neither was measured. */
  declare readonly update: WeightUpdate | null;
  /** What the architecture leads to expect of the first guesses; null but once, before the first step. */
  declare readonly expected: Expectation | null;
  /** Whether what is measured on schedule is measured at this step. */
  declare readonly due: boolean;
  private memo: {
    tally?: Tally;
    predicted?: Int32Array;
    trainingTally?: Tally;
    confusion?: Float64Array;
    norms?: Float64Array;
    frame?: Frame;
    collapse?: ClassifierCollapse;
  } = {};

  constructor(parts: Pick<Snapshot, 'stream' | 'step' | 'classes'> & Partial<Pick<Snapshot, keyof typeof NOTHING>>) {
    // Made twice a step: a spread takes several times as long.
    Object.assign(this, NOTHING, parts);
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

  /** What the network guesses in evaluation mode (on `train`: as it trains); null without examples. */
  get guesses(): Guesses | null {
    return this.examples && new Guesses(this.examples, this.tally!);
  }

  /** What it guesses in training mode; null where it was not asked. */
  get trainingGuesses(): Guesses | null {
    return this.training && new Guesses(this.training, this.trainingTally!);
  }

  /** Counts and sums of the same. */
  get trainingTally(): Tally | null {
    const { training, classes } = this;
    if (training === null) return null;
    const { labels, losses, probabilities } = training;
    this.memo.trainingTally ??= tally(classes, labels, argmaxRows(probabilities, classes), losses, probabilities);
    return this.memo.trainingTally;
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
  get classifierCosines(): readonly (number | null)[] | null {
    return this.frame?.cosines ?? null;
  }

  /** What is to be said of the classifier alone; null where it is unknown. */
  get classifierCollapse(): ClassifierCollapse | null {
    const { frame } = this;
    if (frame === null) return null;
    this.memo.collapse ??= classifierCollapse(frame, this.minority);
    return this.memo.collapse;
  }

  /** Of the rows of each group's classes; null where there are no groups, or no classifier. */
  get groupCollapses(): readonly ReturnType<typeof groupCollapse>[] | null {
    const { frame } = this;
    const { groups } = this.run;
    if (frame === null || groups === null) return null;
    return Object.values(groups).map((classes) => groupCollapse(frame, classes));
  }

  /** For the axis of groups: their names, in the order of values. */
  get ofGroups(): { readonly labels: readonly string[] } {
    return { labels: Object.keys(this.run.groups ?? {}) };
  }

  private get frame(): Frame | null {
    const { classifier, classes } = this;
    if (classifier === null) return null;
    this.memo.frame ??= classifierFrame(classifier, classes);
    return this.memo.frame;
  }

  /** Norm of the gradient of each class that the step holds, in the order of `gradients.present`; null without class gradients. */
  get gradientNorms(): Float64Array | null {
    if (this.gradients === null) return null;
    this.memo.norms ??= gramNorms(this.gradients.gram, this.gradients.present.length);
    return this.memo.norms;
  }

  /**
   * What `of` says about the classes that the step holds, one value each, for all classes: C values, missing where the class is absent.
   * Null without class gradients, and where `of` says nothing.
   */
  byClass(
    of: (gradients: ClassGradients, norms: Float64Array) => ArrayLike<number | null> | null,
  ): SparseValues | null {
    const { gradients, gradientNorms } = this;
    if (gradients === null || gradientNorms === null || gradients.present.length === 0) return null;
    const values = of(gradients, gradientNorms);
    return values === null ? null : spreadColumns(values, gradients.present, this.classes);
  }
}
