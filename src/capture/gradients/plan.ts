import type { Layout } from './layout.ts';

/** A weight, or one of the disjoint parts that a Split makes of it; a Gram of the whole is the sum over its parts. */
export interface Piece {
  /** Index of the weight in the list of variables. */
  readonly variable: number;
  readonly size: number;
  /** Operations that use it; with more than one, the contributions to each example's gradient must be added up first. */
  uses: number;
  /** Whether some use saw it transposed: the order of its gradient's values then differs from use to use. */
  turned: boolean;
  /** How its values come out of the weight's, where they are a part of them or in another order. */
  view: View | null;
}

/** One kernel applied to a weight (or to another piece), seen in this shape. */
export interface View {
  readonly of: number;
  readonly shape: readonly number[];
  readonly kernel: string;
  readonly attrs: { readonly [name: string]: unknown };
  /** Which of its outputs. */
  readonly output: number;
}

/** An operation that uses weights together with data: where gradients of weights come from. */
export interface Site {
  /** Index of the operation on the tape. */
  readonly node: number;
  /** Index of the piece that enters as this input. */
  readonly pieces: { readonly [input: string]: number };
  /** Of the examples in its other inputs. */
  readonly layout: Layout;
}

/** Operations on weights alone, such as regularisers: what they send back belongs to no class. */
export interface WeightsOnly {
  readonly node: number;
  readonly variables: { readonly [input: string]: number };
}

/** Which operation of a forward pass used which weight. */
export interface Plan {
  readonly pieces: readonly Piece[];
  readonly sites: readonly Site[];
  readonly weightsOnly: readonly WeightsOnly[];
  /** Why a weight can't be measured, by its index. */
  readonly refused: ReadonlyMap<number, string>;
}

/** Whether class rows of the pieces of both plans can be added up. */
export function samePieces(a: Plan, b: Plan): boolean {
  if (a === b) return true;
  const same = (one: Piece, other: Piece | undefined) =>
    other !== undefined && one.variable === other.variable && one.size === other.size && sameView(one.view, other.view);
  return a.pieces.length === b.pieces.length && a.pieces.every((piece, i) => same(piece, b.pieces[i]));
}

function sameView(a: View | null, b: View | null): boolean {
  if (a === null || b === null) return a === b;
  return a.of === b.of && a.kernel === b.kernel && a.output === b.output && a.shape.join() === b.shape.join();
}

/** What is said where they can't. */
export const DIFFERENT_PASSES =
  'Expected all backward passes of a step to use the same weights alike, got passes that differ: it is not measured.';

/** What is said where another monitor was there first: windows and memory are for one at a time. */
export const TAKEN =
  'Another monitor measures the class gradients of the same training already: here they are not measured. Take one of the two.';

/** What is said where their class rows would take too much memory. */
export const NO_ROOM =
  'Expected room for the gradients of all classes of a step of several batches, got too many classes times weights: ' +
  'class gradients of such steps are not measured.';
