import { squareOf } from './basis.ts';
import { flatRows } from './rows.ts';

/** Class means, made ready for products with features. */
export interface KnownMeans {
  /** Classes that have one: R of them, ascending. */
  readonly classes: readonly number[];
  readonly columns: number;
  /** Where features and means are taken from: a common offset would cost digits. */
  readonly origin: Float64Array;
  /** Means less the origin: R x columns. */
  readonly rows: Float64Array;
  /** |row|^2 / 2. */
  readonly halves: Float64Array;
}

/** `from`: the origin; the first mean if not given. Null where no class has a mean. Throws a RangeError where lengths differ or a value is not finite. */
export function knownMeans(means: readonly (ArrayLike<number> | null)[], from?: Float64Array): KnownMeans | null {
  const classes = [...means.keys()].filter((c) => means[c] !== null);
  if (classes.length === 0) return null;
  const given = classes.map((c) => means[c]!);
  const { values, columns } = flatRows('means', given, given[0]!.length);
  const origin = from ?? Float64Array.from({ length: columns }, (_, j) => values[j]!);
  const rows = new Float64Array(values.length);
  for (let at = 0; at < rows.length; at += columns) {
    for (let j = 0; j < columns; j++) rows[at + j] = values[at + j]! - origin[j]!;
  }
  const halves = Float64Array.from(classes, (_, r) => squareOf(rows, r * columns, columns) / 2);
  return { classes, columns, origin, rows, halves };
}

/**
 * The class whose mean is nearest to h, of equal distances the first; -1 where distances are beyond what a number holds. `products`, from `at` on: those of h less the origin with the rows
 * of the means. Of |h - m|^2 / 2 only |m|^2 / 2 - h . m differs between means.
 */
export function nearestMean({ classes, halves }: KnownMeans, products: ArrayLike<number>, at: number): number {
  let [nearest, most] = [0, -Infinity];
  for (let r = 0; r < halves.length; r++) {
    const closeness = products[at + r]! - halves[r]!;
    if (!Number.isFinite(closeness)) return -1;
    if (closeness <= most) continue;
    nearest = r;
    most = closeness;
  }
  return classes[nearest]!;
}
