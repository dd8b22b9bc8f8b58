/** The backward passes of one step, and its figures out of theirs. */
import type { TensorData, TfLike } from '../../tf.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { operationsOf, tidy } from '../engine/tensors.ts';
import type { Later } from '../reading/later.ts';
import type { Arithmetic, Kept, StepFigures } from './arithmetic.ts';
import { joined, type LayerMap } from './class-figures.ts';
import type { Moves } from './gram-source.ts';
import type { Pass } from './pass.ts';
import type { Direction } from './sums/pass-sums.ts';
import { directionOf } from './view.ts';

export type Variables = readonly TapeTensor[];

/** A backward pass that is being watched. */
export interface Running {
  readonly pass: Pass;
  readonly arithmetic: Arithmetic;
  readonly variables: Variables;
}

export interface Finished extends Running {
  readonly figures: Later<StepFigures> | null;
  readonly map: LayerMap;
  /** |gradient|^2 of each weight, where this pass is checked. */
  readonly expected: Later<TensorData[]> | null;
}

/** `kept`: class rows that went on from pass to pass; null where each pass had its own, which one alone can be told from. */
export function figuresOfStep(
  tf: TfLike,
  finished: readonly Finished[],
  kept: Kept | null,
  moves: Moves,
): Finished['figures'] {
  const last = finished.at(-1)!;
  if (kept === null) return finished.length === 1 ? last.figures : null;
  const ops = operationsOf(tf);
  const direction: Direction = (piece) => directionOf(ops, last.pass.plan, piece, last.variables, moves);
  const folded = tidy(tf, () => last.arithmetic.figures(last.map.counts, direction));
  const parts = finished.map(({ figures }) => figures);
  if (folded === null || parts.includes(null)) return null;
  const here = [folded, ...parts] as StepFigures[];
  const join = (all: readonly StepFigures[]) => joined(all, moves !== null);
  return here.some((part) => part instanceof Promise) ? Promise.all(here).then(join) : join(here);
}
