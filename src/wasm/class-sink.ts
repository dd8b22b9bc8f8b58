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
}

/** The kernels of filter gradients look here at every call; whoever sets a sink takes it away again. */
export const listening: { sink: ClassSink | null } = { sink: null };

const DOUBLE = 8;

/**
 * Addresses for the gradient and the square of an image of a kernel call; null where nobody listens, or to a batch of
 * another size. `bytes`: of one filter. Marks the sink as taken.
 */
export function placesOf(images: number, bytes: number): ((image: number) => readonly [number, number]) | null {
  const { sink } = listening;
  if (sink === null || sink.rowOf.length !== images) return null;
  sink.taken = true;
  return (image) => [sink.weights + sink.rowOf[image]! * bytes, sink.squares + image * DOUBLE];
}
