import type { Native } from '../../wasm/native.ts';
import type { Groups } from '../groups.ts';
import type { Pending } from '../later.ts';
import type { Offload, OffloadedPass } from '../offload.ts';
import type { NativeTotals } from './native-totals.ts';
import { copyOf, type PieceSums } from './pass-sums.ts';

/** Fewer multiplications than this are done before they could be handed over; the first of a pass has to be worth a slot, too. */
const MIN_WORK = 500_000;
const MIN_FIRST = 2_000_000;
/** Handing over costs time by the value, computing by the value and example. */
const MIN_EXAMPLES = 32;

/**
 * Class Grams of dense layers out of inner products of examples, without their gradients ("ghost products"): by another
 * thread where one has room, else here.
 */
export class GhostProducts {
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly rowOfAt: number;
  private readonly offload: Offload | null;
  private pass: OffloadedPass | null = null;
  private readonly handedOver = new Set<number>();

  /** `rowOfAt`: address of the groups' rows of examples. */
  constructor(native: Native, groups: Groups, rowOfAt: number, offload: Offload | null) {
    this.native = native;
    this.groups = groups;
    this.rowOfAt = rowOfAt;
    this.offload = offload;
  }

  /** `from`: addresses of x [examples, din] and d [examples, dout]. */
  add(piece: number, from: readonly [number, number], din: number, dout: number, to: NativeTotals): void {
    const [x, d] = from;
    if (this.handOver(piece, x, d, din, dout)) return;
    const { rowOf, classOf } = this.groups;
    const sums = [to.gramOf(piece), to.squaresOf(piece)];
    this.native.simd.classGhost!(x, d, rowOf.length, din, dout, this.rowOfAt, classOf.length, ...sums);
  }

  /** Whether the sums of the piece come with `finish`. */
  has(piece: number): boolean {
    return this.handedOver.has(piece);
  }

  /** The sums of all pieces that count, once those of the other thread are among `here`; null if there are none. */
  finish(
    here: readonly (PieceSums | null)[],
    counts: (piece: number) => boolean,
  ): Pending<(PieceSums | null)[]> | null {
    const { pass, handedOver } = this;
    if (handedOver.size === 0) this.abandon();
    this.pass = null;
    if (pass === null || handedOver.size === 0) return null;
    // The memory that these stand in is used again by then.
    const kept = here.map((sums) => sums && copyOf(sums));
    return pass.finish().map((elsewhere) => {
      return kept.map((sums, piece) => sums ?? (counts(piece) ? (elsewhere.get(piece) ?? null) : null));
    });
  }

  /** The pass has failed. */
  abandon(): void {
    this.pass?.abandon();
    this.pass = null;
  }

  private handOver(piece: number, x: number, d: number, din: number, dout: number): boolean {
    const { native, groups, offload } = this;
    const examples = groups.rowOf.length;
    if (offload === null || examples < MIN_EXAMPLES) return false;
    if ((examples ** 2 / 2) * (din + dout) < (this.pass === null ? MIN_FIRST : MIN_WORK)) return false;
    this.pass ??= offload.begin(groups.rowOf, groups.classOf.length);
    const [from, by] = [native.floats(x, examples * din), native.floats(d, examples * dout)];
    if (!this.pass?.product(piece, from, by, din, dout)) return false;
    this.handedOver.add(piece);
    return true;
  }
}
