import { solvePositive } from '../../stats/cholesky.ts';

/** Batches in a row that have to be told before weights count as known. */
const AGREEING = 4;
/** A loss is told where it is off by no more than this, relative to its size: other losses miss by per cent. */
const TOLERANCE = 1e-4;
/** Batches more than there are weights to find, before they are looked for. */
const SPARE = 2;

/**
 * The weights of the classes in a loss, out of what batches show of it: each loss is the sum over classes of weight times the cross-entropies of its
 * examples, over the number of examples. Least squares over the batches so far; weights are known once they have told the losses of later
 * batches, which only weights by class do: weights of single examples, smoothed labels and other losses never get there.
 */
export class LossWeights {
  private readonly classes: number;
  /** Of the normal equations: sums of s s^T and of s, for s the sums of a batch over its loss. */
  private squares: Float64Array;
  private products: Float64Array;
  private batches = 0;
  private found: Float64Array | null = null;
  private agreeing = 0;

  constructor(classes: number) {
    this.classes = classes;
    this.squares = new Float64Array(classes * classes);
    this.products = new Float64Array(classes);
  }

  /** Weight of each class, C; null while they are unknown. */
  get known(): Float64Array | null {
    return this.agreeing >= AGREEING ? this.found : null;
  }

  /** A batch: the sum of its cross-entropies by class over its examples, and its loss without regularisers. */
  add(sums: Float64Array, loss: number): void {
    const { classes, found } = this;
    if (!(Number.isFinite(loss) && loss !== 0) || !sums.every(Number.isFinite)) return;
    const told = found?.reduce((sum, weight, c) => sum + weight * sums[c]!, 0);
    const isTold = told !== undefined && Math.abs(told - loss) <= TOLERANCE * Math.abs(loss);
    if (this.agreeing >= AGREEING && !isTold) this.forget();
    this.agreeing = isTold ? this.agreeing + 1 : 0;
    // Relative to the loss: that is what it is rounded by.
    const shares = sums.map((sum) => sum / loss);
    for (let a = 0; a < classes; a++) {
      this.products[a]! += shares[a]!;
      for (let b = 0; b < classes; b++) this.squares[a * classes + b]! += shares[a]! * shares[b]!;
    }
    this.batches++;
    // Once they tell the losses, weights stay as they are: what is found anew differs by rounding.
    if (this.agreeing === 0 && this.batches >= classes + SPARE) this.found = this.solved();
  }

  /** Weights that were right and no longer are: of another training. */
  private forget(): void {
    this.squares.fill(0);
    this.products.fill(0);
    this.batches = 0;
    this.found = null;
  }

  /** Null while a class has not been seen, and where weights come out that are none. */
  private solved(): Float64Array | null {
    const weights = solvePositive(this.squares, this.products, this.classes);
    return weights?.every((weight) => Number.isFinite(weight) && weight > 0) ? weights : null;
  }
}
