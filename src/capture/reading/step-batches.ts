import type { TensorData, TensorLike } from '../../tf.ts';
import type { Batch } from '../loss-hook.ts';
import type { Examples } from '../snapshot.ts';
import type { Read } from './decoder.ts';
import { joinedData, type Readback } from './readback.ts';

/** What one step has trained on: usually one batch, several under gradient accumulation. */
export interface StepExamples {
  /** Null where no labels were seen, or they did not fit. */
  readonly examples: Examples | null;
  /** Mean over the batches of the loss that was optimised; null if none was read. */
  readonly loss: number | null;
  /** What entered the classifier, one row per example; null where it was not read for all of them. */
  readonly features: TensorData | null;
}

/** Makes examples of what was read; null where it does not fit. */
interface Decodes {
  decode(labels: Read, outputs: Read, losses: Read | null): Examples | null;
}

export interface ReadBatch {
  readonly examples: Examples | null;
  readonly loss: number;
  readonly features: TensorData | null;
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

  /** Reads a batch, and its features where they are given, now or later. Null if the device has no room for it: it is left out. */
  add(
    batch: Batch | null,
    loss: TensorLike,
    features: TensorLike | null,
    readback: Readback,
    decoder: Decodes,
  ): ReadBatch | Promise<ReadBatch> | null {
    const own = batch === null ? [] : tensorsOf(batch);
    const tensors = features === null ? [loss, ...own] : [loss, ...own, features];
    const reading = readback.read(tensors);
    if (reading === null) return null;
    const shapes = own.map((tensor) => tensor.shape.slice());
    const finish = ([value, ...rest]: TensorData[]): ReadBatch => {
      const [labels, outputs, losses = null] = shapes.map((shape, i): Read => ({ data: rest[i]!, shape }));
      const examples = batch === null ? null : decoder.decode(labels!, outputs!, losses);
      return { loss: value![0]!, examples, features: rest[shapes.length] ?? null };
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
  return {
    loss,
    examples: examples.length > 1 ? concatenated(examples) : (examples[0] ?? null),
    features: featuresOf(batches),
  };
}

/** Those of all batches, in their order; null unless all have examples and features. */
function featuresOf(batches: readonly ReadBatch[]): TensorData | null {
  const all = batches.map(({ examples, features }) => (examples === null ? null : features));
  const here = all.filter((features) => features !== null);
  if (here.length < all.length || here.length === 0) return null;
  return joinedData(here);
}

function concatenated(batches: readonly Examples[]): Examples {
  return {
    labels: Int32Array.from(batches.flatMap(({ labels }) => Array.from(labels))),
    probabilities: Float32Array.from(batches.flatMap(({ probabilities }) => Array.from(probabilities))),
    losses: batches.flatMap(({ losses }) => Array.from(losses)),
  };
}
