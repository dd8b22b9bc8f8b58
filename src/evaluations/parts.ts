import type { FeatureWatch } from '../capture/features/feature-watch.ts';
import type { MinorityWatch } from '../capture/minority-watch.ts';
import type { Decoder } from '../capture/reading/decoder.ts';
import type { Later } from '../capture/reading/later.ts';
import type { Readback } from '../capture/reading/readback.ts';
import type { MonitorFigures } from '../capture/snapshot.ts';
import type { RecorderOptions } from '../recorder-options.ts';

/** What evaluations need of the recorder whose part they are. */
export interface EvaluationParts extends RecorderOptions {
  readonly readback: Readback;
  readonly decoder: Decoder;
  readonly minority: MinorityWatch;
  /** Features of training examples; null where they are not measured. */
  readonly features: FeatureWatch | null;
  /** The monitor about itself. */
  readonly figures: () => MonitorFigures;
  /** Runs `use` in its turn; null: the device had no room. */
  readonly whenRead: <T>(result: Later<T> | null, use: (value: T) => void) => void;
  /** Runs `work`; what it throws is told as trouble with `what`. */
  readonly guard: (what: string, work: () => void) => void;
}

/** What a pass of our own over a set needs; with a `predict` of the user's, nobody knows how it would ask the model. */
export type PassParts = Pick<
  EvaluationParts,
  'tf' | 'model' | 'predict' | 'classes' | 'reads' | 'readback' | 'decoder' | 'journal' | 'report' | 'whenRead'
>;
