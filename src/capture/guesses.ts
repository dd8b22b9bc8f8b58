import { effectiveNumber } from '../stats/entropy.ts';
import { centredLogs, nodeGamma, probabilityGamma } from '../stats/gamma.ts';
import { nodeMoments } from '../stats/node-moments.ts';
import { shares } from '../stats/ratio.ts';
import type { Tally } from '../stats/tally.ts';

/** What the network put out for examples. */
export interface Outputs {
  /** B x C, row-major. */
  readonly probabilities: Float32Array;
  /** B x C, where it puts out logits. */
  readonly logits?: ArrayLike<number> | undefined;
}

/** By output node, C values each, null where they are not finite. */
export interface NodeFigures {
  readonly means: readonly (number | null)[];
  /** Standard deviations over the examples. */
  readonly spreads: readonly (number | null)[];
}

/** What a network guesses for a set of examples, in one mode. A network that diverged guesses nothing: missing, never 0. */
export class Guesses {
  private readonly outputs: Outputs;
  private readonly tally: Tally;
  private memo: { nodes?: NodeFigures } = {};

  constructor(outputs: Outputs, tally: Tally) {
    this.outputs = outputs;
    this.tally = tally;
  }

  /** f_c: share of the examples that are predicted as c. */
  get fractions(): ArrayLike<number | null> {
    return shares(this.tally.predicted, this.guessCount > 0 ? this.tally.examples : 0);
  }

  /** Mean probability of each class. */
  get probabilities(): ArrayLike<number | null> {
    return shares(this.tally.probabilitySum, this.tally.examples);
  }

  /** The fractions, the largest first; null where nothing is predicted. */
  get ranked(): number[] | null {
    const { predicted, examples } = this.tally;
    return this.guessCount === 0 ? null : Array.from(predicted, (count) => count / examples).sort((a, b) => b - a);
  }

  /** Share of the guesses of the class that is guessed most. */
  get topShare(): number | null {
    const { guessCount } = this;
    return guessCount === 0 ? null : Math.max(...this.tally.predicted) / guessCount;
  }

  /** exp of the entropy of the fractions. */
  get effectiveClasses(): number | null {
    return effectiveNumber(this.tally.predicted);
  }

  /** See `nodeGamma`. */
  get gamma(): number | null {
    const { logits, probabilities } = this.outputs;
    return logits ? nodeGamma(logits, this.classes) : probabilityGamma(probabilities, this.classes);
  }

  /** Of the logits; where the network puts out probabilities: of their logarithms, each example centred. */
  get nodes(): NodeFigures {
    this.memo.nodes ??= this.nodeFigures();
    return this.memo.nodes;
  }

  private get classes(): number {
    return this.tally.support.length;
  }

  private get guessCount(): number {
    return this.tally.predicted.reduce((sum, count) => sum + count, 0);
  }

  private nodeFigures(): NodeFigures {
    const { logits, probabilities } = this.outputs;
    const { means, variances } = nodeMoments(logits ?? centredLogs(probabilities, this.classes), this.classes);
    return { means: means.map(present), spreads: variances.map((variance) => present(Math.sqrt(variance))) };
  }
}

function present(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
