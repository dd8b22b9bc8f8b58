/**
 * A metric that follows from what is stored already: data and one pure function, without a clock. It is computed where the records are
 * kept, off the training thread. Adding one is a file in derived/, a line in its list, a section in docs/metrics.md, and a test.
 */
import type { Axis, Fold, Packable, Panel } from './record.ts';
import type { Evidence } from './rule.ts';

export interface Derived {
  /** Equals the file's name; the full name is `stream/id`. */
  readonly id: string;
  readonly stream: string;
  /** One or two sentences for a person: what is computed, and how to read it. */
  readonly help: string;
  readonly axes: readonly Axis[];
  /** Full names (`stream/metric`) of the metrics it reads; it is computed when one of them was measured. */
  readonly reads: readonly string[];
  /** How steps become one value; default 'last'. */
  readonly fold?: Fold;
  readonly panels: readonly Panel[];
  /**
   * The values at the last step of the evidence: a scalar, or row-major (null = missing); null for nothing to say. `last`: what it said
   * the last time, null before.
   */
  derive(evidence: Evidence, last: Packable | null): number | Packable | null;
}

/** Identity; exists for inference and for the reader. */
export function defineDerived(derived: Derived): Derived {
  return derived;
}
