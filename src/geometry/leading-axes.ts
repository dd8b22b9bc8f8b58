import { dotOf } from '../stats/dot.ts';
import { eigenOf } from '../stats/symmetric-eigen.ts';
import { generator } from '../theory/generator.ts';
import { transposed } from './basis.ts';
import { gramOf, rowProducts } from './products.ts';

/** Points along their principal axes. */
export interface Axes {
  readonly count: number;
  /** Axes other than 0, at least two where there are as many points. */
  readonly size: number;
  /** Squared lengths along the axes, descending. */
  readonly squares: Float64Array;
  /** Coordinates: `size` rows, one value per point. */
  readonly coordinates: readonly Float64Array[];
}

/** Squares below this share of the largest, and what is left of a direction of length 1 below its root, are rounding. */
const NEGLIGIBLE = 1e-12;
/** Points up to which all axes are made. */
const FEW_POINTS = 64;
/** Directions at a time, and how often the points' products are applied to them. */
const [BLOCK, TIMES] = [8, 5];

/** All axes of few points (`count` rows); of many, some of the longest. `asked`: directions over the points, `count` values each, that count as known. */
export function axesOf(
  points: Float64Array,
  count: number,
  columns: number,
  asked: readonly Float64Array[] = [],
): Axes {
  if (count > FEW_POINTS) return leadingAxes(points, count, columns, asked);
  const { values, vectors } = eigenOf(gramOf(points, count, columns), count);
  return scaledAxes(values, vectors, count);
}

/**
 * Block Krylov iteration (Musco and Musco, NeurIPS 2015) with the products of all points, P P^T, from `asked` and fixed random directions on, in
 * 2 BLOCK TIMES count columns multiply-adds: long axes that stand out are exact to rounding; of axes that are about as long as each other
 * it finds mixtures, those of the directions asked for among them.
 */
function leadingAxes(points: Float64Array, count: number, columns: number, asked: readonly Float64Array[]): Axes {
  const turned = transposed(points, count, columns);
  const random = generator(1);
  const drawn = Array.from({ length: BLOCK - asked.length }, () =>
    Float64Array.from({ length: count }, () => random() - 0.5),
  );
  const directions: Float64Array[] = [];
  // Of each direction q: sum_i q_i x_i.
  const images = new Float64Array(BLOCK * TIMES * columns);
  let block: readonly Float64Array[] = [...asked, ...drawn];
  for (let time = 0; time < TIMES; time++) {
    const from = directions.length;
    for (const vector of block) addStraight(directions, vector);
    const added = directions.length - from;
    if (added === 0) break;
    const image = rowProducts(joined(directions.slice(from), count), added, turned, columns, count);
    images.set(image, from * columns);
    const next = rowProducts(image, added, points, count, columns);
    block = Array.from({ length: added }, (_, i) => next.subarray(i * count, (i + 1) * count));
  }
  const size = directions.length;
  const { values, vectors } = eigenOf(gramOf(images.subarray(0, size * columns), size, columns), size);
  const mixed = rowProducts(vectors, size, transposed(joined(directions, count), size, count), count, size);
  return scaledAxes(values, mixed, count);
}

/** Adds what a vector has beyond the directions, at length 1; nothing where that is rounding. */
function addStraight(directions: Float64Array[], vector: Float64Array): void {
  const rest = Float64Array.from(vector);
  const whole = Math.sqrt(dotOf(rest, 0, rest, 0, rest.length));
  // Twice is enough (Parlett).
  for (let time = 0; time < 2; time++) {
    for (const direction of directions) {
      const part = dotOf(rest, 0, direction, 0, rest.length);
      for (let i = 0; i < rest.length; i++) rest[i]! -= part * direction[i]!;
    }
  }
  const length = Math.sqrt(dotOf(rest, 0, rest, 0, rest.length));
  if (length > Math.sqrt(NEGLIGIBLE) * whole) directions.push(rest.map((value) => value / length));
}

function joined(rows: readonly Float64Array[], count: number): Float64Array {
  const flat = new Float64Array(rows.length * count);
  rows.forEach((row, r) => {
    flat.set(row, r * count);
  });
  return flat;
}

/** `vectors`: rows of length 1 over the points, one for each of the values, which are descending. */
function scaledAxes(values: Float64Array, vectors: Float64Array, count: number): Axes {
  const squares = values.map((value) => Math.max(0, value));
  const above = squares.findIndex((value) => value <= NEGLIGIBLE * squares[0]!);
  const size = Math.min(squares.length, Math.max(2, above < 0 ? squares.length : above));
  const coordinates = Array.from({ length: size }, (_, i) =>
    vectors.slice(i * count, (i + 1) * count).map((value) => value * Math.sqrt(squares[i]!)),
  );
  return { count, size, squares: squares.slice(0, size), coordinates };
}
