import { wasmInterface } from './backend.ts';
import { instantiate, type Simd } from './simd-module.ts';

const FLOAT = 4;
const PAGE = 65_536;
/** Values that `product` wants for itself beside the columns it packs; see there. */
const [PACKED_ROWS, DEPTH, MOST_COLUMNS] = [96, 256, 1024];
/** Bytes above which a product is made of several, so that no large memory stays behind. */
const MOST_BYTES = 16 * 2 ** 20;

type Vectors = Float32Array | Float64Array;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Products of rows in float32 SIMD, in a memory of their own: relative errors of some 1e-6 of the product of lengths. */
export class SimdProducts {
  private readonly memory: Memory;
  private readonly simd: Simd;

  /** Throws where wasm SIMD is missing. */
  constructor() {
    const { Memory } = wasmInterface as unknown as { Memory: new (size: { initial: number }) => Memory };
    this.memory = new Memory({ initial: 1 });
    this.simd = instantiate(this.memory);
  }

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
  ): Float32Array {
    const scratch = (PACKED_ROWS + Math.min(MOST_COLUMNS, Math.ceil(countB / 8) * 8)) * DEPTH;
    const sizes = [countA * count, countB * count, countA * countB, scratch];
    const [atA, atB, atC, atScratch] = this.places(sizes) as [number, number, number, number];
    copy(a, countA, length, from, count, new Float32Array(this.memory.buffer, atA, sizes[0]));
    copy(b, countB, length, from, count, new Float32Array(this.memory.buffer, atB, sizes[1]));
    this.simd.product!(countA, countB, count, atA, count, 1, atB, 1, count, atC, atScratch);
    return new Float32Array(this.memory.buffer, atC, sizes[2]);
  }

  /** Addresses of so many values each, one after the other on lines of the cache; the memory grows where it is too small. */
  private places(sizes: readonly number[]): number[] {
    // Address 0 means "none" to some of the code.
    let end = 64;
    const places = sizes.map((size) => {
      const place = end;
      end += Math.ceil((size * FLOAT) / 64) * 64;
      return place;
    });
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return places;
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
