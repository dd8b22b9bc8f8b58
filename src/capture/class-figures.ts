import type { StepFigures } from './arithmetic.ts';
import type { ClassGradients } from './class-gradients.ts';

/** Where the pieces of a plan belong. */
export interface LayerMap {
  readonly layers: readonly string[];
  /** Layer of each piece; -1: of none that is listed. */
  readonly layerOf: readonly number[];
  /** Whether the piece was measured. */
  readonly counts: (piece: number) => boolean;
}

/** Leaves out classes without examples and examples without a class; the latter stay part of the gradient. */
export function classGradients(figures: StepFigures, map: LayerMap, previousDominant: number | null): ClassGradients {
  const { classOf, counts, gram, diagonals, rowSquares, along: alongUpdate } = figures;
  const all = classOf.length;
  const rows = [...classOf.keys()].filter((row) => classOf[row]! >= 0 && counts[row]! > 0);
  const pick = (of: ArrayLike<number>) => Float64Array.from(rows, (row) => of[row]!);
  let total = 0;
  for (const value of gram) total += value;
  const along = rows.map((row) => {
    let sum = 0;
    for (let b = 0; b < all; b++) sum += gram[row * all + b]!;
    return sum;
  });
  const layerSquares: (number | null)[] = new Array(map.layers.length * rows.length).fill(null);
  map.layerOf.forEach((layer, piece) => {
    if (layer < 0 || !map.counts(piece)) return;
    rows.forEach((row, r) => {
      const at = layer * rows.length + r;
      layerSquares[at] = (layerSquares[at] ?? 0) + diagonals[piece * all + row]!;
    });
  });
  return {
    present: Int32Array.from(rows, (row) => classOf[row]!),
    counts: Int32Array.from(rows, (row) => counts[row]!),
    gram: Float64Array.from(rows.flatMap((a) => rows.map((b) => gram[a * all + b]!))),
    along: Float64Array.from(along),
    total,
    squares: rowSquares === null ? null : pick(rowSquares),
    layers: map.layers,
    layerSquares,
    alongUpdate: alongUpdate === null ? null : pick(alongUpdate),
    previousDominant,
  };
}

/** The class with the largest gradient; null where there is none or one is not a number. */
export function dominantOf({ present, gram }: ClassGradients): number | null {
  const count = present.length;
  let best: number | null = null;
  let largest = 0;
  for (let a = 0; a < count; a++) {
    const square = gram[a * (count + 1)]!;
    if (Number.isNaN(square)) return null;
    if (square > largest) [best, largest] = [present[a]!, square];
  }
  return best;
}
