import type { Native } from '../../../wasm/native.ts';
import type { SumsAt } from './dense-gram.ts';
import type { PieceSums } from './pass-sums.ts';

const DOUBLE = 8;

/** Where the class Gram and the squares of single examples of each piece are added up: zeros at first, used again by the next pass. */
export class NativeTotals {
  private readonly native: Native;
  private readonly area: number;
  private readonly examples: number;
  private readonly gramAt: number;
  private readonly squaresAt: number;

  constructor(native: Native, pieces: number, rows: number, examples: number) {
    this.native = native;
    this.area = rows ** 2;
    this.examples = examples;
    const [grams, squares] = [pieces * this.area, pieces * examples];
    this.gramAt = native.room('grams', grams * DOUBLE);
    this.squaresAt = native.room('squares', squares * DOUBLE);
    native.doubles(this.gramAt, grams).fill(0);
    native.doubles(this.squaresAt, squares).fill(0);
  }

  /** Address of the piece's Gram. */
  gramOf(piece: number): number {
    return this.gramAt + piece * this.area * DOUBLE;
  }

  /** Address of the squares of the piece. */
  squaresOf(piece: number): number {
    return this.squaresAt + piece * this.examples * DOUBLE;
  }

  /** Addresses of both. */
  at(piece: number): SumsAt {
    return { gram: this.gramOf(piece), squares: this.squaresOf(piece) };
  }

  /** Copies the sums of a piece from where they stand. */
  put(piece: number, { gram, squares }: SumsAt): void {
    this.native.doubles(this.gramOf(piece), this.area).set(this.native.doubles(gram, this.area));
    this.squaresIn(piece).set(this.native.doubles(squares, this.examples));
  }

  /** What is there now; any allocation may invalidate it. */
  of(piece: number): PieceSums {
    const { native, area } = this;
    return { gram: native.doubles(this.gramOf(piece), area), squares: this.squaresIn(piece) };
  }

  squaresIn(piece: number): Float64Array {
    return this.native.doubles(this.squaresOf(piece), this.examples);
  }
}
