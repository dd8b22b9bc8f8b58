import { type Batch, foreignOf, goneOf } from '../loss-hook.ts';
import type { Examples } from '../snapshot.ts';
import type { Decoder, Read } from './decoder.ts';

/** Examples of the batches that train; says what does not fit, and leaves it out. */
export class TrainingDecoder {
  private readonly decoder: Decoder;
  private readonly classes: number;
  private readonly report: (sentence: string) => void;
  private straySeen = false;

  constructor(decoder: Decoder, classes: number, report: (sentence: string) => void) {
    this.decoder = decoder;
    this.classes = classes;
    this.report = report;
  }

  /** The batch, or null where it can't be read any more. */
  alive(batch: Batch): Batch | null {
    const foreign = foreignOf(batch);
    if (foreign !== null) {
      this.report(
        `Expected the ${foreign} of a batch as a tensor, got something else, so that its classes are not measured: write monitor.observe(predictions, labels) with two tensors.`,
      );
      return null;
    }
    const gone = goneOf(batch);
    if (gone === null) return batch;
    this.report(
      `Expected the ${gone} of a batch to live until its loss is computed, got disposed ones, so that its classes are not measured: dispose them after the step.`,
    );
    return null;
  }

  decode(labels: Read, outputs: Read, losses: Read | null): Examples | null {
    const decoded = this.decoder.decode(labels, outputs, losses);
    if (typeof decoded === 'string') {
      this.report(`${decoded} The classes of the training batches are not measured.`);
      return null;
    }
    if (decoded.stray !== null) this.tellStray(decoded.stray);
    return decoded.examples;
  }

  /** Once: batches differ in the label that they begin with. */
  private tellStray(label: number): void {
    if (this.straySeen) return;
    this.straySeen = true;
    this.report(
      `Expected labels between 0 and ${this.classes - 1} in the training batches, got others, ${label} the first of them: such examples count for no class; in the gradient that classes are compared with they stay.`,
    );
  }
}
