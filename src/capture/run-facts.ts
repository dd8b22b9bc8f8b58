import type { ClassGroups } from '../stats/groups.ts';

/** What metrics may know of the run, whatever the step. */
export interface RunFacts {
  /** Named lists of classes; null where the user made none. */
  readonly groups: ClassGroups | null;
  /** Loss of the watched output: as given to compile, or of `tf.losses` or `tf.metrics`; null for a function of the user's own, and where it is unknown. */
  readonly lossName: string | null;
  /** Whether the last dense layer has a bias; null where there is none, or it is unknown. */
  readonly hasBias: boolean | null;
}

export const NO_FACTS: RunFacts = { groups: null, lossName: null, hasBias: null };
