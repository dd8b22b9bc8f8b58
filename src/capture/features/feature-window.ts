import { ClassMoments } from '../../geometry/class-moments.ts';
import { guessMismatches, nearestMeans } from '../../geometry/nearest-mean.ts';
import { meansBasis } from '../../geometry/neural-collapse.ts';
import { PRODUCTS } from './products.ts';

/** The first stretch ends after so many examples, each next one after twice as many, up to the last number. */
const FIRST_EXAMPLES = 256;
const MOST_EXAMPLES = 65_536;
/** A class with so many examples is known well enough for a stretch that is not over to be told of. */
const ENOUGH_EXAMPLES = 30;
/** Up to here the scatter of all columns is kept; above, along the class means of the stretch before. */
const FULL_COLUMNS = 64;
/** Classes times columns above which no scatter is kept: means of it alone would take more memory than the classifier. */
const MOST_VALUES = 2 ** 20;

/** Features of training examples, summed up over a stretch of training. */
export class Stretch {
  readonly moments: ClassMoments;
  /** The same of some of the examples, with their scatter; null where there are too many values. */
  readonly spread: ClassMoments | null;
  /** Of the examples that were compared, those whose guess was another class than that of the nearest mean. */
  mismatches = 0;
  compared = 0;

  /** `before`: the stretch before, null for the first. */
  constructor(classes: number, columns: number, before: Stretch | null) {
    this.moments = new ClassMoments({ classes, columns, scatter: 'none', products: PRODUCTS });
    const full = columns <= FULL_COLUMNS ? ('full' as const) : null;
    const scatter = full ?? (before === null ? 'none' : meansBasis(before.moments));
    this.spread =
      classes * columns > MOST_VALUES ? null : new ClassMoments({ classes, columns, scatter, products: PRODUCTS });
  }

  get examples(): number {
    return this.moments.examples;
  }
}

/**
 * Features of the examples that train, out of the last epoch or so: what is old is about other weights. Training is cut into stretches:
 * epochs, where callbacks tell of them, else (and in the first epoch, where weights move fast) stretches that double in length. What is told
 * is that of the last whole stretch, or of the one under way as soon as it holds enough of every class.
 */
export class FeatureWindow {
  readonly columns: number;
  private readonly classes: number;
  private before: Stretch | null = null;
  private present: Stretch;
  private limit = FIRST_EXAMPLES;
  /** The stretch under way began with an epoch. */
  private isEpoch = false;

  constructor(classes: number, columns: number) {
    this.classes = classes;
    this.columns = columns;
    this.present = new Stretch(classes, columns, null);
  }

  /**
   * Features [B, columns] of a batch with their labels (-1: left out). `guesses`: their predicted classes, where this is a batch that
   * also counts for what costs more: scatter and nearest means.
   */
  add(features: ArrayLike<number>, labels: Int32Array, guesses: Int32Array | null): void {
    if (this.present.examples >= this.limit) this.turn();
    const { present } = this;
    present.moments.add(features, labels);
    if (guesses === null) return;
    present.spread?.add(features, labels);
    this.compare(features, labels, guesses);
  }

  /** An epoch is over, and what its end is to say has been said. */
  endEpoch(): void {
    this.limit = MOST_EXAMPLES;
    // A short rest of the first epoch is no stretch of its own: it goes on through the second.
    const isWhole = this.isEpoch || this.before === null || this.present.examples >= this.before.examples;
    this.isEpoch = isWhole;
    if (isWhole && this.present.examples > 0) this.turn();
  }

  /** What is to be told; null before the first batch. */
  get told(): Stretch | null {
    const { before, present } = this;
    if (before === null) return present.examples === 0 ? null : present;
    const isKnown = (count: number, c: number) =>
      count >= ENOUGH_EXAMPLES || (count === 0 && before.moments.counts[c] === 0);
    const isFull = present.examples >= before.examples || present.moments.counts.every(isKnown);
    return isFull ? present : before;
  }

  private turn(): void {
    this.before = this.present;
    this.present = new Stretch(this.classes, this.columns, this.before);
    this.limit = Math.min(MOST_EXAMPLES, 2 * this.limit);
  }

  /** Nearest means are those of what is told: the batch itself may be a part of it. */
  private compare(features: ArrayLike<number>, labels: Int32Array, guesses: Int32Array): void {
    const { told, present, columns } = this;
    if (told === null) return;
    const nearest = nearestMeans(features, told.moments.means(), columns, PRODUCTS);
    const { mismatches, examples } = guessMismatches(guesses, nearest, labels, this.classes);
    present.compared += examples;
    present.mismatches += mismatches;
  }
}
