import type { PixelSums } from '../../../wasm/class-sink.ts';
import type { Native } from '../../../wasm/native.ts';
import type { ClassRows } from './class-products.ts';
import { FLOAT, type NativeRows } from './native-rows.ts';

const DOUBLE = 8;

/** What is needed of a piece whose gradient is the sum over the pixels of each image of a tensor. */
export interface SummedPixels {
  readonly piece: number;
  readonly dataId: object;
  readonly examples: number;
  readonly pixels: number;
  readonly size: number;
}

/**
 * Class rows of a sum over pixels, image by image, while a kernel has the image in the processor's cache: from memory, reading
 * all of them again takes longer than everything else about the bias of a convolution.
 */
export class ImageSums implements PixelSums {
  taken = false;
  private readonly native: Native;
  private readonly of: SummedPixels;
  private readonly rowOfAt: number;
  private readonly rows: () => ClassRows;
  private found: ClassRows | null = null;

  /** `rowOfAt`: address of the examples' rows. Room for the class rows of the piece has to be reserved. */
  constructor(native: Native, rooms: NativeRows, rowOfAt: number, of: SummedPixels) {
    this.native = native;
    this.of = of;
    this.rowOfAt = rowOfAt;
    const squares = native.room('pixel-squares', of.examples * DOUBLE);
    native.doubles(squares, of.examples).fill(0);
    this.rows = () => ({ weights: rooms.ofClasses(of.piece), squares });
  }

  get dataId(): object {
    return this.of.dataId;
  }

  get piece(): number {
    return this.of.piece;
  }

  /** Null before the first image. */
  get classRows(): ClassRows | null {
    return this.taken ? this.found : null;
  }

  add(image: number, from: number): void {
    const { pixels, size } = this.of;
    this.found ??= this.rows();
    const { weights, squares } = this.found;
    const rowOf = this.rowOfAt + image * Int32Array.BYTES_PER_ELEMENT;
    this.native.simd.classSums!(from, 1, pixels, 0, size * FLOAT, size, rowOf, weights, squares + image * DOUBLE);
  }
}
