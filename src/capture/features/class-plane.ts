import { type PlaneView, principalAxes } from '../../geometry/principal-axes.ts';
import type { Stretch } from './feature-window.ts';

/** Above there is no picture: 2,000 points are as many as a page can show. */
const MOST_CLASSES = 1000;
/** Classes times columns above which there is none: rows and means of float64 would take more than 64 MB. */
const MOST_VALUES = 2 ** 22;

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
  return classes <= MOST_CLASSES && classes * columns <= MOST_VALUES;
}
