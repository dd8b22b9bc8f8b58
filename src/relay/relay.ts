import { RuleFrame } from '../alerts/frame.ts';
import { RunHistory } from '../history.ts';
import type { AlertRecord, AnyRecord, RunBody, Unnumbered } from '../record.ts';
import { RECORD_VERSION } from '../record.ts';
import type { Rule } from '../rule.ts';

export interface RelayParts {
  readonly run: string;
  readonly rules: readonly Rule[];
  /** Keeps records; may throw (a full disk): then they are shown but not kept. */
  readonly keep: (records: readonly AnyRecord[]) => void;
  /** Shows records to whoever watches. */
  readonly publish: (records: readonly AnyRecord[]) => void;
  readonly onAlert: (record: AlertRecord) => void;
  /** An error that was survived; `what` names its kind. */
  readonly trouble: (what: string, error: unknown) => void;
}

/** Numbers the records of one run, keeps them, evaluates the rules, and shows them, in this order. */
export class Relay {
  private seq = 0;
  private body: RunBody | null = null;
  private readonly history = new RunHistory();
  private readonly frame: RuleFrame;
  private readonly parts: RelayParts;

  constructor(parts: RelayParts) {
    this.parts = parts;
    this.frame = new RuleFrame(parts.rules, (rule, error) => parts.trouble(`The rule ${rule.id}`, error));
  }

  /** Takes records in the order of training. */
  take(unnumbered: readonly Unnumbered[]): void {
    const records = this.numbered(unnumbered);
    this.pass(records);
    const last = records.at(-1);
    if (this.body === null || last === undefined) return;
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
