import { collapseRatio } from '../../theory/collapse-ratio.ts';
import type { CollapseFigures } from '../geometry-figures.ts';
import { crossEntropies } from '../reading/outputs.ts';
import type { Examples } from '../snapshot.ts';
import type { Stretch } from './feature-window.ts';
import { LossWeights } from './loss-weights.ts';
import { productsFor } from './products.ts';

/** Above, singular values of C x C logits take too long. */
const MOST_CLASSES = 1000;
/** Above, finding class weights takes too long: C^2 multiply-adds at each evaluation, C^3 / 6 until they are found. */
const MOST_WEIGHTS = 200;
/** A loss is what it is taken for where it differs by no more than this, relative to its size or to 1. */
const LOSS_TOLERANCE = 1e-3;
/** So many batches in a row have to agree: other losses may come close by chance, smoothed labels do before training. */
const AGREEING = 3;

/** What the collapse ratio needs to know. */
export interface CollapseParts {
  readonly stretch: Stretch;
  /** Rows w_c, C x d. */
  readonly rows: Float32Array;
  /** lambda_W of the classifier, where its regulariser adds lambda_W / 2 |W|^2 to the loss; null where it is of another kind. */
  readonly weightDecay: number | null;
  /** Training examples of each class; null where they are not known yet. */
  readonly counts: ArrayLike<number> | null;
}

/** Whether the loss that trains is one that the theory of collapse is about: cross-entropy, weighted by class or not, and regularisers. */
export class CollapseCourse {
  private regularisation: { readonly step: number; readonly value: number } | null = null;
  /** Batches in a row whose loss is plain. */
  private agreeing = 0;
  private weights: LossWeights | null = null;

  /** What regularisers add to the loss of the batch that trains at this step. */
  regularised(step: number, value: number): void {
    this.regularisation = { step, value };
  }

  /**
   * The batch of a step: its loss has to be the mean cross-entropy, each example by the weight of its class, and what regularisers add. Weights of
   * examples, smoothed labels, other losses and other outputs all show here.
   */
  saw(step: number, loss: number | null, { probabilities, labels }: Examples): void {
    const { regularisation } = this;
    if (regularisation?.step !== step || loss === null) return;
    const sums = new Float64Array(probabilities.length / labels.length);
    crossEntropies(probabilities, labels).forEach((value, i) => {
      // What has no label is no number, and makes the sums none.
      sums[Math.max(0, labels[i]!)]! += value / labels.length;
    });
    const own = loss - regularisation.value;
    const plain = sums.reduce((sum, value) => sum + value, 0);
    const agrees = Math.abs(own - plain) <= LOSS_TOLERANCE * Math.max(1, Math.abs(loss));
    this.agreeing = agrees ? this.agreeing + 1 : 0;
    if (agrees || sums.length > MOST_WEIGHTS) return;
    this.weights ??= new LossWeights(sums.length);
    this.weights.add(sums, own);
  }

  /** Null where the theory does not apply, or something is not known yet. */
  of({ stretch, rows, weightDecay, counts }: CollapseParts): CollapseFigures | null {
    const classWeights = this.agreeing >= AGREEING ? null : this.weights?.known;
    if (weightDecay === null || counts === null || classWeights === undefined || counts.length > MOST_CLASSES)
      return null;
    if (classWeights === null && this.agreeing < AGREEING) return null;
    const { moments } = stretch;
    const { columns } = moments;
    const classes = [...moments.counts.keys()].filter((c) => counts[c]! > 0);
    const means = classes.map((c) => moments.mean(c));
    if (classes.length < 2 || rows.length !== counts.length * columns || means.includes(null)) return null;
    const ratio = collapseRatio({
      counts: classes.map((c) => counts[c]!),
      weightDecay,
      classifier: classes.map((c) => rows.subarray(c * columns, (c + 1) * columns)),
      classMeans: means as Float64Array[],
      products: productsFor(classes.length, columns),
      ...(classWeights === null ? {} : { classWeights: classes.map((c) => classWeights[c]!) }),
    });
    return { ...ratio, classWeights };
  }
}
