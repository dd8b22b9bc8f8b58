import { requireList, requireObject } from '../theory/requirement.ts';
import { squareOf } from './basis.ts';
import { type Axes, axesOf } from './leading-axes.ts';
import { rowProducts } from './products.ts';
import { flatRows, type Rows } from './rows.ts';

/** A place in the picture; null for a class that has none. */
export type Point = readonly [x: number, y: number] | null;

/** Rows of the classifier and class means in one plane, each set relative to its own mean and size. */
export interface PlaneView {
  /** One point for each row of the classifier. */
  readonly classifier: readonly Point[];
  /** One point for each class mean; null where there is none. */
  readonly means: readonly Point[];
  /** Share of all squared distances from the origin that the plane shows, 0 to 1; null where all rows are the same. */
  readonly share: number | null;
}

export interface PlaneInput {
  /** One row per class. */
  readonly weights: Rows;
  /** As `ClassMoments.means()` gives them: null for a class without examples. */
  readonly means: readonly (ArrayLike<number> | null)[];
  /** Values per row, where weights are flat. */
  readonly columns?: number;
}

/** Axes whose square is at least this share of the second's are as long as it. */
const AS_LONG = 0.9;
/** How fast shorter ones lose their say: at 0.8 they have 2 %. No step: one that grows or shrinks makes no point jump. */
const SHARPNESS = 32;
/** What is left of a direction below this is rounding. */
const NEGLIGIBLE = 1e-12;

/**
 * The two principal axes of the classifier's rows and the class means together, both sets centred and divided by their Frobenius
 * norm: where they are self-dual (NC3) their points coincide. With the view of the step before, the picture is turned and mirrored
 * to lie as close to it as it can (orthogonal Procrustes: the least sum of squared moves), so that points do not jump. Where more axes
 * are as long as the second, to a tenth of their square (in a simplex frame all are), any plane among them is as good; then the one
 * closest to the view before is taken. Turning weights and means together leaves the picture as it is.
 *
 * Up to 32 classes all axes are known; of more, the longest (`leadingAxes`), in 160 C d multiply-adds. Throws a RangeError where rows differ in length, classes in number, or a value is not
 * finite.
 */
export function principalAxes(input: PlaneInput, before?: PlaneView): PlaneView {
  requireObject('The argument of principalAxes', input, '{ weights, means }');
  const { weights, means, columns } = input;
  const w = flatRows('weights', weights, columns);
  requireList('means', means, 'class means, null where there is none');
  if (means.length !== w.count) {
    throw new RangeError(`Expected means of ${w.count} classes, null where there is none, got ${means.length}.`);
  }
  const present = [...means.keys()].filter((c) => means[c] !== null);
  const m = flatRows(
    'means',
    present.map((c) => means[c]!),
    w.columns,
  );
  const points = new Float64Array((w.count + m.count) * w.columns);
  normalise(w.values, w.columns, points);
  normalise(m.values, w.columns, points.subarray(w.count * w.columns));
  const places = [...Array(w.count).keys(), ...present.map((c) => w.count + c)];
  const earlier = before === undefined ? null : [...before.classifier, ...before.means];
  const seen = earlier === null ? null : places.map((place) => earlier[place] ?? null);
  const plane = planeOf(axesOf(points, places.length, w.columns, directionsOf(seen)), seen);
  const shown: Point[] = Array<Point>(2 * w.count).fill(null);
  places.forEach((place, i) => {
    shown[place] = plane[i]!;
  });
  const whole = squareOf(points, 0, points.length);
  const square = plane.reduce((sum, [x, y]) => sum + x * x + y * y, 0);
  return {
    classifier: shown.slice(0, w.count),
    means: shown.slice(w.count),
    share: whole === 0 ? null : Math.min(1, square / whole),
  };
}

