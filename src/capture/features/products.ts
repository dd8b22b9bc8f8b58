import { addExamples, type Products, plainProducts } from '../../geometry/products.ts';
import { areFinite } from '../../geometry/rows.ts';
import { simdProducts } from '../../wasm/simd-products.ts';

/** Features are float32 anyway: SIMD wherever the engine has it, whatever backend trains. Compiled at the first call. */
export const PRODUCTS: Products = {
  addProducts: (...given) => (simdProducts() ?? plainProducts).addProducts(...given),
  rowProducts: (...given) => (simdProducts() ?? plainProducts).rowProducts(...given),
  areFinite: (values) => (simdProducts()?.areFinite ?? areFinite)(values),
  addExamples: (...given) => (simdProducts()?.addExamples ?? addExamples)(...given),
};

/** Multiply-adds above which products of rows with each other are left to SIMD: below, float64 costs little. */
const FEW_PRODUCTS = 1e7;

/** The arithmetic for products of every two of `count` rows. */
export function productsFor(count: number, columns: number): Products {
  return count ** 2 * columns > FEW_PRODUCTS ? PRODUCTS : plainProducts;
}

/** A B^T of rows of `a`, each less `origin`, and `countB` rows of `b`: countA x countB, row-major. */
export function movedProducts(
  a: Float32Array,
  countA: number,
  origin: Float32Array,
  b: Float32Array,
  countB: number,
): Float64Array {
  const simd = simdProducts();
  if (simd !== null) return simd.movedProducts(a, countA, origin, b, countB);
  const { length } = origin;
  const moved = new Float32Array(countA * length);
  for (let at = 0; at < moved.length; at += length) {
    for (let j = 0; j < length; j++) moved[at + j] = a[at + j]! - origin[j]!;
  }
  return plainProducts.rowProducts(moved, countA, b, countB, length);
}
