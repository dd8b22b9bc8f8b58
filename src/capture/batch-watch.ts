import { BatchBudget } from './budget/batch-budget.ts';
import type { TapeTensor } from './engine/tape.ts';
import type { FeatureWatch } from './features/feature-watch.ts';
import type { Batch } from './loss-hook.ts';
import type { Decoder } from './reading/decoder.ts';
import { isHere } from './reading/later.ts';
import type { Readback } from './reading/readback.ts';
import { StepBatches } from './reading/step-batches.ts';
import { TrainingDecoder } from './reading/training-decoder.ts';

export interface BatchWatchOptions {
  readonly classes: number;
  readonly readback: Readback;
  readonly decoder: Decoder;
  /** Share of training time for everything that is measured. */
  readonly budget: number;
  /** Whether some metric reads every batch. */
  readonly isRead: boolean;
  /** One sentence, told once. */
  readonly report: (sentence: string) => void;
}

/** Of what trains: its one batch, null where there is none or several, and its labels where they were read by now. */
export interface Seen {
  readonly batch: Batch | null;
  readonly labels: Int32Array | null;
}
export const NOT_SEEN: Seen = { batch: null, labels: null };

/** Looks at the batches that train, as often as the budget allows. Everything here is called inside training. */
export class BatchWatch {
  readonly budget: BatchBudget;
  /** Batches that the device had no room for. */
  missed = 0;
  private readonly options: BatchWatchOptions;
  private readonly training: TrainingDecoder;
  private batches = new StepBatches();
  private isShown = true;

  constructor(options: BatchWatchOptions) {
    const { decoder, classes, report, budget: whole, isRead } = options;
    this.options = options;
    this.training = new TrainingDecoder(decoder, classes, report);
    this.budget = new BatchBudget({ whole, isRead });
  }

  /** Before the first gradient of a step; `isAsked`: whether something is measured that needs its labels. */
  begin(step: number, isAsked: boolean): void {
    this.isShown = isAsked || this.budget.due(step);
  }

  /** At the end of a forward pass, inside it. */
  forward(shown: readonly Batch[], loss: TapeTensor, features: FeatureWatch | null): Seen {
    return this.isShown ? this.budget.timed(() => this.look(shown, loss, features)) : NOT_SEEN;
  }

  /** What came with earlier passes has no part in the step. */
  keepLastPass(): void {
    this.batches.keepLastPass();
  }

  /** What the step has trained on; null where that was not looked at. */
  take(): StepBatches | null {
    const { batches } = this;
    if (!this.isShown) return null;
    this.batches = new StepBatches();
    return batches;
  }

  /** The step is over. */
  end(step: number): void {
    this.budget.end(step, this.isShown);
  }

  /** The update threw, or training pauses. */
  abandon(): void {
    this.batches = new StepBatches();
    this.budget.abandon();
  }

  private look(shown: readonly Batch[], loss: TapeTensor, features: FeatureWatch | null): Seen {
    const { readback, report } = this.options;
    let labels: Int32Array | null = null;
    const batches = shown.map((batch) => this.training.alive(batch));
    this.batches.beginPass(shown.length > 0);
    for (const batch of batches.length === 0 ? [null] : batches) {
      const entering = features?.find(batches) ?? null;
      const read = this.batches.add(batch, loss, entering, readback, this.training);
      if (read === null) this.missed++;
      else if (isHere(read)) labels = read.examples?.labels ?? null;
    }
    const [batch = null] = batches;
    if (batches.length <= 1) return { batch, labels };
    report('Expected one batch in each loss function, got several: class gradients are not measured.');
    return { batch: null, labels };
  }
}
