/** The connection to a server elsewhere: what it has not confirmed is kept and sent again. Nothing here throws. */
import { WebSocket } from 'ws';
import { decodeMessage, encodeMessage, PROTOCOL_VERSION } from '../protocol.ts';
import type { AnyRecord } from '../record.ts';
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
  /** Measurements let go because too much was waiting. */
  readonly dropped: number;
  /** Takes numbered records of the run, in order of seq. */
  send(records: readonly AnyRecord[]): void;
  /** Resolves to true once the server has confirmed everything sent so far, to false after `timeoutMs`. */
  flush(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** Starts to connect and goes on trying until `close`. Tells each kind of trouble once. */
export function forward(options: ForwardOptions): Forward {
  return new Forwarder(options);
}

/** The address of a server's door for writers; null if the text is no http or https address. */
export function ingestUrl(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${pathname.replace(/\/+$/, '')}/ingest`;
}

class Forwarder implements Forward {
  private readonly options: ForwardOptions;
  private readonly address: string | null;
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

  constructor(options: ForwardOptions) {
    this.options = options;
    this.address = ingestUrl(options.url);
    if (this.address !== null) this.connect(this.address);
    else
      this.tell(
        `Expected an address such as http://host:6120, got ${JSON.stringify(options.url.slice(0, 200))}: nothing is sent.`,
      );
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
    this.pump();
  }

  flush(timeoutMs: number): Promise<boolean> {
    if (this.spool.size === 0) return Promise.resolve(true);
    if (this.closed || this.address === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve(this.spool.size === 0);
      };
      const timer = setTimeout(done, timeoutMs);
      this.waiting.add(done);
    });
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.guard(() => this.socket?.close());
    for (const done of this.waiting) done();
  }

  private connect(address: string): void {
    this.retry = null;
    this.guard(() => {
      const socket = new WebSocket(address, {
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
      socket.on('close', () => this.reconnect(address));
    });
    if (this.socket === null) this.reconnect(address);
  }

  private reconnect(address: string): void {
    this.socket = null;
    this.opened = false;
    this.spool.rewind();
    if (this.closed || this.retry !== null) return;
    this.retry = setTimeout(() => this.connect(address), this.wait);
    this.wait = Math.min(LAST_WAIT_MS, this.wait * 2);
  }

  private hear(message: unknown): void {
    const { t, seq, message: said } = message as Readonly<Record<string, unknown>>;
    if (t === 'error')
      this.tell(`The server at ${this.options.url} says: ${JSON.stringify(String(said).slice(0, MAX_SAID))}`);
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
        this.socket.send(encodeMessage({ t: 'records', run: this.options.run, records }), () => this.pump());
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
