import type { MessagePort } from 'node:worker_threads';
import { quoted } from '../alerts/class-names.ts';
import { rules as allRules } from '../alerts/index.ts';
import { derivedMetrics } from '../derived/index.ts';
import type { AlertRecord, AnyRecord, Level, Unnumbered } from '../record.ts';
import { parseFrame } from './frame.ts';
import type { FromRelay, RelayOptions } from './message.ts';
import { Relay } from './relay.ts';
import { readFrames, shouldStop, warmRing } from './ring.ts';

/** Where the records of a run go, shared by all runs of the worker or not. */
export interface DeskParts {
  /** Keeps records; may throw. */
  readonly keep: (records: readonly AnyRecord[]) => void;
  readonly publish: (records: readonly AnyRecord[]) => void;
  /** One line for the terminal. */
  readonly print: (sentence: string) => void;
}

/** The worker's desk of one run: takes what its training thread writes, and answers it. */
export class Desk {
  private readonly troubled = new Set<string>();
  /** Level at which each open alert was printed. */
  private readonly printed = new Map<string, Level>();
  private readonly declared: { stream: string; metric: string }[] = [];
  private classNames: readonly string[] = [];
  private readonly relay: Relay;
  readonly options: RelayOptions;
  private readonly port: MessagePort;
  private readonly parts: DeskParts;

  constructor(port: MessagePort, options: RelayOptions, parts: DeskParts) {
    this.port = port;
    this.options = options;
    this.parts = parts;
    warmRing(options.ring);
    this.relay = new Relay({
      run: options.run,
      rules: allRules.filter((rule) => options.rules === undefined || options.rules.includes(rule.id)),
      derived: derivedMetrics,
      keep: parts.keep,
      publish: parts.publish,
      onAlert: (record) => this.alert(record),
      trouble: (what, error) => this.trouble(what, error),
    });
  }

  say(message: FromRelay): void {
    this.port.postMessage(message);
  }

  /** Takes what the training thread has written since. */
  drain(): void {
    for (const frame of readFrames(this.options.ring)) {
      try {
        this.take(parseFrame(frame, this.options.run, (number) => this.declared[number]!));
      } catch (error) {
        this.trouble('The relay', error);
      }
    }
  }

  /** Counts an error; the first of each kind is printed. */
  trouble(what: string, error: unknown): void {
    const sentence = error instanceof Error ? error.message : String(error);
    if (!this.troubled.has(what)) this.parts.print(`${what} failed; training goes on. ${sentence}`);
    this.troubled.add(what);
    this.say({ t: 'trouble', what, sentence });
  }

  private take(records: readonly Unnumbered[]): void {
    for (const record of records) {
      if (record.kind === 'run') this.classNames = record.body.classNames;
      if (record.kind === 'metric') this.declared.push({ stream: record.stream, metric: record.body.id });
    }
    this.relay.take(records);
  }

  private alert(record: AlertRecord): void {
    const { id, level, state, message, remedy, rule, classes } = record.body;
    if (state === 'resolved') {
      this.printed.delete(id);
      // The whole sentence stands above already.
      const named = classes.length === 0 ? '' : ` of ${quoted(classes, this.classNames)}`;
      this.parts.print(`[resolved] ${rule}${named}, at step ${record.step}`);
    } else if (this.printed.get(id) !== level) {
      this.printed.set(id, level);
      this.parts.print(`[${level}] ${message} ${level === 'info' ? '' : remedy}`.trimEnd());
    }
    if (this.options.stopOn.includes(rule) && state === 'opened') shouldStop.set(this.options.ring);
    this.say({ t: 'alert', record });
  }
}
