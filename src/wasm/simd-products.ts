import { FLOAT, MOST_BYTES, SimdMemory } from './simd-memory.ts';
import { addExamples, type ClassSums } from './simd-moments.ts';

/** Values that `product` wants for itself beside the columns it packs; see there. */
const [PACKED_ROWS, DEPTH, MOST_COLUMNS] = [96, 256, 1024];
type Vectors = Float32Array | Float64Array;

/** Products of rows in float32 SIMD, in a memory of their own: relative errors of some 1e-6 of the product of lengths. */
export class SimdProducts {
  /** Throws where wasm SIMD is missing. */
  private readonly memory = new SimdMemory();

  /** Adds the products of every two of `size` rows of `length` values to the upper triangle of `into`, size x size. */
  readonly addProducts = (rows: Vectors, size: number, length: number, into: Float64Array): void => {
    // Parts of the columns, so that the sums of a long row are float64.
    const most = this.columnsAtOnce(2 * size, size ** 2);
    for (let from = 0; from < length; from += most) {
      const count = Math.min(most, length - from);
      const sums = this.product(rows, size, rows, size, length, from, count);
      for (let a = 0; a < size; a++) for (let b = a; b < size; b++) into[a * size + b]! += sums[a * size + b]!;
    }
  };

  /** A B^T of `countA` and `countB` rows of `length` values: countA x countB, row-major. */
  readonly rowProducts = (a: Vectors, countA: number, b: Vectors, countB: number, length: number): Float64Array => {
    const into = new Float64Array(countA * countB);
    const most = this.columnsAtOnce(countA + countB, countA * countB);
    for (let from = 0; from < length; from += most) {
      const sums = this.product(a, countA, b, countB, length, from, Math.min(most, length - from));
      for (let i = 0; i < into.length; i++) into[i]! += sums[i]!;
    }
    return into;
  };

  /** The same of rows of `a` less `origin`, in float32. */
  readonly movedProducts = (
    a: Float32Array,
    countA: number,
    origin: Float32Array,
    b: Float32Array,
    countB: number,
  ): Float64Array => {
    const length = origin.length;
    const into = new Float64Array(countA * countB);
    const most = Math.max(1, Math.floor((MOST_BYTES / FLOAT - b.length) / (length + countB)));
    for (let from = 0; from < countA; from += most) {
      const rows = a.subarray(from * length, Math.min(countA, from + most) * length);
      into.set(this.product(rows, rows.length / length, b, countB, length, 0, length, origin), from * countB);
    }
    return into;
  };

  /** Adds feature vectors to the sums of their classes, in float64: see `ClassMoments`. Labels that are no class are left out. */
  readonly addExamples = (features: Float32Array, labels: ArrayLike<number>, columns: number, into: ClassSums): void =>
    addExamples(this.memory, features, labels, columns, into);

  /** Whether no value is NaN or infinite. */
  readonly areFinite = (values: Float32Array): boolean => {
    const { memory } = this;
    const most = MOST_BYTES / FLOAT;
    for (let from = 0; from < values.length; from += most) {
      const part = values.subarray(from, from + most);
      const [at] = memory.places([part.length * FLOAT]) as [number];
      new Float32Array(memory.buffer, at, part.length).set(part);
      if (memory.simd.allFinite(at, part.length) === 0) return false;
    }
    return true;
  };

  private columnsAtOnce(rows: number, results: number): number {
    return Math.max(DEPTH, Math.floor((MOST_BYTES / FLOAT - results) / Math.max(1, rows)));
  }

  /** The same over the columns from `from` on; a view that holds until the next product. */
  private product(
    a: Vectors,
    countA: number,
    b: Vectors,
    countB: number,
    length: number,
    from: number,
    count: number,
    origin: Float32Array | null = null,
  ): Float32Array {
    const { memory } = this;
    const scratch = (PACKED_ROWS + Math.min(MOST_COLUMNS, Math.ceil(countB / 8) * 8)) * DEPTH;
    const sizes = [countA * count, countB * count, countA * countB, scratch, origin?.length ?? 0];
    const bytes = sizes.map((size) => size * FLOAT);
    const [atA, atB, atC, atScratch, atOrigin] = memory.places(bytes) as [number, number, number, number, number];
    copy(a, countA, length, from, count, new Float32Array(memory.buffer, atA, sizes[0]));
    copy(b, countB, length, from, count, new Float32Array(memory.buffer, atB, sizes[1]));
    if (origin !== null) {
      new Float32Array(memory.buffer, atOrigin, count).set(origin);
      memory.simd.lessRow!(atA, countA, count, atOrigin);
    }
    memory.simd.product!(countA, countB, count, atA, count, 1, atB, 1, count, atC, atScratch);
    return new Float32Array(memory.buffer, atC, sizes[2]);
  }
}

function copy(rows: Vectors, count: number, length: number, from: number, columns: number, into: Float32Array): void {
  if (columns === length) into.set(rows.subarray(0, count * length));
  else {
    for (let r = 0; r < count; r++)
      into.set(rows.subarray(r * length + from, r * length + from + columns), r * columns);
  }
}

let shared: SimdProducts | null | undefined;

/**
 * Products of rows in SIMD, for `products` of `classwatch/geometry`: one instance for all, with a memory of its own of some 16 MB at most for usual sizes. Null
 * where wasm SIMD is missing.
 */
export function simdProducts(): SimdProducts | null {
  if (shared === undefined) {
    try {
      shared = new SimdProducts();
    } catch {
      shared = null;
    }
  }
  return shared;
}
