import { type PlaneView, principalAxes } from '../../geometry/principal-axes.ts';
import type { Stretch } from './feature-window.ts';

/** More classes are no picture any more, and axes of so many take 0.1 s (1,024 features). */
const MOST_CLASSES = 100;
/** Multiply-adds for the products of all rows and means with each other above which there is no picture. */
const MOST_PRODUCTS = 3e8;

/** Rows of the classifier and means of training features in one plane; each picture is turned onto the one before. */
export class ClassPlane {
  private before: PlaneView | undefined;

  /**
   * `rows`: C x d, as they are now. Null where means and rows do not belong together or are too many, fewer than two classes have a mean,
   * or a weight is not finite; the next picture is turned onto the last one that there was.
   */
  of({ moments }: Stretch, rows: Float32Array): PlaneView | null {
    const { classes, columns, counts } = moments;
    const present = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    if (rows.length !== classes * columns || present < 2 || !isDrawable(classes, columns)) return null;
    if (!rows.every(Number.isFinite)) return null;
    this.before = principalAxes({ weights: rows, means: moments.means(), columns }, this.before);
    return this.before;
  }
}

function isDrawable(classes: number, columns: number): boolean {
  return classes <= MOST_CLASSES && 2 * classes ** 2 * columns <= MOST_PRODUCTS;
}
