import { type CollapseRatio, collapseRatio } from '../../theory/collapse-ratio.ts';
import { crossEntropies } from '../reading/outputs.ts';
import type { Examples } from '../snapshot.ts';
import type { Stretch } from './feature-window.ts';

/** Singular values of C x C logits take too long above. */
const MOST_CLASSES = 200;
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

/** Whether the loss that trains is one that the theory of collapse is about: plain cross-entropy and regularisers, nothing else. */
export class CollapseCourse {
  private regularisation: { readonly step: number; readonly value: number } | null = null;
  /** Batches in a row whose loss is what it is taken for. */
  private agreeing = 0;

  /** What regularisers add to the loss of the batch that trains at this step. */
  regularised(step: number, value: number): void {
    this.regularisation = { step, value };
  }

  /**
   * The batch of a step: its loss has to be the mean cross-entropy and what regularisers add. Weights of classes or examples, smoothed labels,
   * other losses and other outputs all show here.
   */
  saw(step: number, loss: number | null, examples: Examples): void {
    const { regularisation } = this;
    if (regularisation?.step !== step || loss === null) return;
    const { probabilities, labels } = examples;
    const losses = crossEntropies(probabilities, labels);
    const plain = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    const tolerance = LOSS_TOLERANCE * Math.max(1, Math.abs(loss));
    const agrees = Math.abs(loss - regularisation.value - plain) <= tolerance;
    this.agreeing = agrees ? this.agreeing + 1 : 0;
  }

  /** Null where the theory does not apply, or something is not known yet. */
  of({ stretch, rows, weightDecay, counts }: CollapseParts): CollapseRatio | null {
    const isPlain = this.agreeing >= AGREEING;
    if (weightDecay === null || counts === null || !isPlain || counts.length > MOST_CLASSES) return null;
    const { moments } = stretch;
    const { columns } = moments;
    const classes = [...moments.counts.keys()].filter((c) => counts[c]! > 0);
    const means = classes.map((c) => moments.mean(c));
    if (classes.length < 2 || rows.length !== counts.length * columns || means.includes(null)) return null;
    return collapseRatio({
      counts: classes.map((c) => counts[c]!),
      weightDecay,
      classifier: classes.map((c) => rows.subarray(c * columns, (c + 1) * columns)),
      classMeans: means as Float64Array[],
    });
  }
}
