import { classMeansOf } from '../../geometry/class-means.ts';
import { featureEnergy } from '../../geometry/energy.ts';
import { featureCollapse } from '../../geometry/neural-collapse.ts';
import { argmaxRows } from '../../stats/argmax.ts';
import type { TensorData, TfLike } from '../../tf.ts';
import { Attempts } from '../budget/attempts.ts';
import { Budget } from '../budget/budget.ts';
import { Stopwatch } from '../budget/stopwatch.ts';
import type { Classifier } from '../classifier.ts';
import { inputOnTape } from '../engine/classifier-input.ts';
import { type TapeTensor, tapeOf } from '../engine/tape.ts';
import { type FeatureGeometry, meanCosines } from '../geometry-figures.ts';
import type { Batch } from '../loss-hook.ts';
import type { StepExamples } from '../reading/step-batches.ts';
import type { Examples } from '../snapshot.ts';
import { ClassPlane } from './class-plane.ts';
import { CollapseCourse } from './collapse-course.ts';
import { FeatureWindow, type Stretch } from './feature-window.ts';
import { productsFor } from './products.ts';
import { Spread } from './spread.ts';

export interface FeatureWatchOptions {
  readonly tf: TfLike;
  readonly classes: number;
  /** Share of training time for features; half of it for what scatter and nearest means take. */
  readonly budget: number;
  /** Part of it that others leave. */
  readonly left: () => number;
  /** Whether reading costs nothing but the time it takes to copy. */
  readonly isSynchronous: boolean;
  readonly classifier: () => Classifier | null;
}

/** Where reading has a price that the time on this thread does not show, at most one step in so many is read. */
const SPARSE = 8;
/** Multiply-adds for scatter and nearest means that a step may always take: about 1 ms. Where a batch takes more, every so many steps. */
const FEW_PRODUCTS = 1.6e7;
/** Collects the features that enter the classifier from the forward passes of training. Everything here is called inside training. */
export class FeatureWatch {
  readonly course = new CollapseCourse();
  readonly plane = new ClassPlane();
  private readonly options: FeatureWatchOptions;
  /** For means, and the same for the rest. */
  private readonly share: number;
  private readonly means: Budget;
  private readonly spread: Budget;
  private window: FeatureWindow | null = null;
  private measured = false;
  private asking = false;
  /** Whether scatter and nearest means are taken of the step at hand, too. */
  private wide = false;
  private wideEvery = 1;
  private readonly attempts = new Attempts();
  /** Since the last step ended: for means, and for the rest. */
  private readonly own = { means: new Stopwatch(), spread: new Stopwatch() };
  private endedAt: number | null = null;

  constructor(options: FeatureWatchOptions) {
    this.options = options;
    this.share = options.budget === 1 ? 1 : options.budget / 2;
    this.means = new Budget(this.share, true, options.left);
    this.spread = new Budget(this.share, true, options.left);
  }

  /** What is known of training features; null before any were seen. */
  get told(): Stretch | null {
    return this.window?.told ?? null;
  }

  /** Whether the batch of the step at hand has to be looked at: not where features are not to be found, but for a try now and then. */
  get asks(): boolean {
    return this.asking;
  }

  begin(step: number): void {
    this.measured = this.means.due(step) && (this.options.isSynchronous || step % SPARSE === 0);
    this.asking = this.measured && this.attempts.isWorthAnother(step);
    this.wide = this.measured && step % this.wideEvery === 0 && this.spread.due(step);
  }

  /** Inside a forward pass, at its end: the features of its one batch. Null where they are not to be read, or not to be found. */
  find(batches: readonly (Batch | null)[]): TapeTensor | null {
    if (!this.measured) return null;
    const examples = batches.length === 1 ? (batches[0]?.predictions.shape[0] ?? 0) : 0;
    const found = examples === 0 ? null : this.own.means.time(() => this.entering(examples));
    this.attempts.ended(found !== null);
    return found;
  }

  /**
   * What takes the step at hand when it is read; `due`: whether its loss is looked at, too. Features that are not finite begin everything anew:
   * what was seen before is about weights that are gone.
   */
  taker(step: number, due: boolean): (read: StepExamples) => void {
    const { wide } = this;
    return ({ examples, loss, features }) => {
      if (examples === null) return;
      if (due) this.course.saw(step, loss, examples);
      if (features === null) return;
      try {
        this.own[wide ? 'spread' : 'means'].time(() => this.add(features, examples, wide));
      } catch (error) {
        this.window = null;
        if (!(error instanceof RangeError)) throw error;
      }
    };
  }

  /** The step is over. */
  end(step: number): void {
    const now = performance.now();
    const own = { means: this.own.means.read(), spread: this.own.spread.read() };
    if (this.endedAt !== null) {
      const took = now - this.endedAt;
      this.means.add(step, took, own.means, this.measured && !this.wide);
      this.spread.add(step, took, own.spread, this.wide);
    }
    this.endedAt = now;
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.endedAt = null;
  }

  endEpoch(): void {
    this.window?.endEpoch();
  }

  private add(features: TensorData, { labels, probabilities }: Examples, wide: boolean): void {
    const { classes } = this.options;
    const columns = features.length / labels.length;
    if (this.window?.columns !== columns) this.window = new FeatureWindow(classes, columns, this.share);
    this.wideEvery = Math.ceil((labels.length * Spread.products(classes, columns)) / FEW_PRODUCTS);
    const values = features instanceof Float32Array ? features : Float32Array.from(features);
    this.window.add(values, labels, wide ? argmaxRows(probabilities, classes) : null);
  }

  /** What enters the classifier in the forward pass at hand; null where it is not to be found. */
  private entering(examples: number): TapeTensor | null {
    const classifier = this.options.classifier();
    const tape = classifier === null ? null : tapeOf(this.options.tf);
    return tape === null ? null : inputOnTape(tape, classifier!.kernel, examples);
  }
}

/**
 * Figures of what is known of training features, beside the classifier as it is: rows C x d. `isThorough`: NC1 too, which takes a multiple of C^3.
 * Null where they don't belong together.
 */
export function trainingGeometry(
  { moments, spread }: Stretch,
  rows: Float32Array,
  isThorough = true,
): FeatureGeometry | null {
  const { classes, columns } = moments;
  if (rows.length !== classes * columns) return null;
  const means = classMeansOf(moments, productsFor(classes, columns));
  const nc1 = isThorough ? spread.variability(means, moments.examples) : null;
  return {
    ...featureCollapse(means, columns, Float64Array.from(rows), nc1),
    nearestMeanMismatch: spread.mismatch,
    featureEnergy: featureEnergy(moments),
    meanCosines: meanCosines(means, classes),
  };
}
