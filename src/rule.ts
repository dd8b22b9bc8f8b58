/** What a rule is: pure, without a clock, the same live, in replay and in tests. Adding one is a file in alerts/, a line in its list, a section in docs/alerts.md, and a test. */
import type { RunHistory } from './history.ts';
import type { Level, RunBody } from './record.ts';

/** One thing that a rule found. */
export interface Finding {
  /** Classes concerned; together with the rule's id they identify the finding while it is open. */
  readonly classes: readonly number[];
  /** Where it is another than the rule's: what is coming may be milder than what has come. */
  readonly level?: Level;
  /** What to do, where it is something else than the rule's. */
  readonly remedy?: string;
  /** First and last step of the evidence. */
  readonly steps: readonly [number, number];
  /** One sentence with the numbers in it. */
  readonly message: string;
  readonly numbers: { readonly [name: string]: number };
  readonly threshold: number;
}

/** What a rule sees: the stored values of the run so far. */
export interface Evidence {
  readonly run: RunBody;
  readonly history: RunHistory;
}

export interface Rule {
  /** Equals the file's name. */
  readonly id: string;
  readonly level: Level;
  /** Full names (`stream/metric`) of the metrics it reads; it is evaluated when one of them was measured. */
  readonly reads: readonly string[];
  /** What it means, for a person. */
  readonly help: string;
  /** What to do about it. */
  readonly remedy: string;
  evaluate(evidence: Evidence): readonly Finding[];
}

/** Identity; exists for inference and for the reader. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
