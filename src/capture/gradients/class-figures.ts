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
  const { classOf, counts, diagonals, rowSquares, along } = figures;
  const all = classOf.length;
  const rows = rowsOfClasses(classOf, counts);
  const pick = (of: Float64Array) => (rows.length === all ? of : picked(of, rows));
  const sums = rowSums(figures.gram, all);
  return {
    present: new Int32Array(picked(classOf, rows)),
    counts: new Int32Array(picked(counts, rows)),
    gram: rows.length === all ? figures.gram : part(figures.gram, rows, all),
    along: pick(sums),
    total: sumOf(sums),
    squares: rowSquares === null ? null : pick(rowSquares),
    layers: map.layers,
    layerSquares: layerSquares(diagonals, rows, all, map),
    alongUpdate: along === null ? null : pick(along),
    previousDominant,
  };
}

/** Rows that hold examples of a class. */
function rowsOfClasses(classOf: Int32Array, counts: Float64Array): Int32Array {
  const rows = new Int32Array(classOf.length);
  let held = 0;
  for (let row = 0; row < classOf.length; row++) if (classOf[row]! >= 0 && counts[row]! > 0) rows[held++] = row;
  return rows.subarray(0, held);
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** The values at these rows. */
function picked(of: ArrayLike<number>, rows: Int32Array): Float64Array {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = of[rows[i]!]!;
  return values;
}

function rowSums(gram: Float64Array, rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (let a = 0, at = 0; a < rows; a++) {
    let sum = 0;
    for (const end = at + rows; at < end; at++) sum += gram[at]!;
    sums[a] = sum;
  }
  return sums;
}

/** The rows and columns of a Gram that are named. */
function part(gram: Float64Array, rows: Int32Array, all: number): Float64Array {
  const result = new Float64Array(rows.length ** 2);
  let at = 0;
  for (const a of rows) for (const b of rows) result[at++] = gram[a * all + b]!;
  return result;
}

function layerSquares(
  diagonals: Float64Array,
  rows: Int32Array,
  all: number,
  { layers, layerOf, counts }: LayerMap,
): (number | null)[] {
  const squares = new Array<number | null>(layers.length * rows.length).fill(null);
  for (let piece = 0; piece < layerOf.length; piece++) {
    const layer = layerOf[piece]!;
    if (layer < 0 || !counts(piece)) continue;
    for (let r = 0; r < rows.length; r++) {
      const at = layer * rows.length + r;
      squares[at] = (squares[at] ?? 0) + diagonals[piece * all + rows[r]!]!;
    }
  }
  return squares;
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

/** Several passes as one step: the Gram that was folded over all of them, with the examples of each. `moved`: along the way of the weights. */
export function joined([folded, ...parts]: readonly StepFigures[], moved: boolean): StepFigures {
  const sum = (of: (part: StepFigures) => Float64Array | null) =>
    parts.reduce<Float64Array | null>((total, part) => {
      const values = of(part);
      return total === null || values === null ? null : total.map((value, row) => value + values[row]!);
    }, new Float64Array(folded!.classOf.length));
  const along = moved ? (folded!.along?.map((value) => -value) ?? null) : null;
  return { ...folded!, counts: sum(({ counts }) => counts)!, rowSquares: sum(({ rowSquares }) => rowSquares), along };
}
