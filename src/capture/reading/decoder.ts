import type { TensorData } from '../../tf.ts';
import type { Examples } from '../snapshot.ts';
import { type Labels, readLabels } from './labels.ts';
import { crossEntropies, guessOutputKind, type OutputKind, probabilitiesOf } from './outputs.ts';

/** Data of a tensor with its shape. */
export interface Read {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** Turns what was read of labels, outputs and losses into examples. Decides once what the outputs are. */
export class Decoder {
  private readonly classes: number;
  private kind: OutputKind | null;

  /** `outputs` 'auto': told from the first batch. */
  constructor(classes: number, outputs: OutputKind | 'auto') {
    this.classes = classes;
    this.kind = outputs === 'auto' ? null : outputs;
  }

  /**
   * Outputs are [B, C], or [B, 1] for two classes; `given`: losses, one per example, else the cross-entropy is taken.
   * Returns a sentence about what does not fit instead of examples.
   */
  decode(labels: Read, outputs: Read, given: Read | null): { examples: Examples; stray: number | null } | string {
    const columns = outputs.shape.at(-1) ?? 0;
    const fits = outputs.shape.length === 2 && (columns === this.classes || (columns === 1 && this.classes === 2));
    if (!fits) {
      return `Expected predictions of shape [batch, ${this.classes}], got [${outputs.shape.join(', ')}]: say numClasses or classNames.`;
    }
    const read: Labels | null = readLabels(labels.data, labels.shape, this.classes);
    if (read === null || read.labels.length !== outputs.shape[0]) {
      return (
        `Expected labels of shape [${outputs.shape[0]}, ${this.classes}] (one-hot) or [${outputs.shape[0]}] (class indices), ` +
        `got [${labels.shape.join(', ')}].`
      );
    }
    this.kind ??= guessOutputKind(outputs.data, columns);
    const probabilities = probabilitiesOf(outputs.data, columns, this.kind);
    const perExample = given !== null && given.data.length === read.labels.length ? given.data : null;
    const losses = perExample ?? crossEntropies(probabilities, read.labels);
    const logits = this.kind === 'logits' && columns > 1 ? outputs.data : undefined;
    const examples: Examples = { labels: read.labels, probabilities, logits, losses };
    return { examples, stray: read.stray };
  }
}
