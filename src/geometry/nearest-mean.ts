import { argmaxRows } from '../stats/argmax.ts';
import { type KnownMeans, knownMeans, nearestMean } from './known-means.ts';
import { type Products, plainProducts } from './products.ts';
import { areFinite, expectFinite, expectLabels, flatRows, type Rows } from './rows.ts';

/** The last dense layer: logits W h + b. */
export interface Classifier {
  /** One row per class; row-major with as many columns as features have, or nested. */
  readonly weights: Rows;
  /** One value per class; zeros if not given. */
  readonly bias?: ArrayLike<number>;
}

export interface Mismatches {
  readonly mismatches: number;
  readonly examples: number;
}

/** Examples whose products are held at a time. */
const BLOCK = 128;

/**
 * NC4 as counts, so that batches add up: examples whose largest logit names another class than the nearest class mean (Papyan, Han,
 * Donoho, PNAS 2020). `features`: B x D. `means`: D values per class, null for classes that have none: those of the training
 * examples, for other examples too. With `labels`, examples whose label is no class are left out. Of equal logits or distances the
 * first counts. No example counts where no class has a mean, nor one whose logits or distances are beyond what a number holds. Throws
 * a RangeError where lengths do not match or a value is not finite.
 */
export function nearestMeanMismatches(
  features: ArrayLike<number>,
  classifier: Classifier,
  means: readonly (ArrayLike<number> | null)[],
  labels?: ArrayLike<number>,
  products: Products = plainProducts,
): Mismatches {
  const known = knownMeans(means);
  if (known === null) return { mismatches: 0, examples: 0 };
  const { columns } = known;
  const { values, count } = flatRows('features', features, columns);
  const { rows: weights, bias } = classifierOf(classifier, means.length, columns);
  if (labels !== undefined) expectLabels(labels, count);
  let [mismatches, examples] = [0, 0];
  for (let from = 0; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    const block = blockOf(values, from, size, columns);
    const logits = logitsOf(block, size, weights, bias, products);
    const nearest = nearestOf(block, size, known, products);
    const comparable = nearest.map((c, i) => (areFinite(rowOf(logits, i, means.length)) ? c : -1));
    const own = Array.from({ length: size }, (_, i) => labels?.[from + i] ?? 0);
    const found = guessMismatches(argmaxRows(logits, means.length), comparable, own, means.length);
    mismatches += found.mismatches;
    examples += found.examples;
  }
  return { mismatches, examples };
}

/**
 * The class with the nearest mean for each of B feature vectors (B x D, row-major), of equal distances the first; -1 where no class has a
 * mean, and where distances are beyond what a number holds. `means` as in `nearestMeanMismatches`. Throws a RangeError where lengths do not match or a value is not finite.
 */
export function nearestMeans(
  features: ArrayLike<number>,
  means: readonly (ArrayLike<number> | null)[],
  columns: number,
  products: Products = plainProducts,
): Int32Array {
  const { values, count } = flatRows('features', features, columns);
  const nearest = new Int32Array(count).fill(-1);
  const known = knownMeans(means);
  if (known === null) return nearest;
  for (let from = 0; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    nearest.set(nearestOf(blockOf(values, from, size, columns), size, known, products), from);
  }
  return nearest;
}

/**
 * NC4 where guesses are known: B examples with their guesses, the classes of their nearest means and their labels. Those
 * whose label is not in 0..classes - 1 are left out, as are examples without a nearest mean.
 */
export function guessMismatches(
  guesses: ArrayLike<number>,
  nearest: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): Mismatches {
  let [mismatches, examples] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0 || labels[i]! >= classes || nearest[i]! < 0) continue;
    examples++;
    if (nearest[i] !== guesses[i]) mismatches++;
  }
  return { mismatches, examples };
}

function rowOf(values: Float64Array, row: number, columns: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns);
}

function blockOf(values: ArrayLike<number>, from: number, size: number, columns: number): Float64Array {
  const block = new Float64Array(size * columns);
  for (let i = 0; i < block.length; i++) block[i] = values[from * columns + i]!;
  return block;
}

/** Rows and bias of a classifier. Throws a RangeError where they are not those of so many classes and columns, or not finite. */
export function classifierOf({ weights, bias }: Classifier, classes: number, columns: number) {
  const rows = flatRows('weights', weights, columns);
  if (rows.count !== classes) {
    throw new RangeError(`Expected one row of weights for each of ${classes} classes, got ${rows.count}.`);
  }
  if (bias !== undefined && bias.length !== classes) {
    throw new RangeError(`Expected one value of bias for each of ${classes} classes, got ${bias.length}.`);
  }
  if (bias !== undefined) expectFinite('bias', bias, classes);
  return { rows: Float64Array.from(rows.values), bias: Float64Array.from(bias ?? new Float64Array(classes)) };
}

function logitsOf(
  block: Float64Array,
  size: number,
  weights: Float64Array,
  bias: Float64Array,
  products: Products,
): Float64Array {
  const classes = bias.length;
  const logits = products.rowProducts(block, size, weights, classes, block.length / size);
  for (let i = 0; i < size; i++) for (let c = 0; c < classes; c++) logits[i * classes + c]! += bias[c]!;
  return logits;
}

/** Moves the block to the origin. */
function nearestOf(block: Float64Array, size: number, known: KnownMeans, products: Products): number[] {
  const { columns, origin, rows, classes } = known;
  for (let i = 0; i < size; i++) for (let j = 0; j < columns; j++) block[i * columns + j]! -= origin[j]!;
  const closeness = products.rowProducts(block, size, rows, classes.length, columns);
  return Array.from({ length: size }, (_, i) => nearestMean(known, closeness, i * classes.length));
}
