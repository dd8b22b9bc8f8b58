import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { JournalSink, Measurement, Moment } from '../journal.ts';
import type { AlertRecord, Unnumbered } from '../record.ts';
import { UsageError } from '../usage-error.ts';
import { encodeMeasurements, encodeRecord } from './frame.ts';
import { Host } from './host.ts';
import type { FromRelay, RelayOptions, ToRelay } from './message.ts';
import { drained, type Ring, ringBytes, shareRing, shouldStop, writeFrame } from './ring.ts';

/** How long the end of the process waits for what was measured to be put away: the worker may be in the midst of a law of guesses, seconds on a busy machine. */
const DRAIN_MS = 10_000;

export interface LinkOptions extends Omit<RelayOptions, 'ring' | 'dashboard'> {
  /** The built worker; default: next to this file. */
  readonly workerUrl: URL | string | undefined;
  readonly dashboard: string | undefined;
  /** Number of classes: decides how large the ring is. */
  readonly classes: number;
  readonly onAlert: (record: AlertRecord) => void;
  readonly onTrouble: (what: string, sentence: string) => void;
}

/** The training thread's end of the relay: hands records over and never waits. */
export class Link implements JournalSink {
  /** Where the page is, without code; null when nothing is served. */
  origin: string | null = null;
  /** Measurements that were dropped because the worker could not keep up. */
  dropped = 0;
  private readonly ring: Ring;
  private readonly host: Host;
  private readonly port: MessagePort;
  private readonly waiting = new Map<number, () => void>();
  private nextId = 1;
  /** Records that found no room: measurements can be dropped, these can't. */
  private late: Uint8Array[] = [];
  private gone = false;
  private readonly options: LinkOptions;
  private readonly onExit = () => this.drain();
  private readonly onLost = (error: unknown) => this.lost(error);

  private constructor(options: LinkOptions, file: URL) {
    this.options = options;
    const { onAlert: _, onTrouble: __, workerUrl: ___, classes, dashboard, ...rest } = options;
    this.ring = shareRing(ringBytes(classes));
    const page = dashboard ?? fileURLToPath(new URL('../dashboard', file));
    const relay = { ...rest, dashboard: page, ring: this.ring };
    this.host = Host.of(file, relay);
    this.port = this.host.attach(relay, this.onLost);
  }

  /** Starts the worker. Null (after a sentence) if its file can't be found; throws a UsageError if it refuses to start. */
  static async open(options: LinkOptions, report: (sentence: string) => void): Promise<Link | null> {
    const file = new URL(options.workerUrl ?? './worker.js', import.meta.url);
    if (file.protocol !== 'file:' || !existsSync(file)) {
      report(
        `Expected the relay worker at ${file.href}, found nothing there, so nothing is recorded: ` +
          "copy classwatch's dist/relay/worker.js next to your bundle and pass its URL as workerUrl.",
      );
      return null;
    }
    const link = new Link(options, file);
    await link.started();
    return link;
  }

  get shouldStop(): boolean {
    return shouldStop.get(this.ring);
  }

  write(record: Unnumbered): void {
    if (this.gone) return;
    this.late.push(encodeRecord(record));
    this.sendLate();
  }

  send(at: Moment, measurements: readonly Measurement[]): void {
    if (this.gone) return;
    const frame = encodeMeasurements(at, measurements);
    if (!this.sendLate() || !writeFrame(this.ring, frame)) this.dropped += measurements.length;
  }

  /** A link to this run on the page, with a fresh bootstrap code; null when nothing is served. */
  url(): string | null {
    if (this.gone || this.origin === null) return null;
    // The page may list other runs of the same folder, newer ones too: the hash says which one is meant.
    if (this.options.url !== undefined) return Object.assign(new URL(this.origin), { hash: this.options.run }).href;
    const code = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    this.post({ t: 'code', code });
    return `${this.origin}/?code=${code}#${this.options.run}`;
  }

  /** Resolves when everything handed over so far is durable. */
  flush(): Promise<void> {
    return this.ask((id) => ({ t: 'flush', id }));
  }

  /** Resolves when everything is put away; with `keepServing` the worker lives on and keeps the process alive. */
  async close(keepServing: boolean): Promise<void> {
    if (this.gone) return;
    const serving = keepServing && this.origin !== null && this.options.url === undefined;
    await this.ask((id) => ({ t: 'close', id, keepServing: serving }));
    await this.host.detach(this.onLost, serving);
    if (serving) return;
    process.off('exit', this.onExit);
    this.gone = true;
    this.port.close();
  }

  /** Writes what waits for room, in order; says whether nothing waits any more. */
  private sendLate(): boolean {
    while (this.late.length > 0 && writeFrame(this.ring, this.late[0]!)) this.late.shift();
    return this.late.length === 0;
  }

  private async started(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.port.once('message', (message: FromRelay) => {
          if (message.t === 'ready') {
            this.origin = message.origin;
            resolve();
          } else reject(new UsageError(message.t === 'refused' ? message.sentence : 'The relay did not start.'));
        });
        this.waiting.set(0, () => reject(new Error('The relay worker died when it started.')));
      });
    } catch (error) {
      this.port.close();
      await this.host.detach(this.onLost, false);
      throw error;
    } finally {
      this.waiting.delete(0);
    }
    this.port.on('message', (message: FromRelay) => this.receive(message));
    this.port.unref();
    process.on('exit', this.onExit);
  }

  private receive(message: FromRelay): void {
    if (message.t === 'alert') this.options.onAlert(message.record);
    else if (message.t === 'trouble') this.options.onTrouble(message.what, message.sentence);
    else if (message.t === 'done') this.waiting.get(message.id)?.();
  }

  /** The worker died: nothing more is recorded, nobody waits for it, training goes on. */
  private lost(error: unknown): void {
    this.gone = true;
    for (const done of this.waiting.values()) done();
    this.options.onTrouble('The relay worker', error instanceof Error ? error.message : String(error));
  }

  private post(message: ToRelay): void {
    if (!this.gone) this.port.postMessage(message);
  }

  private ask(message: (id: number) => ToRelay): Promise<void> {
    if (this.gone) return Promise.resolve();
    const id = this.nextId++;
    // While somebody awaits an answer the process must live.
    this.port.ref();
    return new Promise<void>((resolve) => {
      this.waiting.set(id, resolve);
      this.post(message(id));
    }).finally(() => {
      this.waiting.delete(id);
      this.port.unref();
    });
  }

  /** At the end of the process: give the worker a moment to put everything away. Runs inside 'exit', so it blocks. */
  private drain(): void {
    if (this.gone) return;
    this.post({ t: 'exit' });
    drained.wait(this.ring, DRAIN_MS);
  }
}
