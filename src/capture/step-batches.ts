import type { TensorData, TensorLike } from '../tf.ts';
import type { Read } from './decoder.ts';
import type { Batch } from './loss-hook.ts';
import type { Readback } from './readback.ts';
import type { Examples } from './snapshot.ts';

/** What one step has trained on: usually one batch, several under gradient accumulation. */
export interface StepExamples {
  /** Null where no labels were seen, or they did not fit. */
  readonly examples: Examples | null;
  /** Mean over the batches of the loss that was optimised; null if none was read. */
  readonly loss: number | null;
}

/** Makes examples of what was read; null where it does not fit. */
interface Decodes {
  decode(labels: Read, outputs: Read, losses: Read | null): Examples | null;
}

export interface ReadBatch {
  readonly examples: Examples | null;
  readonly loss: number;
}

/** Collects the batches of one step while their tensors are alive. */
export class StepBatches {
  private batches: (ReadBatch | Promise<ReadBatch>)[] = [];
  /** The batches of the last pass: from here on. */
  private passAt = 0;
  private labelled = { all: true, last: true };

  /** Whether labels were shown with every pass. */
  get areLabelled(): boolean {
    return this.labelled.all;
  }

  /** What comes now belongs to another backward pass. */
  beginPass(isLabelled: boolean): void {
    this.passAt = this.batches.length;
    this.labelled = { all: this.labelled.all && isLabelled, last: isLabelled };
  }

  /** What came with earlier passes has no part in the step. */
  keepLastPass(): void {
    this.batches = this.batches.slice(this.passAt);
    this.passAt = 0;
    this.labelled = { ...this.labelled, all: this.labelled.last };
  }

  /** Reads a batch, now or later. Null if the device has no room for it: it is left out. */
  add(
    batch: Batch | null,
    loss: TensorLike,
    readback: Readback,
    decoder: Decodes,
  ): ReadBatch | Promise<ReadBatch> | null {
    const reading = readback.read(batch === null ? [loss] : [loss, ...tensorsOf(batch)]);
    if (reading === null) return null;
    const shapes = batch === null ? null : tensorsOf(batch).map((tensor) => tensor.shape.slice());
    const finish = ([value, ...rest]: TensorData[]): ReadBatch => {
      const [labels, outputs, losses = null] = rest.map((data, i): Read => ({ data, shape: shapes![i]! }));
      return { loss: value![0]!, examples: shapes === null ? null : decoder.decode(labels!, outputs!, losses) };
    };
    const read = Array.isArray(reading) ? finish(reading) : reading.then(finish);
    this.batches.push(read);
    return read;
  }

  /** Everything of the step as one. */
  whole(): StepExamples | Promise<StepExamples> {
    const here = this.batches.filter((batch): batch is ReadBatch => !(batch instanceof Promise));
    return here.length === this.batches.length ? joined(here) : Promise.all(this.batches).then(joined);
  }
}

function tensorsOf({ labels, predictions, losses }: Batch): TensorLike[] {
  return losses === null ? [labels, predictions] : [labels, predictions, losses];
}

function joined(batches: readonly ReadBatch[]): StepExamples {
  const examples = batches.map((batch) => batch.examples).filter((batch) => batch !== null);
  const loss = batches.length === 0 ? null : batches.reduce((sum, batch) => sum + batch.loss, 0) / batches.length;
  return { loss, examples: examples.length > 1 ? concatenated(examples) : (examples[0] ?? null) };
}

function concatenated(batches: readonly Examples[]): Examples {
  return {
    labels: Int32Array.from(batches.flatMap(({ labels }) => Array.from(labels))),
    probabilities: Float32Array.from(batches.flatMap(({ probabilities }) => Array.from(probabilities))),
    losses: batches.flatMap(({ losses }) => Array.from(losses)),
  };
}
