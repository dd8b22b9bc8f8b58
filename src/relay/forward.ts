/** The connection to a server elsewhere: what it has not confirmed is kept and sent again. Nothing here throws once it has begun. */
import { WebSocket } from 'ws';
import { decodeMessage, encodeMessage, PROTOCOL_VERSION } from '../protocol.ts';
import type { AnyRecord } from '../record.ts';
import { doorOf } from './door.ts';
import { Spool } from './spool.ts';

/** Unsent bytes in the socket above which sending waits. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
/** Waits between two attempts to connect: doubled each time, from the first to the last (ms). */
const FIRST_WAIT_MS = 200;
const LAST_WAIT_MS = 10_000;
const HANDSHAKE_MS = 10_000;
/** The server's answers are short. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Characters of what a server says that are shown. */
const MAX_SAID = 500;
/** Close codes after which sending the same again is no use: refused, and too large. */
const REFUSALS: readonly number[] = [1008, 1009];

export interface ForwardOptions {
  /** `http://host:port` of a classwatch server, with its path prefix if it has one. */
  readonly url: string;
  readonly token: string;
  readonly run: string;
  readonly report: (sentence: string) => void;
}

export interface Forward {
  /** Records that the server has not confirmed. */
  readonly pending: number;
  /** Records let go: measurements because too much was waiting, everything once the server has refused a record. */
  readonly dropped: number;
  /** Takes numbered records of the run, in order of seq. */
  send(records: readonly AnyRecord[]): void;
  /** Resolves to true once the server has confirmed everything sent so far, to false after `timeoutMs`. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Ends the connection, and says how many records the server has not confirmed. */
  close(): void;
}

/**
 * Starts to connect and goes on trying until `close`, or until the server refuses a record. Tells each kind of trouble
 * once. Throws a UsageError if `url` is no http or https address.
 */
export function forward(options: ForwardOptions): Forward {
  return new Forwarder(options, doorOf(options.url));
}

class Forwarder implements Forward {
  private readonly options: ForwardOptions;
  private readonly address: string;
  private readonly spool = new Spool();
  private readonly told = new Set<string>();
  /** Those who wait in `flush`. */
  private readonly waiting = new Set<() => void>();
  private socket: WebSocket | null = null;
  /** Whether the server has said what it has: only then records go out. */
  private opened = false;
  private retry: NodeJS.Timeout | null = null;
  private wait = FIRST_WAIT_MS;
  private closed = false;
  private refused = false;
  /** What the server last said on this connection. */
  private said: string | null = null;

  constructor(options: ForwardOptions, address: string) {
    this.options = options;
    this.address = address;
    this.connect();
  }

  get pending(): number {
    return this.spool.size;
  }

  get dropped(): number {
    return this.spool.dropped;
  }

  send(records: readonly AnyRecord[]): void {
    if (this.closed) return;
    if (this.spool.push(records)) {
      this.tell(`The server at ${this.options.url} takes no records: the oldest measurements of the run are let go.`);
    }
    if (this.refused) this.spool.clear();
    this.pump();
  }

