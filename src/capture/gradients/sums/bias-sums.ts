import type { TapeTensor } from '../../engine/tape.ts';
import type { Operations } from '../../engine/tensors.ts';
import type { Groups } from '../groups.ts';
import type { ImageSums, SummedPixels } from './image-sums.ts';
import type { Spread } from './pass-sums.ts';

/** Values of a tensor that is not in the processor's cache any more when the next kernel comes to it. */
const LARGE = 1 << 18;

/** How sums of a tensor's rows are split by class: on the way of a product of the same tensor, or by themselves. */
export interface ByClass {
  /** Whether it is worth waiting for the product of a tensor with rows of this size. */
  pays(size: number): boolean;
  /** The products of the rows that were formed last, on the way of piece `of`, are those of piece `to`. */
  giveFactor(of: number, to: number): void;
  /** Makes room, so that `add` can't fail. */
  reserve(piece: number): void;
  add(piece: number, x: TapeTensor, spread: Spread): void;
  /** The same image by image, when the images are shown. */
  images(of: SummedPixels): ImageSums;
}

/**
 * Sums over the rows of a tensor that another kernel goes through as well. One row for each example, and the tensor is also the d of
 * a ghost product: the inner products d_i . d_j that this forms on its way are those of the bias' gradients, too. Or a row for each
 * pixel, and it is the dy of a filter gradient, which has each image at hand. Mostly the sum comes first (only linear layers are fused in
 * training), and waits for the other. Tensors are known by their `dataId`: while somebody holds it, nothing else gets it,
 * whatever comes to stand where the values stood.
 */
export class BiasSums {
  private readonly ops: Operations;
  private readonly groups: Groups;
  private readonly byClass: ByClass;
  /** The last product that has its factor, and its d. */
  private last: { readonly piece: number; readonly dataId: object } | null = null;
  /** A sum that waits; a handle of our own, for who knows when the tensor goes. */
  private waiting: { readonly piece: number; readonly x: TapeTensor; readonly spread: Spread } | null = null;

  constructor(ops: Operations, groups: Groups, byClass: ByClass) {
    this.ops = ops;
    this.groups = groups;
    this.byClass = byClass;
  }

  /** The product of a piece was formed, with its factor. */
  formed(piece: number, dataId: object): void {
    this.last = { piece, dataId };
    // The same data may be rows of pixels to the one, rows of examples to the other.
    if (this.waiting?.x.dataId !== dataId || this.waiting.spread.per > 1) return;
    this.byClass.giveFactor(piece, this.waiting.piece);
    this.drop();
  }

  /** False: add it up by class. Else it is taken care of, by `settle` at the latest. x: [examples * per, size]. */
  take(piece: number, x: TapeTensor, size: number, spread: Spread): boolean {
    if (!(spread.per === 1 ? this.byClass.pays(size) : x.size > LARGE && !spread.blocks)) return false;
    if (spread.per === 1 && this.last?.dataId === x.dataId) {
      this.byClass.giveFactor(this.last.piece, piece);
      return true;
    }
    this.settle();
    this.byClass.reserve(piece);
    this.waiting = { piece, x: this.ops.keep(this.ops.reshape(x, x.shape)), spread };
    return true;
  }

  /** For a kernel that goes through images: what waits for those of some tensor. */
  images(): ImageSums | null {
    if (this.waiting === null || this.waiting.spread.per === 1) return null;
    const { piece, x, spread } = this.waiting;
    const examples = this.groups.rowOf.length;
    const size = x.size / (examples * spread.per);
    return this.byClass.images({ piece, dataId: x.dataId, examples, pixels: spread.per, size });
  }

  /** No product has come for the sum that waits. */
  settle(): void {
    const { waiting } = this;
    if (waiting !== null) this.byClass.add(waiting.piece, waiting.x, waiting.spread);
    this.drop();
  }

  /** Forgets the sum that waits. */
  drop(): void {
    if (this.waiting !== null) this.ops.dispose(this.waiting.x);
    this.waiting = null;
  }
}
