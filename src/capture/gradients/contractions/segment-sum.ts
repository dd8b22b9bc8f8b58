import { type Contraction, spreadOf } from './contraction.ts';

/** Sum of rows by id: an embedding. */
export const segmentSum: Contraction = ({ inputs }, batch) => {
  const { x, segmentIds } = inputs as { x: (typeof inputs)[string]; segmentIds: (typeof inputs)[string] };
  const spread = spreadOf(segmentIds.size, batch);
  if (spread === null) return null;
  const width = x.size / segmentIds.size;
  return {
    native: (sums, piece) => sums.segments(piece, x, segmentIds, width, spread),
    plain: (sums, piece) => sums.segments(piece, x, segmentIds, width, spread),
  };
};
