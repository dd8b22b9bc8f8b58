import type { Native } from '../../../wasm/native.ts';
import type { Pending } from '../../reading/later.ts';
import type { Groups } from '../groups.ts';
import type { Offload, OffloadedPass } from '../offload.ts';
import type { NativeTotals } from './native-totals.ts';
import { copyOf, type PieceSums } from './pass-sums.ts';

/** Fewer multiplications than this are done before they could be handed over; the first of a pass has to be worth a slot, too. */
const MIN_WORK = 500_000;
const MIN_FIRST = 2_000_000;
/** Handing over costs time by the value, computing by the value and example. */
const MIN_EXAMPLES = 32;

const DOUBLE = 8;

/** Of a dense layer: x [examples, din] and d [examples, dout], by their addresses. */
export interface Operands {
  readonly x: number;
  readonly d: number;
  readonly din: number;
  readonly dout: number;
}

/**
 * Class Grams of dense layers out of inner products of examples, without their gradients ("ghost products"): by another
 * thread where one has room, else here.
 */
export class GhostProducts {
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly rowOfAt: number;
  private readonly totals: NativeTotals;
  private readonly offload: Offload | null;
  private pass: OffloadedPass | null = null;
  private readonly handedOver = new Set<number>();
  /** Pieces whose sums are a factor of a product that was handed over, and of which. */
  private readonly factorOf = new Map<number, number>();

  /** `rowOfAt`: address of the groups' rows of examples. */
  constructor(native: Native, groups: Groups, rowOfAt: number, totals: NativeTotals, offload: Offload | null) {
    this.native = native;
    this.groups = groups;
    this.rowOfAt = rowOfAt;
    this.totals = totals;
    this.offload = offload;
  }

  /** `withFactor`: keeps the products d_i . d_j until the next one comes. */
  add(piece: number, operands: Operands, withFactor: boolean): void {
    if (!this.handOver(piece, operands, withFactor)) this.compute(piece, operands, withFactor);
  }

  /** The factor of the last product, which was that of piece `of`, makes the sums of piece `to`. */
  giveFactor(of: number, to: number): void {
    if (this.handedOver.has(of)) this.factorOf.set(to, of);
    else this.totals.put(to, ...this.factorRoom());
  }

  /** Whether the sums of the piece come with `finish`. */
  has(piece: number): boolean {
    return this.handedOver.has(piece) || this.factorOf.has(piece);
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
      const of = (piece: number) => elsewhere.get(piece) ?? elsewhere.get(this.factorOf.get(piece)!)?.factor ?? null;
      return kept.map((sums, piece) => sums ?? (counts(piece) ? of(piece) : null));
    });
  }

  /** The pass has failed. */
  abandon(): void {
    this.pass?.abandon();
    this.pass = null;
  }

  /** Addresses of a Gram and, right behind it, squares. */
  private factorRoom(): [gram: number, squares: number] {
    const area = this.groups.classOf.length ** 2;
    const at = this.native.room('factor', (area + this.groups.rowOf.length) * DOUBLE);
    return [at, at + area * DOUBLE];
  }

  private compute(piece: number, { x, d, din, dout }: Operands, withFactor: boolean): void {
    const { native, rowOfAt, totals } = this;
    const { rowOf, classOf } = this.groups;
    const [examples, rows] = [rowOf.length, classOf.length];
    const sums = [totals.gramOf(piece), totals.squaresOf(piece)];
    const factor = withFactor ? this.factorRoom() : [0, 0];
    if (withFactor) native.doubles(factor[0]!, rows ** 2 + examples).fill(0);
    native.simd.classGhost!(x, d, examples, din, dout, rowOfAt, rows, ...sums, ...factor);
  }

  private handOver(piece: number, { x, d, din, dout }: Operands, withFactor: boolean): boolean {
    const { native, groups, offload } = this;
    const examples = groups.rowOf.length;
    if (offload === null || examples < MIN_EXAMPLES) return false;
    if ((examples ** 2 / 2) * (din + dout) < (this.pass === null ? MIN_FIRST : MIN_WORK)) return false;
    this.pass ??= offload.begin(groups.rowOf, groups.classOf.length);
    const [from, by] = [native.floats(x, examples * din), native.floats(d, examples * dout)];
    if (!this.pass?.product(piece, from, by, din, dout, withFactor)) return false;
    this.handedOver.add(piece);
    return true;
  }
}
