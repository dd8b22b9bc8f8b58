/** Where the filter gradients of single images go beside their sum, while somebody listens. */
export interface ClassSink {
  /** Row of each image of the batch. */
  readonly rowOf: Int32Array;
  /** Address of float32 rows of one filter each; gradients are added. */
  readonly weights: number;
  /** Address of one float64 per image; the squares of gradients are added. */
  readonly squares: number;
  /** Whether a kernel left its gradients here. */
  taken: boolean;
  /** What else waits for the kernel to go through the images. */
  readonly pixels: PixelSums | null;
}

/** A sum over the pixels of each image of the tensor with this `dataId`. */
export interface PixelSums {
  readonly dataId: object;
  /** `from`: address of the image. */
  add(image: number, from: number): void;
  /** Whether a kernel has gone through the images. */
  taken: boolean;
}

/** The kernels of filter gradients look here at every call; whoever sets a sink takes it away again. */
export const listening: { sink: ClassSink | null } = { sink: null };

const DOUBLE = 8;

/** What a kernel asks at each image, given the address of its dy: where its gradient and its square go. */
export type ImagePlaces = (image: number, dy: number) => readonly [gradient: number, square: number];

/**
 * Addresses for the gradient and the square of an image of a kernel call; null where nobody listens, or to a batch of
 * another size. Every image has to be asked for: a sum over the pixels of `dy` may wait for it. `bytes`: of one filter.
 * Marks the sink as taken.
 */
export function placesOf(images: number, bytes: number, { dataId }: { readonly dataId: object }): ImagePlaces | null {
  const { sink } = listening;
  if (sink === null || sink.rowOf.length !== images) return null;
  sink.taken = true;
  const pixels = sink.pixels?.dataId === dataId ? sink.pixels : null;
  if (pixels !== null) pixels.taken = true;
  return (image, dy) => {
    pixels?.add(image, dy);
    return [sink.weights + sink.rowOf[image]! * bytes, sink.squares + image * DOUBLE];
  };
}
