import type { Native } from '../../../wasm/native.ts';
import type { Pending } from '../../reading/later.ts';
import type { Groups } from '../groups.ts';
import type { Offload, OffloadedPass } from '../offload.ts';
import type { Operands } from './dense-gram.ts';
import { copyOf, type PieceSums } from './pass-sums.ts';

/** Fewer multiplications than this are done before they could be handed over; the first of a pass has to be worth a slot, too. */
const MIN_WORK = 500_000;
const MIN_FIRST = 2_000_000;
/** Handing over costs time by the value, computing by the value and example. */
const MIN_EXAMPLES = 32;

/** What another thread takes of a pass: class Grams of dense layers and of their biases, as far as it has room. */
export class HandedOver {
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly offload: Offload | null;
  private pass: OffloadedPass | null = null;
  private readonly pieces = new Set<number>();
  /** Pieces whose sums are a factor of a product that was handed over, and of which. */
  private readonly factorOf = new Map<number, number>();

  constructor(native: Native, groups: Groups, offload: Offload | null) {
    this.native = native;
    this.groups = groups;
    this.offload = groups.rowOf.length < MIN_EXAMPLES ? null : offload;
  }

  /** Whether somebody is there to take large products. */
  get isExpected(): boolean {
    return this.offload !== null;
  }

  /** Whether the sums of the piece come with `finish`. */
  has(piece: number): boolean {
    return this.pieces.has(piece) || this.factorOf.has(piece);
  }

  /** Copies the operands of a piece, if there is room for them. */
  take(piece: number, { x, d, din, dout }: Operands): boolean {
    const { native, groups, offload } = this;
    const examples = groups.rowOf.length;
    if (offload === null) return false;
    if ((examples ** 2 / 2) * (din + dout) < (this.pass === null ? MIN_FIRST : MIN_WORK)) return false;
    this.pass ??= offload.begin(groups.rowOf, groups.classOf.length);
    const [from, by] = [native.floats(x, examples * din), native.floats(d, examples * dout)];
    if (!this.pass?.product(piece, from, by, din, dout)) return false;
    this.pieces.add(piece);
    return true;
  }

  /** The sums of d of piece `of` are those of piece `to`. */
  takeFactor(of: number, to: number): void {
    this.factorOf.set(to, of);
  }

  /** The sums of all pieces that count, once those of the other thread are among `here`; null if there are none. */
  finish(
    here: readonly (PieceSums | null)[],
    counts: (piece: number) => boolean,
  ): Pending<(PieceSums | null)[]> | null {
    const { pass, pieces } = this;
    if (pieces.size === 0) this.abandon();
    this.pass = null;
    if (pass === null || pieces.size === 0) return null;
    // The memory that these stand in is used again by then.
    const kept = here.map((sums) => sums && copyOf(sums));
    return pass.finish().map((elsewhere) => {
      const of = (piece: number) => elsewhere.get(piece) ?? elsewhere.get(this.factorOf.get(piece)!)?.factor ?? null;
      return kept.map((sums, piece) => sums ?? (counts(piece) ? of(piece) : null));
    });
  }

  /** The pass has failed. */
  abandon(): void {
    this.pass?.abandon();
    this.pass = null;
  }
}
