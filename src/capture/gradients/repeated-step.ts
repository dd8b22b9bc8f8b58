import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { Draws } from '../draws.ts';
import type { Again, Gradients } from '../engine/gradients.ts';
import { regularisationOf } from '../engine/model.ts';
import { repetitionFault, withMaskedLosses } from '../engine/repetition.ts';
import type { TapeTensor } from '../engine/tape.ts';
import { type Operations, operationsOf } from '../engine/tensors.ts';
import type { Batch } from '../loss-hook.ts';

/** A training step of a LayersModel, done again with the losses of some examples: same dropout, no metrics. */
export class RepeatedStep {
  private readonly tf: TfLike;
  private readonly ops: Operations;
  private readonly model: ModelLike;
  private readonly draws = new Draws();

  constructor(tf: TfLike, model: ModelLike) {
    this.tf = tf;
    this.ops = operationsOf(tf);
    this.model = model;
  }

  /** Before the forward pass of training: notes what it draws. */
  begin(): void {
    this.draws.record();
  }

  /** After it, also when it threw. */
  end(): void {
    this.draws.stop();
  }

  /** Why a step with this batch can't be done again, as the rest of a sentence; null where it can. */
  fault(batch: Batch, examples: number): string | null {
    const fault = repetitionFault(this.tf, this.model);
    if (fault !== null) return fault;
    if (batch.losses === null) return 'the loss that trains is not the one that the model is compiled with';
    return isPerExample(batch.losses, examples) ? null : 'the loss is one number for the whole batch';
  }

  /**
   * Gradients of the losses times a mask [examples, 1], without those of regularisers. Throws where the step was not the
   * same again. Run inside a tidy.
   */
  gradients(mask: TapeTensor, again: Again): Gradients {
    return this.masked(mask, false, again);
  }

  /** Gradients of the regularisers alone; null where there are none. Run inside a tidy. */
  regularisers(examples: number, again: Again): Gradients | null {
    if (regularisationOf(this.model) === null) return null;
    return this.masked(this.ops.zeros([examples, 1]), true, again);
  }

  private masked(mask: TapeTensor, regularised: boolean, again: Again): Gradients {
    const { ops } = this;
    const examples = mask.shape[0]!;
    let fits = true;
    const apply = (losses: TensorLike) => {
      fits &&= isPerExample(losses, examples);
      if (!fits) return losses;
      return ops.mul(losses, ops.reshape(mask, [examples, ...losses.shape.slice(1).map(() => 1)]));
    };
    const gradients = this.draws.replay(() => withMaskedLosses(this.model, apply, regularised, again));
    if (!fits) throw new Error('the loss of an output is one number for the whole batch');
    if (gradients === null) throw new Error('it drew other random numbers than before');
    return gradients;
  }
}

function isPerExample({ shape }: TensorLike, examples: number): boolean {
  return shape.length > 0 && shape[0] === examples;
}