/** Rows less their mean row, at Frobenius norm 1, into `into`; all 0 where the rows are the same. */
function normalise(rows: ArrayLike<number>, columns: number, into: Float64Array): void {
  const count = rows.length / columns;
  const centre = new Float64Array(columns);
  // Relative to the first row: the mean of equal rows is that row, to the last digit.
  for (let at = 0; at < rows.length; at += columns) {
    for (let j = 0; j < columns; j++) centre[j]! += (rows[at + j]! - rows[j]!) / count;
  }
  let square = 0;
  for (let at = 0; at < rows.length; at += columns) {
    for (let j = 0; j < columns; j++) {
      const value = rows[at + j]! - rows[j]! - centre[j]!;
      into[at + j] = value;
      square += value * value;
    }
  }
  const norm = Math.sqrt(square);
  for (let i = 0; i < rows.length && norm > 0; i++) into[i]! /= norm;
}

type Plane = (readonly [number, number])[];

/** The view before as two directions over the points. */
function directionsOf(before: readonly Point[] | null): Float64Array[] {
  if (before === null) return [];
  return [0, 1].map((axis) => Float64Array.from(before, (point) => point?.[axis] ?? 0));
}

function planeOf(axes: Axes, before: readonly Point[] | null): Plane {
  const aligned = before === null ? null : alignedWith(axes, before);
  const [x, y] = aligned ?? axes.coordinates.slice(0, 2).map((values, axis) => facing(values, before, axis));
  return Array.from({ length: axes.count }, (_, i) => [x?.[i] ?? 0, y?.[i] ?? 0] as const);
}

/** Of the two signs the one that the view before had; else the one by which the first point far out is positive. */
function facing(coordinates: Float64Array, before: readonly Point[] | null, axis: number): Float64Array {
  const largest = coordinates.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = coordinates.find((value) => Math.abs(value) > largest / 2) ?? 0;
  const same = coordinates.reduce((sum, value, i) => sum + value * (before?.[i]?.[axis] ?? 0), 0);
  return (same || first) < 0 ? coordinates.map((value) => -value) : coordinates;
}

/**
 * Two coordinates, the rows of A^T Y, where A has the two orthonormal columns that are closest to what the view before asks for: the
 * polar factor of F Y Q, with Y the coordinates along all axes, Q the points before, F the say of each axis. Null where they
 * ask for less than two directions.
 */
function alignedWith({ squares, coordinates, size }: Axes, before: readonly Point[]): Float64Array[] | null {
  const asked = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < size; k++) {
    const say = Math.min(1, squares[k]! / (AS_LONG * squares[1]!)) ** SHARPNESS;
    before.forEach((point, i) => {
      if (point === null) return;
      for (const axis of [0, 1]) asked[axis]![k]! += say * coordinates[k]![i]! * point[axis]!;
    });
  }
  const frame = polar(asked[0]!, asked[1]!);
  return frame === null ? null : frame.map((axis) => combined(axis, coordinates));
}

/** The orthonormal pair closest to a and b: (a b) times the inverse root of their 2 x 2 products. Null where they span no plane. */
function polar(a: Float64Array, b: Float64Array): Float64Array[] | null {
  const [aa, ab, , bb] = rowProducts(Float64Array.of(...a, ...b), 2, Float64Array.of(...a, ...b), 2, a.length);
  const root = Math.sqrt(Math.max(0, aa! * bb! - ab! * ab!));
  if (!(root > NEGLIGIBLE * (aa! + bb!))) return null;
  // The root of a 2 x 2 matrix P is (P + sqrt(det P) I) / sqrt(trace P + 2 sqrt(det P)).
  const trace = Math.sqrt(aa! + bb! + 2 * root);
  const scale = 1 / (trace * root);
  const mix = (p: number, q: number) => a.map((value, k) => scale * (p * value + q * b[k]!));
  return [mix(bb! + root, -ab!), mix(-ab!, aa! + root)];
}

function combined(axis: Float64Array, coordinates: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(coordinates[0]!.length);
  coordinates.forEach((values, k) => {
    for (let i = 0; i < sum.length; i++) sum[i]! += axis[k]! * values[i]!;
  });
  return sum;
}