  flush(timeoutMs: number): Promise<boolean> {
    if (this.refused) return Promise.resolve(false);
    if (this.spool.size === 0) return Promise.resolve(true);
    if (this.closed) return Promise.resolve(false);
    this.hurry();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(!this.refused && this.spool.size === 0);
      };
      const timer = setTimeout(done, timeoutMs);
      this.waiting.add(done);
    });
  }

  close(): void {
    if (!this.closed && !this.refused) this.tellUnsent();
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.guard(() => this.socket?.close());
    for (const done of this.waiting) done();
  }

  private connect(): void {
    this.retry = null;
    this.said = null;
    this.guard(() => {
      const socket = new WebSocket(this.address, {
        headers: { Authorization: `Bearer ${this.options.token}` },
        perMessageDeflate: false,
        handshakeTimeout: HANDSHAKE_MS,
        maxPayload: MAX_ANSWER_BYTES,
      });
      this.socket = socket;
      socket.on('open', () => {
        this.guard(() => socket.send(encodeMessage({ t: 'open', v: PROTOCOL_VERSION, run: this.options.run })));
      });
      socket.on('message', (data) => this.guard(() => this.hear(decodeMessage(data as Buffer))));
      let turnedAway = false;
      socket.on('unexpected-response', (_request, response) => {
        turnedAway = true;
        this.tell(
          `The server at ${this.options.url} turned the run away (${response.statusCode}): check url and token.`,
        );
        socket.terminate();
      });
      socket.on('error', (error) => {
        if (!turnedAway) this.tell(this.unreachable(error));
      });
      socket.on('close', (code) => this.part(code));
    });
    if (this.socket === null) this.reconnect();
  }

  /** The connection has ended: for good if the server has refused what came, else a new one is tried. */
  private part(code: number): void {
    const { said } = this;
    const isRefusal = REFUSALS.includes(code);
    if (!this.closed && isRefusal) this.giveUp(said ?? 'A message was too long.');
    else if (said !== null) this.tell(this.says(said));
    this.reconnect();
  }

  /** Someone waits: a server that is back is not left alone until the next attempt is due. */
  private hurry(): void {
    if (this.retry === null) return;
    clearTimeout(this.retry);
    this.connect();
  }

  private giveUp(said: string): void {
    this.refused = true;
    this.spool.clear();
    this.tell(
      `${this.says(said)} Nothing more is sent: what this server has not stored of run ${this.options.run} is kept nowhere else.`,
    );
    for (const done of this.waiting) done();
  }

  private says(said: string): string {
    return `The server at ${this.options.url} says: ${JSON.stringify(said.slice(0, MAX_SAID))}`;
  }

  private tellUnsent(): void {
    const count = this.spool.size + this.spool.dropped;
    if (count === 0) return;
    this.tell(
      `${count} ${count === 1 ? 'record' : 'records'} of run ${this.options.run} did not reach the server at ${this.options.url}, or were not confirmed by it: they are kept nowhere else.`,
    );
  }

  private reconnect(): void {
    this.socket = null;
    this.opened = false;
    this.spool.rewind();
    if (this.closed || this.refused || this.retry !== null) return;
    this.retry = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(LAST_WAIT_MS, this.wait * 2);
  }

  private hear(message: unknown): void {
    const { t, seq, message: said } = message as Readonly<Record<string, unknown>>;
    if (t === 'error') {
      this.said = String(said);
      this.opened = false;
    }
    if (t !== 'have' || typeof seq !== 'number') return;
    this.opened = true;
    const before = this.spool.size;
    this.spool.confirm(seq);
    // A server that takes the run up but refuses what comes next is not asked again at full speed.
    if (this.spool.size < before || before === 0) this.wait = FIRST_WAIT_MS;
    if (this.spool.size === 0) for (const done of this.waiting) done();
    this.pump();
  }

  private pump(): void {
    this.guard(() => {
      while (this.opened && this.socket !== null && this.socket.bufferedAmount < MAX_UNSENT_BYTES) {
        const records = this.spool.next();
        if (records.length === 0) return;
        const gaps = this.spool.gapsBefore(records);
        const message = { t: 'records' as const, run: this.options.run, records };
        this.socket.send(encodeMessage(gaps.length === 0 ? message : { ...message, gaps }), () => this.pump());
      }
    });
  }

  private unreachable(error: Error): string {
    const why = error.message || (error as NodeJS.ErrnoException).code;
    return `The server at ${this.options.url} cannot be reached (${why}): the run is kept in memory and sent when it can be.`;
  }

  private guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.tell(`Sending to ${this.options.url} failed (${error instanceof Error ? error.message : String(error)}).`);
      this.socket?.terminate();
    }
  }

  private tell(sentence: string): void {
    if (this.told.has(sentence)) return;
    this.told.add(sentence);
    try {
      this.options.report(sentence);
    } catch {
      // A terminal that is gone is no reason to stop sending.
    }
  }
}
