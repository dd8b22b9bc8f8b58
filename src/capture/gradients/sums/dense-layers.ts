import type { Native } from '../../../wasm/native.ts';
import type { Groups } from '../groups.ts';
import type { Offload } from '../offload.ts';
import { clearedSums, DenseGram, type Operands, type SumsAt } from './dense-gram.ts';
import { HandedOver } from './handed-over.ts';
import type { NativeTotals } from './native-totals.ts';

/** Class Grams of the dense layers of one pass: by another thread where one has room, else here. */
export class DenseLayers {
  readonly handedOver: HandedOver;
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly totals: NativeTotals;
  private readonly gram: DenseGram;
  /** Sums of d alone, of the last layer that formed them here. */
  private factor: SumsAt | null = null;

  constructor(native: Native, groups: Groups, totals: NativeTotals, offload: Offload | null) {
    this.native = native;
    this.groups = groups;
    this.totals = totals;
    this.gram = new DenseGram(native, groups);
    this.handedOver = new HandedOver(native, groups, offload);
  }

  /** Adds the sums of a piece to the totals, or has them added. Whether those of d alone, a bias', are to be had by `giveFactor` now. */
  add(piece: number, operands: Operands): boolean {
    if (this.handedOver.take(piece, operands)) return true;
    const forms = this.gram.formsFactor(operands.din, operands.dout);
    const { classOf, rowOf } = this.groups;
    if (forms) this.factor = clearedSums(this.native, 'factor', classOf.length, rowOf.length);
    this.gram.add(operands, this.totals.at(piece), forms ? this.factor : null);
    return forms;
  }

  /** Whether it is worth waiting for the product of a tensor with rows of this size: its factor costs little, or another thread makes it. */
  factorPays(dout: number): boolean {
    return this.handedOver.isExpected || this.gram.factorPays(dout);
  }

  /** The sums of d of piece `of`, the last one that was added, are those of piece `to`. */
  giveFactor(of: number, to: number): void {
    if (this.handedOver.has(of)) this.handedOver.takeFactor(of, to);
    else this.totals.put(to, this.factor!);
  }

  /**
   * Whether training should take the sum of the gradients of the classes for its own product: where they are the cheaper way, and no
   * other thread takes them.
   */
  absorbs(din: number, dout: number): boolean {
    return !this.handedOver.isExpected && this.gram.share(din, dout, true) <= 1;
  }
}
