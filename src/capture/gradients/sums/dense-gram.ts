import type { Workplace } from '../../../wasm/workplace.ts';
import type { Groups } from '../groups.ts';

const FLOAT = 4;
const DOUBLE = 8;
/** Gradients that are formed at a time where only their products are wanted: 64 KiB stay in the second cache until they are multiplied. */
const FORMED = 1 << 14;
/** Examples of a class that are gathered at a time (see the SIMD code). */
const DEPTH = 256;
/** What taking over the products of d costs a pair of examples, and adding up d by class a value, in multiply-adds (measured). */
const PAIR = 60;
const VALUE = 10;

/** Of a dense layer: x [examples, din] and d [examples, dout], by their addresses. */
export interface Operands {
  readonly x: number;
  readonly d: number;
  readonly din: number;
  readonly dout: number;
}

/** Where a class Gram, rows x rows, and squares of single examples are added up, by address. */
export interface SumsAt {
  readonly gram: number;
  readonly squares: number;
}

/** Zeros under a name, squares right behind the Gram. */
export function clearedSums(place: Workplace, name: string, rows: number, examples: number): SumsAt {
  const area = rows ** 2;
  const gram = place.room(name, (area + examples) * DOUBLE);
  place.doubles(gram, area + examples).fill(0);
  return { gram, squares: gram + area * DOUBLE };
}

/**
 * Class Grams of dense layers, dW_c = X_c^T D_c, each by the way that takes fewer multiply-adds: out of inner products of all pairs of
 * examples ("ghost products": the gradients are never formed), or out of the gradients of the classes, formed bit by bit. The shapes
 * alone decide, so that whoever computes them, here or in another thread, gets the same bits.
 */
export class DenseGram {
  private readonly place: Workplace;
  private readonly groups: Omit<Groups, 'labels'>;

  constructor(place: Workplace, groups: Omit<Groups, 'labels'>) {
    this.place = place;
    this.groups = groups;
  }

  /**
   * Multiply-adds by way of the gradients of the classes, as a share of those of all pairs of examples. `spared`: those that form the
   * gradients do not count.
   */
  share(din: number, dout: number, spared = false): number {
    const [rows, examples] = this.shape;
    const size = din * dout;
    const forming = spared ? 0 : examples * size;
    return (forming + (rows ** 2 / 2) * size + rows * size) / ((examples ** 2 / 2) * (din + dout));
  }

  /** Whether products of d that are formed on the way cost less than adding up d by class and multiplying the sums. */
  factorPays(dout: number): boolean {
    const [rows, examples] = this.shape;
    return (rows ** 2 / 2 + VALUE * examples) * dout > (PAIR * examples ** 2) / 2;
  }

  /** Whether the inner products d_i . d_j, those of the bias' gradients, are formed on the way, and cheaper than by themselves. */
  formsFactor(din: number, dout: number): boolean {
    return this.share(din, dout) > 1 && this.factorPays(dout);
  }

  /** Adds to `sums`, and where the factor is formed, its own to `factor` (null: nowhere). */
  add(operands: Operands, sums: SumsAt, factor: SumsAt | null): void {
    if (this.share(operands.din, operands.dout) > 1) this.addPairs(operands, sums, factor);
    else this.addClasses(operands, sums);
  }

  /** The same of the sums of x [examples, n] by class: adds the products of these to the Gram, the squares of the rows to the squares. */
  addRows(x: number, n: number, { gram, squares }: SumsAt): void {
    const { simd } = this.place;
    const [rows, examples] = this.shape;
    const sums = this.place.room('sums of rows', rows * n * FLOAT);
    this.place.floats(sums, rows * n).fill(0);
    simd.classSums!(
      x,
      examples,
      1,
      n * FLOAT,
      n * FLOAT,
      n,
      this.put('rows of examples', this.groups.rowOf),
      sums,
      squares,
    );
    simd.foldGram!(sums, rows, n, gram);
  }

  private addPairs({ x, d, din, dout }: Operands, { gram, squares }: SumsAt, factor: SumsAt | null): void {
    const [rows, examples] = this.shape;
    const rowOf = this.put('rows of examples', this.groups.rowOf);
    const also = [factor?.gram ?? 0, factor?.squares ?? 0];
    this.place.simd.classGhost!(x, d, examples, din, dout, rowOf, rows, gram, squares, ...also);
  }

  private addClasses({ x, d, din, dout }: Operands, { gram, squares }: SumsAt): void {
    const { place, groups } = this;
    const [rows, examples] = this.shape;
    const [order, starts] = [this.put('order', groups.order), this.put('starts', groups.starts)];
    const columns = Math.min(din, Math.max(8, Math.floor(FORMED / (rows * dout)) & ~7));
    const values = examples * Math.max(2, dout) + columns * (Math.min(DEPTH, examples) + rows * dout);
    const room = place.room('formed', values * FLOAT);
    place.simd.classProductGram!(x, d, examples, din, dout, order, starts, rows, columns, gram, squares, room);
  }

  private get shape(): [rows: number, examples: number] {
    return [this.groups.classOf.length, this.groups.rowOf.length];
  }

  private put(name: string, values: Int32Array): number {
    const at = this.place.room(name, values.length * FLOAT);
    this.place.ints(at, values.length).set(values);
    return at;
  }
}
