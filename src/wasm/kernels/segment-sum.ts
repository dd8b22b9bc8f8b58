import type { Info, KernelFunction } from '../backend.ts';
import { Native } from '../native.ts';

/**
 * Sums the rows of x that have the same segment id: the gradient of gather, hence of Embedding. Ids outside of
 * 0 .. numSegments - 1 are dropped. float32 and int32.
 */
export const segmentSum: KernelFunction = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs as { x: Info; segmentIds: Info };
  const segments = attrs.numSegments as number;
  const rows = product(segmentIds.shape);
  const width = product(x.shape.slice(segmentIds.shape.length));
  const out = backend.makeOutput([segments, ...x.shape.slice(segmentIds.shape.length)], x.dtype);
  const native = Native.of(backend);
  native.zero(out);
  if (x.dtype === 'float32') {
    const [from, ids, to] = [x, segmentIds, out].map((info) => native.address(info));
    native.simd.sumSegments!(from!, ids!, rows, width, segments, to!);
  } else
    addRows(backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(segmentIds), backend.typedArrayFromHeap(out));
  return out;

  function addRows(from: ArrayLike<number>, ids: ArrayLike<number>, to: { [i: number]: number }): void {
    for (let row = 0; row < rows; row++) {
      const id = ids[row]!;
      if (id < 0 || id >= segments) continue;
      for (let i = 0; i < width; i++) to[id * width + i] = to[id * width + i]! + from[row * width + i]!;
    }
  }
};

const product = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);
