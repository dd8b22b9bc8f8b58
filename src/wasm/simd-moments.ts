import { DOUBLE, FLOAT, MOST_BYTES, type SimdMemory } from './simd-memory.ts';

/** Sums by class, row-major; see `ClassMoments`. */
export interface ClassSums {
  /** C x columns. */
  readonly references: Float64Array;
  /** C x columns: sums of features less the reference of their class. */
  readonly sums: Float64Array;
  /** C: sums of the squares of the same. */
  readonly squares: Float64Array;
}

/** Examples at a time: more classes than this have no rows in the memory. */
const MOST_EXAMPLES = 128;

/** Adds feature vectors to the sums of their classes in SIMD, in float64. Labels that are no class are left out. */
export function addExamples(
  memory: SimdMemory,
  features: Float32Array,
  labels: ArrayLike<number>,
  columns: number,
  into: ClassSums,
): void {
  const most = Math.floor(MOST_BYTES / (columns * (FLOAT + 2 * DOUBLE)));
  const size = Math.max(1, Math.min(MOST_EXAMPLES, most));
  for (let from = 0; from < labels.length; from += size) {
    const part = partOf(labels, from, Math.min(labels.length, from + size), into.squares.length);
    if (part.examples.length > 0) addPart(memory, features, part, columns, into);
  }
}

interface Part {
  readonly examples: readonly number[];
  /** Place of each example's class in `classes`. */
  readonly places: readonly number[];
  /** Those that have examples here. */
  readonly classes: readonly number[];
}

function partOf(labels: ArrayLike<number>, from: number, to: number, count: number): Part {
  const [examples, places, classes] = [[] as number[], [] as number[], [] as number[]];
  const placeOf = new Map<number, number>();
  for (let i = from; i < to; i++) {
    const c = labels[i]!;
    if (c < 0 || c >= count) continue;
    let place = placeOf.get(c);
    if (place === undefined) {
      place = classes.push(c) - 1;
      placeOf.set(c, place);
    }
    examples.push(i);
    places.push(place);
  }
  return { examples, places, classes };
}

function addPart(
  memory: SimdMemory,
  features: Float32Array,
  { examples, places, classes }: Part,
  columns: number,
  { references, sums, squares }: ClassSums,
): void {
  const [count, present] = [examples.length, classes.length];
  const row = columns * DOUBLE;
  const sizes = [count * columns * FLOAT, count * FLOAT, present * row, present * row, present * DOUBLE];
  const [x, at, reference, sum, square] = memory.places(sizes) as [number, number, number, number, number];
  const { buffer } = memory;
  gather(features, examples, columns, new Float32Array(buffer, x, count * columns));
  new Int32Array(buffer, at, count).set(places);
  gather(references, classes, columns, new Float64Array(buffer, reference, present * columns));
  const own = new Float64Array(buffer, sum, present * columns);
  gather(sums, classes, columns, own);
  const ownSquares = new Float64Array(buffer, square, present);
  gather(squares, classes, 1, ownSquares);
  memory.simd.addExamples!(x, at, count, columns, reference, sum, square);
  classes.forEach((c, r) => {
    sums.set(own.subarray(r * columns, (r + 1) * columns), c * columns);
    squares[c] = ownSquares[r]!;
  });
}

/** Some of the rows, one after the other. */
function gather<T extends Float32Array | Float64Array>(
  rows: T,
  which: readonly number[],
  columns: number,
  into: T,
): void {
  which.forEach((from, to) => {
    into.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
  });
}
