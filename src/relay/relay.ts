import { RuleFrame } from '../alerts/frame.ts';
import { DerivedFrame } from '../derived/frame.ts';
import type { Derived } from '../derived.ts';
import { RunHistory } from '../history.ts';
import type { AlertRecord, AnyRecord, RunBody, Unnumbered } from '../record.ts';
import { RECORD_VERSION } from '../record.ts';
import type { Rule } from '../rule.ts';

export interface RelayParts {
  readonly run: string;
  readonly rules: readonly Rule[];
  /** Metrics that follow from others. */
  readonly derived: readonly Derived[];
  /** Keeps records; may throw (a full disk): then they are shown but not kept. */
  readonly keep: (records: readonly AnyRecord[]) => void;
  /** Shows records to whoever watches. */
  readonly publish: (records: readonly AnyRecord[]) => void;
  readonly onAlert: (record: AlertRecord) => void;
  /** An error that was survived; `what` names its kind. */
  readonly trouble: (what: string, error: unknown) => void;
}

/** Numbers the records of one run, keeps and shows them, adds what follows from them, and evaluates the rules, in this order. */
export class Relay {
  private seq = 0;
  private body: RunBody | null = null;
  private readonly history = new RunHistory();
  private readonly frame: RuleFrame;
  private readonly derived: DerivedFrame;
  private readonly parts: RelayParts;

  constructor(parts: RelayParts) {
    this.parts = parts;
    this.frame = new RuleFrame(parts.rules, (rule, error) => parts.trouble(`The rule ${rule.id}`, error));
    const failed = ({ id }: Derived, error: unknown) => parts.trouble(`The derived metric ${id}`, error);
    this.derived = new DerivedFrame(parts.run, parts.derived, failed);
  }

  /** Takes records in the order of training. */
  take(unnumbered: readonly Unnumbered[]): void {
    const measured = this.numbered(unnumbered);
    this.pass(measured);
    const last = measured.at(-1);
    if (this.body === null || last === undefined) return;
    const derived = this.numbered(this.derived.derive(measured, this.body, this.history));
    if (derived.length > 0) this.pass(derived);
    const records = [...measured, ...derived];
    for (const body of this.frame.evaluate(records, this.body, this.history)) {
      const { time, step, epoch } = last;
      const head = { v: RECORD_VERSION, run: this.parts.run, time, step, epoch, stream: 'monitor' };
      const [alert] = this.numbered([{ ...head, kind: 'alert', body }]) as AlertRecord[];
      this.pass([alert!]);
      this.parts.onAlert(alert!);
    }
  }

  private numbered(records: readonly Unnumbered[]): AnyRecord[] {
    return records.map((record) => ({ ...record, seq: ++this.seq }) as AnyRecord);
  }

  private pass(records: readonly AnyRecord[]): void {
    for (const record of records) {
      if (record.kind === 'run') this.body = record.body;
      this.history.add(record);
    }
    this.attempt('The store', () => this.parts.keep(records));
    this.attempt('The live feed', () => this.parts.publish(records));
  }

  private attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.parts.trouble(what, error);
    }
  }
}
