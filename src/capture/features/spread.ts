import type { Basis } from '../../geometry/basis.ts';
import { type ClassMeans, seenIn } from '../../geometry/class-means.ts';
import { ClassMoments } from '../../geometry/class-moments.ts';
import { type KnownMeans, knownMeans, nearestMean } from '../../geometry/known-means.ts';
import { guessMismatches } from '../../geometry/nearest-mean.ts';
import { relativeVariability, shareSeen } from '../../geometry/variability.ts';
import { movedProducts, PRODUCTS } from './products.ts';

/** Up to here the scatter of all columns is kept; above, along the class means of the stretch before. */
const FULL_COLUMNS = 64;
/** Classes times columns above which no scatter is kept: directions alone would take more memory than the classifier does with its optimizer. */
const MOST_VALUES = 2 ** 22;
/** Classes above which there is no NC1. */
const MOST_CLASSES = 1000;
/** Share of what lies between class means that the kept scatter has to see. */
const LEAST_COVERAGE = 0.9;
/** Examples beyond one for each class below which NC1 would be chance. */
const LEAST_FREE = 20;
/** Means to compare with are made anew when so many times the examples stand behind them. */
const GROWTH = 1.25;

/** Whether NC1 is made of so many classes and columns. */
export function isSpreadKept(classes: number, columns: number): boolean {
  return classes <= MOST_CLASSES && classes * columns <= MOST_VALUES;
}

/** Whether the scatter of so many columns is kept along directions. */
export function needsBasis(classes: number, columns: number): boolean {
  return columns > FULL_COLUMNS && isSpreadKept(classes, columns);
}

/** The means that examples are compared with, and what their features are multiplied with. */
interface Sight {
  readonly of: ClassMoments;
  readonly examples: number;
  readonly known: KnownMeans;
  /** That of the means. */
  readonly origin: Float32Array;
  /** Directions of the basis, and means less their origin: rows of d values. */
  readonly rows: Float32Array;
}

/**
 * What costs more than means, of some of the examples of a stretch: their scatter within classes, along the class means of the
 * stretch before, and whether the nearest class mean is that of the guess. One product of features with both kinds of rows serves both.
 */
export class Spread {
  /** Of the examples that were compared, those whose guess was another class than that of the nearest mean. */
  mismatches = 0;
  compared = 0;
  private readonly columns: number;
  /** Null: columns are few enough to be seen as they are, or too many for any scatter. */
  readonly basis: Basis | null;
  /** Of features as seen in the basis. Null: no scatter is kept. */
  private readonly moments: ClassMoments | null;
  private sight: Sight | null = null;

  /** `basis`: directions for the scatter, where features are not few enough to be kept as they are; null: no scatter then. */
  constructor(classes: number, columns: number, basis: Basis | null) {
    this.columns = columns;
    const isFull = columns <= FULL_COLUMNS;
    this.basis = isFull ? null : basis;
    const size = this.basis?.size ?? columns;
    const isKept = isSpreadKept(classes, columns) && (isFull || basis !== null) && size > 0;
    this.moments = isKept ? new ClassMoments({ classes, columns: size, scatter: 'full', products: PRODUCTS }) : null;
  }

  /** Multiply-adds that an example takes. */
  static products(classes: number, columns: number): number {
    return (isSpreadKept(classes, columns) ? 2 : 1) * classes * columns;
  }

  /** NC4 so far; null before an example was compared. */
  get mismatch(): number | null {
    return this.compared === 0 ? null : this.mismatches / this.compared;
  }

  /**
   * Features [B, d] of a batch, its labels (-1: left out) and guesses; `told`: the moments whose means count as the nearest. Features are
   * finite.
   */
  add(features: Float32Array, labels: Int32Array, guesses: Int32Array, told: ClassMoments): void {
    const sight = this.sightOf(told);
    if (sight === null) return;
    const { known, origin, rows } = sight;
    const count = labels.length;
    const width = rows.length / this.columns;
    const products = movedProducts(features, count, origin, rows, width);
    this.moments?.add(this.basis === null ? features : leading(products, width, this.basis.size), labels);
    const means = width - known.classes.length;
    const nearest = Int32Array.from({ length: count }, (_, i) => nearestMean(known, products, i * width + means));
    const { mismatches, examples } = guessMismatches(guesses, nearest, labels, told.classes);
    this.mismatches += mismatches;
    this.compared += examples;
  }

  /**
   * NC1 between the means of now, of all `examples` of the stretch. Null where the directions in which scatter is kept are not those between the
   * means: of a class that was not there before, or of means that have turned since, it would be made of what they hardly have in common. Null, too,
   * where too few examples were compared with others of their class.
   */
  variability(means: ClassMeans, examples: number): number | null {
    const { moments } = this;
    if (moments === null) return null;
    const classes = means.present.length;
    const own = moments.examples;
    // About means of their own, n examples of k classes vary less, by (n - k) / n.
    const free = own - moments.counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    if (free < LEAST_FREE) return null;
    const seen = this.seen(means);
    const nc1 = seen === null ? null : relativeVariability(moments, seen);
    return nc1 === null ? null : nc1 * (own / free) * ((examples - classes) / examples);
  }

  /** The means as the scatter sees them; null where it misses what lies between them. */
  private seen(means: ClassMeans): ClassMeans | null {
    const { basis } = this;
    if (basis === null) return means;
    if (basis.size < Math.min(this.columns, means.present.length - 1)) return null;
    const seen = seenIn(basis, means);
    return (shareSeen(seen, means) ?? 0) < LEAST_COVERAGE ? null : seen;
  }

  private sightOf(told: ClassMoments): Sight | null {
    const { sight } = this;
    const { examples } = told;
    if (sight?.of === told && examples < GROWTH * sight.examples) return sight;
    // The origin stays: coordinates are sums of features less it.
    const known = knownMeans(told.means(), sight?.known.origin);
    if (known === null) return null;
    const origin = Float32Array.from(known.origin);
    const directions = this.basis?.rows ?? new Float64Array(0);
    const rows = new Float32Array(directions.length + known.rows.length);
    rows.set(directions);
    rows.set(known.rows, directions.length);
    this.sight = { of: told, examples, known, origin, rows };
    return this.sight;
  }
}

/** The first `size` of each `width` values; float32 like all features, so that loops over them are compiled for one kind of array. */
function leading(values: Float64Array, width: number, size: number): Float32Array {
  const taken = new Float32Array((values.length / width) * size);
  for (let from = 0, to = 0; to < taken.length; from += width, to += size) {
    for (let k = 0; k < size; k++) taken[to + k] = values[from + k]!;
  }
  return taken;
}
