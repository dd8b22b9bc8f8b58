import type { Basis } from '../../geometry/basis.ts';
import { ClassMoments } from '../../geometry/class-moments.ts';
import { meansBasis } from '../../geometry/neural-collapse.ts';
import { Pace } from '../budget/pace.ts';
import { PRODUCTS, productsFor } from './products.ts';
import { needsBasis, Spread } from './spread.ts';

/** The first stretch ends after so many examples, each next one after twice as many, up to the last number. */
const FIRST_EXAMPLES = 256;
const MOST_EXAMPLES = 65_536;
/** A class with so many examples is known well enough for a stretch that is not over to be told of. */
const ENOUGH_EXAMPLES = 30;
/** Multiply-adds for directions along the class means up to which they are made at every turn: some 0.1 s. */
const FEW_PRODUCTS = 1e8;
/** Milliseconds that may go into them at once: the first may miss a class. */
const GRACE = 1000;
/** Below so many examples of each class on average, some are likely to have none. */
const ENOUGH_PER_CLASS = 4;

/** Features of training examples, summed up over a stretch of training. */
export class Stretch {
  readonly moments: ClassMoments;
  readonly spread: Spread;
  /** Examples of the stretch itself. */
  private readonly own: ClassMoments;

  constructor(moments: ClassMoments, spread: Spread, own = moments) {
    this.moments = moments;
    this.spread = spread;
    this.own = own;
  }

  get examples(): number {
    return this.own.examples;
  }

  /** Whether a class is missing that another stretch has. */
  lacks({ moments }: Stretch): boolean {
    return this.moments.counts.some((count, c) => count === 0 && moments.counts[c]! > 0);
  }

  /** With classes that are missing as they were in another stretch. */
  filledFrom({ moments }: Stretch): Stretch {
    return new Stretch(this.moments.filledFrom(moments), this.spread, this.own);
  }
}

/** A stretch that begins. `basis`: for the scatter; see `Spread`. */
export function newStretch(classes: number, columns: number, basis: Basis | null): Stretch {
  const moments = new ClassMoments({ classes, columns, scatter: 'none', products: PRODUCTS });
  return new Stretch(moments, new Spread(classes, columns, basis));
}

/**
 * Features of the examples that train, out of the last epoch or so: what is old is about other weights. Training is cut into stretches:
 * epochs, where callbacks tell of them, else (and in the first epoch, where weights move fast) stretches that double in length. What is told
 * is that of the last whole stretch, or of the one under way as soon as it holds enough of every class. Not every step is looked at, so that a rare class may
 * have been missed: it stays as it was when it was seen last.
 */
export class FeatureWindow {
  readonly columns: number;
  private readonly classes: number;
  private readonly pace: Pace;
  private before: Stretch | null = null;
  private present: Stretch;
  private limit = FIRST_EXAMPLES;
  /** The stretch under way began with an epoch. */
  private isEpoch = false;

  /** `share`: of training time, for directions that take long to make; 1: always. */
  constructor(classes: number, columns: number, share = 1) {
    this.classes = classes;
    this.columns = columns;
    this.pace = new Pace(share, GRACE);
    this.present = newStretch(classes, columns, null);
  }

  /**
   * Features [B, columns] of a batch with their labels (-1: left out). `guesses`: their predicted classes, where this is a batch that
   * also counts for what costs more: scatter and nearest means.
   */
  add(features: Float32Array, labels: Int32Array, guesses: Int32Array | null): void {
    if (this.present.examples >= this.limit) this.turn();
    const { present } = this;
    present.moments.add(features, labels);
    // Nearest means are those of what is told: the batch itself may be a part of it.
    if (guesses !== null) present.spread.add(features, labels, guesses, (this.whole ?? present).moments);
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
    const isLong = present.examples >= before.examples;
    return isLong && present.lacks(before) ? present.filledFrom(before) : this.whole;
  }

  /** The last stretch that has all classes that are known; null in the first. */
  private get whole(): Stretch | null {
    const { before, present } = this;
    if (before === null) return null;
    const isKnown = (count: number, c: number) =>
      count >= ENOUGH_EXAMPLES || (count === 0 && before.moments.counts[c] === 0);
    const isFull = present.examples >= before.examples && !present.lacks(before);
    return isFull || present.moments.counts.every(isKnown) ? present : before;
  }

  private turn(): void {
    const { before, present } = this;
    this.before = before !== null && present.lacks(before) ? present.filledFrom(before) : present;
    this.present = newStretch(this.classes, this.columns, this.basisAfter(this.before));
    this.limit = Math.min(MOST_EXAMPLES, 2 * this.limit);
  }

  /** Along the means of a stretch; those of the one before where they would take too long. */
  private basisAfter({ moments, spread, examples }: Stretch): Basis | null {
    const { classes, columns, pace } = this;
    if (!needsBasis(classes, columns)) return null;
    const isLong = classes ** 2 * columns > FEW_PRODUCTS;
    if (isLong && (examples < ENOUGH_PER_CLASS * classes || !pace.due())) return spread.basis;
    const make = () => meansBasis(moments, productsFor(classes, columns));
    return isLong ? pace.timed(make) : make();
  }
}
