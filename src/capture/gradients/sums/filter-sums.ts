import type { ClassSink } from '../../../wasm/class-sink.ts';
import type { Native } from '../../../wasm/native.ts';
import type { Groups } from '../groups.ts';
import type { BiasSums } from './bias-sums.ts';
import type { ClassRows } from './class-products.ts';
import type { ImageSums } from './image-sums.ts';
import type { NativeRows } from './native-rows.ts';

const DOUBLE = 8;

/** Whoever adds class rows up. */
interface Taker {
  isShared(piece: number): boolean;
  take(piece: number, rows: ClassRows): void;
}

/** Filter gradients that a kernel leaves by class as it goes through the images, and the bias that waits for the same images. */
export class FilterSums {
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly rooms: NativeRows;
  private readonly biases: BiasSums;
  private readonly taker: Taker;
  /** Of the kernel at hand. */
  private images: ImageSums | null = null;

  constructor(native: Native, groups: Groups, rooms: NativeRows, biases: BiasSums, taker: Taker) {
    this.native = native;
    this.groups = groups;
    this.rooms = rooms;
    this.biases = biases;
    this.taker = taker;
  }

  /** Where the kernel may leave the gradient of each image by class: by image where the filter is used several times. */
  sink(piece: number): ClassSink {
    const { native, groups, rooms } = this;
    const examples = groups.rowOf.length;
    const isShared = this.taker.isShared(piece);
    const squares = native.room('filter-squares', examples * DOUBLE);
    native.doubles(squares, examples).fill(0);
    const rowOf = isShared ? Int32Array.from(groups.rowOf.keys()) : groups.rowOf;
    const weights = isShared ? rooms.ofExamples(piece) : rooms.ofClasses(piece, 'filter-rows');
    this.images = this.biases.images();
    return { rowOf, weights, squares, taken: false, pixels: this.images };
  }

  /** Takes over what the kernel left in the sink; false: nothing. */
  take(piece: number, sink: ClassSink): boolean {
    const { taker, images } = this;
    if (sink.taken && !taker.isShared(piece)) taker.take(piece, sink);
    if (images?.classRows) {
      taker.take(images.piece, images.classRows);
      this.biases.drop();
    }
    this.images = null;
    return sink.taken;
  }
}
