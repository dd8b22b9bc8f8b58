import type { TfLike } from '../../tf.ts';
import type { Again, Gradients } from '../engine/gradients.ts';
import type { TapeTensor } from '../engine/tape.ts';
import type { Batch } from '../loss-hook.ts';
import type { Later } from '../reading/later.ts';
import type { Readback } from '../reading/readback.ts';
import type { BatchLabels } from './arithmetic.ts';
import type { ClassGradients } from './class-gradients.ts';
import { Coverage, type Layers } from './coverage.ts';
import type { Plan } from './plan.ts';

export interface GramSourceOptions {
  readonly tf: TfLike;
  readonly classes: number;
  readonly readback: Readback;
  /** Layers in the order to show, with their weights; empty: weights are layers of their own. */
  readonly layers: () => Layers;
  /** One sentence, told once. */
  readonly report: (sentence: string) => void;
}

/** No weight is measured. */
export const NOTHING: Plan = { pieces: [], sites: [], weightsOnly: [], refused: new Map() };

/** Moves of the weights by one update, by the variable; null where they were not looked at. */
export type Moves = ReadonlyMap<object, TapeTensor> | null;

/** Where the class Gram of a training step comes from. Called inside training, in this order. */
export interface GramSource {
  /** Measures at steps of the schedule only: elsewhere it is not to be called. */
  readonly isScheduled: boolean;
  /** Which share of the weights is measured. */
  readonly coverage: Coverage;
  /** Whether the class gradients of the pass that has ended add up to all of its gradient, and are not what is checked by it. */
  readonly isWhole: boolean;
  /** Before the forward pass. */
  begin(): void;
  /** At the end of the forward pass, inside it. `withRows`: the step's update will be compared with the class gradients. */
  watch(labels: BatchLabels, batch: Batch, loss: TapeTensor, variables: readonly TapeTensor[], withRows: boolean): void;
  /** After the backward pass; gradients in the order of the variables. `again` computes them once more. */
  finish(gradients: Gradients, again: Again): void;
  /** The backward pass threw, or was not watched. */
  discard(): void;
  /** The update is about to be made; `lastAlone`: of several passes, it gets the gradients of the last one as they are. */
  updating(lastAlone: boolean): void;
  /** The step is over, and the weights have made these moves. Null: nothing to say about it. */
  take(moves: Moves): Later<ClassGradients | null> | null;
  /** Milliseconds taken inside of training's own passes since it was last asked: what nobody else has counted. */
  windowTime(): number;
  /** Forgets the step. */
  abandon(): void;
}

/** Where nothing can be measured: the coverage is zero. */
export class Unmeasured implements GramSource {
  readonly isScheduled = false;
  readonly isWhole = false;
  readonly coverage: Coverage;

  constructor({ layers, report }: GramSourceOptions) {
    this.coverage = new Coverage(layers, report);
  }

  watch(_labels: BatchLabels, _batch: Batch, _loss: TapeTensor, variables: readonly TapeTensor[]): void {
    this.coverage.plan(NOTHING, variables);
  }

  take(): null {
    return null;
  }

  windowTime(): number {
    return 0;
  }

  begin(): void {}
  finish(): void {}
  discard(): void {}
  updating(): void {}
  abandon(): void {}
}
