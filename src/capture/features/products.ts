import { type Products, plainProducts } from '../../geometry/products.ts';
import { simdProducts } from '../../wasm/simd-products.ts';

/** Features are float32 anyway: SIMD wherever the engine has it, whatever backend trains. */
export const PRODUCTS: Products = {
  addProducts: (...given) => (simdProducts() ?? plainProducts).addProducts(...given),
  rowProducts: (...given) => (simdProducts() ?? plainProducts).rowProducts(...given),
};
