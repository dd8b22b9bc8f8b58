/** Rows of values, one after the other. */
export type Vectors = Float32Array | Float64Array;

/**
 * Adds the products of every two of `size` rows of `length` values to the size x size matrix `into`: its upper triangle, the
 * diagonal included; what it writes below is never read. Whoever has faster arithmetic (SIMD, a device) supplies one of these.
 */
export type AddProducts = (rows: Vectors, size: number, length: number, into: Float64Array) => void;

/** A B^T of `countA` and `countB` rows of `length` values: countA x countB, row-major. */
export type RowProducts = (a: Vectors, countA: number, b: Vectors, countB: number, length: number) => Float64Array;

/** Sums by class, row-major. */
export interface ClassSums {
  /** C x columns. */
  readonly references: Float64Array;
  /** C x columns: sums of features less the reference of their class. */
  readonly sums: Float64Array;
  /** C: sums of the squares of the same. */
  readonly squares: Float64Array;
}

/** Adds feature vectors (B x columns) with their labels to the sums of their classes. Labels that are no class are left out. */
export type AddExamples<T = Float32Array> = (
  features: T,
  labels: ArrayLike<number>,
  columns: number,
  into: ClassSums,
) => void;

/** The arithmetic that most of the time goes to. Vectors come less an example or a mean of theirs: float32 is good enough for products. */
export interface Products {
  readonly addProducts: AddProducts;
  readonly rowProducts: RowProducts;
  /** In float64. Not given: plain code. */
  readonly addExamples?: AddExamples;
  /** Whether no value is NaN or infinite. Not given: plain code. */
  readonly areFinite?: (values: Float32Array) => boolean;
}

/** Rows that are multiplied with each other at a time: nine sums and what they are made of are what registers hold. */
const TILE = 3;

/** `AddProducts` in plain code: about a multiply-add per clock. */
export const addProducts: AddProducts = (rows, size, length, into) => {
  for (let a = 0; a < size; a += TILE) {
    for (let b = a; b < size; b += TILE) {
      if (Math.max(a, b) + TILE <= size) addTile(rows, a * length, rows, b * length, length, into, a * size + b, size);
      else addEdge(rows, rows, a, b, length, into, size, size);
    }
  }
};

/** A B^T of `countA` and `countB` rows of `length` values: countA x countB, row-major. */
export function rowProducts(a: Vectors, countA: number, b: Vectors, countB: number, length: number): Float64Array {
  const into = new Float64Array(countA * countB);
  for (let i = 0; i < countA; i += TILE) {
    for (let j = 0; j < countB; j += TILE) {
      if (i + TILE <= countA && j + TILE <= countB) {
        addTile(a, i * length, b, j * length, length, into, i * countB + j, countB);
      } else addEdge(a, b, i, j, length, into, countA, countB);
    }
  }
  return into;
}

/** `AddExamples` in plain code, of any numbers. */
export const addExamples: AddExamples<ArrayLike<number>> = (features, labels, columns, into) => {
  const { references, sums, squares } = into;
  for (let i = 0; i < labels.length; i++) {
    const c = labels[i]!;
    if (c < 0 || c >= squares.length) continue;
    const [at, from] = [i * columns, c * columns];
    let square = 0;
    for (let j = 0; j < columns; j++) {
      const value = features[at + j]! - references[from + j]!;
      sums[from + j]! += value;
      square += value * value;
    }
    squares[c]! += square;
  }
};

/** In plain code, in float64. */
export const plainProducts: Products = { addProducts, rowProducts };

/** Products of every two rows: count x count, both triangles. */
export function gramOf(
  rows: Float64Array,
  count: number,
  columns: number,
  products: Products = plainProducts,
): Float64Array {
  const gram = new Float64Array(count * count);
  products.addProducts(rows, count, columns, gram);
  for (let a = 0; a < count; a++) for (let b = 0; b < a; b++) gram[a * count + b] = gram[b * count + a]!;
  return gram;
}

/** Three rows from `i` on times three from `j` on; written out, because the sums stay in registers only so. */
function addTile(
  a: Vectors,
  i: number,
  b: Vectors,
  j: number,
  length: number,
  into: Float64Array,
  at: number,
  stride: number,
): void {
  let [s00, s01, s02, s10, s11, s12, s20, s21, s22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const [i1, i2, j1, j2] = [i + length, i + 2 * length, j + length, j + 2 * length];
  for (let k = 0; k < length; k++) {
    const a0 = a[i + k]!;
    const a1 = a[i1 + k]!;
    const a2 = a[i2 + k]!;
    const b0 = b[j + k]!;
    s00 += a0 * b0;
    s10 += a1 * b0;
    s20 += a2 * b0;
    const b1 = b[j1 + k]!;
    s01 += a0 * b1;
    s11 += a1 * b1;
    s21 += a2 * b1;
    const b2 = b[j2 + k]!;
    s02 += a0 * b2;
    s12 += a1 * b2;
    s22 += a2 * b2;
  }
  addThree(into, at, s00, s01, s02);
  addThree(into, at + stride, s10, s11, s12);
  addThree(into, at + 2 * stride, s20, s21, s22);
}

function addThree(into: Float64Array, at: number, s0: number, s1: number, s2: number): void {
  into[at]! += s0;
  into[at + 1]! += s1;
  into[at + 2]! += s2;
}

/** A tile that ends early. Sums in the same order as a whole one: equal rows get equal products, wherever they stand. */
function addEdge(
  a: Vectors,
  b: Vectors,
  fromA: number,
  fromB: number,
  length: number,
  into: Float64Array,
  countA: number,
  countB: number,
): void {
  for (let i = fromA; i < Math.min(fromA + TILE, countA); i++) {
    for (let j = fromB; j < Math.min(fromB + TILE, countB); j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += a[i * length + k]! * b[j * length + k]!;
      into[i * countB + j]! += sum;
    }
  }
}
