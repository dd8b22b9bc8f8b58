import type { Budgets } from './budgets.ts';
import type { Classifier } from './capture/classifier.ts';
import type { EvaluationSet } from './capture/evaluation/evaluation-set.ts';
import type { Offload } from './capture/gradients/offload.ts';
import type { OutputKind } from './capture/reading/outputs.ts';
import type { RunFacts } from './capture/run-facts.ts';
import type { Journal } from './journal.ts';
import type { Metric } from './metric.ts';
import type { Schedule } from './schedule.ts';
import type { ModelLike, TfLike } from './tf.ts';
import type { KnownClasses } from './theory/minority.ts';

export interface RecorderOptions {
  readonly tf: TfLike;
  readonly model: ModelLike | null;
  readonly classes: number;
  /** What the run says of them. */
  readonly known: KnownClasses;
  /** The same for metrics, with what compile has said by now. */
  readonly facts: RunFacts;
  readonly outputs: OutputKind | 'auto';
  readonly predict: ((xs: never) => unknown) | null;
  readonly sets: readonly EvaluationSet[];
  readonly schedule: Schedule;
  /** The classifier of the model as it is now; null where there is none. */
  readonly classifier: () => Classifier | null;
  readonly journal: Journal;
  /** Parts of a snapshot that some metric reads: nothing else is captured. */
  readonly reads: ReadonlySet<Metric['part']>;
  readonly budgets: Budgets;
  /** Another thread for part of the arithmetic of class gradients; the recorder closes it. */
  readonly offload: Offload | null;
  /** Whether training may get sums over classes in place of its own products. */
  readonly absorb: boolean;
  /** Whether the sets are also evaluated at the end of each epoch and of the run. */
  readonly atEnds: boolean;
  /** Asked after each step: whether fit should stop. */
  readonly shouldStop: () => boolean;
  /** Measurements that were not handed over. */
  readonly dropped: () => number;
  /** One sentence, told once. */
  readonly report: (sentence: string) => void;
}
