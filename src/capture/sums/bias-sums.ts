import type { TapeTensor } from '../engine/tape.ts';
import type { Operations } from '../engine/tensors.ts';
import type { Groups } from '../groups.ts';
import type { GhostProducts } from './ghost-products.ts';

/** What taking over the products of d costs a pair of examples, and adding up d by class a value, in multiply-adds (measured). */
const PAIR = 60;
const VALUE = 10;

/** How the sum of a tensor's rows is otherwise split by class. */
export interface ByClass {
  /** Makes room, so that `add` can't fail. */
  reserve(piece: number): void;
  add(piece: number, x: TapeTensor): void;
}

/**
 * Sums over the rows of a tensor, one for each example, that is also the d of a ghost product: the inner products d_i . d_j that
 * this forms on its way are those of the bias' gradients, too. Mostly the sum comes first (only linear layers are fused in
 * training), and waits for the product. Tensors are known by their `dataId`: while somebody holds it, nothing else gets it,
 * whatever comes to stand where the values stood.
 */
export class BiasSums {
  private readonly ops: Operations;
  private readonly groups: Groups;
  private readonly ghosts: GhostProducts;
  private readonly byClass: ByClass;
  /** The last product that has its factor, and its d. */
  private last: { readonly piece: number; readonly dataId: object } | null = null;
  /** A sum that waits; a handle of our own, for who knows when the tensor goes. */
  private waiting: { readonly piece: number; readonly x: TapeTensor } | null = null;

  constructor(ops: Operations, groups: Groups, ghosts: GhostProducts, byClass: ByClass) {
    this.ops = ops;
    this.groups = groups;
    this.ghosts = ghosts;
    this.byClass = byClass;
  }

  /** Whether taking over the products of d costs less than adding up d by class and multiplying the sums. */
  pays(dout: number): boolean {
    const [examples, rows] = [this.groups.rowOf.length, this.groups.classOf.length];
    return (rows ** 2 / 2 + VALUE * examples) * dout > (PAIR * examples ** 2) / 2;
  }

  /** The product of a piece was formed, with its factor. */
  formed(piece: number, dataId: object): void {
    this.last = { piece, dataId };
    if (this.waiting?.x.dataId !== dataId) return;
    this.ghosts.giveFactor(piece, this.waiting.piece);
    this.drop();
  }

  /** False: add it up by class. Else it is taken care of, by `settle` at the latest. x: [examples, size]. */
  take(piece: number, x: TapeTensor, size: number): boolean {
    if (!this.pays(size)) return false;
    if (this.last?.dataId === x.dataId) {
      this.ghosts.giveFactor(this.last.piece, piece);
      return true;
    }
    this.settle();
    this.byClass.reserve(piece);
    this.waiting = { piece, x: this.ops.keep(this.ops.reshape(x, x.shape)) };
    return true;
  }

  /** No product has come for the sum that waits. */
  settle(): void {
    const { waiting } = this;
    if (waiting !== null) this.byClass.add(waiting.piece, waiting.x);
    this.drop();
  }

  /** Forgets the sum that waits. */
  drop(): void {
    if (this.waiting !== null) this.ops.dispose(this.waiting.x);
    this.waiting = null;
  }
}
