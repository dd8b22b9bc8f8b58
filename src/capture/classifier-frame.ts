import type { Frame } from '../geometry/classifier-collapse.ts';
import { gramOf } from '../geometry/products.ts';
import { frameOf } from '../geometry/simplex.ts';
import { productsFor } from './features/products.ts';

/** Lengths and cosines of rows w_c, C x d row-major. */
export function classifierFrame(classifier: Float32Array, classes: number): Frame {
  const columns = classifier.length / classes;
  const rows = Float64Array.from(classifier);
  return frameOf(rows, classes, columns, gramOf(rows, classes, columns, productsFor(classes, columns)));
}
