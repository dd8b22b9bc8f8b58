/** The page's end of the live feed: one websocket that comes back by itself. */
import { decodeMessage, encodeMessage, type PageMessage, PROTOCOL_VERSION } from '../src/protocol.ts';

/** 'denied': the server is there but this browser has no access; 'outdated': page and server speak other versions. */
export type Connection =
  | { readonly phase: 'connecting' | 'open' | 'denied' | 'outdated' }
  | { readonly phase: 'lost'; readonly retryAt: number };

export interface FeedOptions {
  /** `ws://host/path/live`. */
  readonly url: string;
  readonly onMessage: (message: PageMessage) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The last seq that the page holds of a run: where the server goes on after a gap. */
  readonly lastSeq: (run: string) => number;
  /** Whether the server, asked over HTTP, refuses this browser. Called when a connection could not even be opened. */
  readonly isDenied?: () => Promise<boolean>;
}

const FIRST_DELAY = 250;
const MAX_DELAY = 5000;

/** Address of the feed of a page: same host, same path, scheme by the page's own. */
export function feedUrl(location: {
  readonly protocol: string;
  readonly host: string;
  readonly pathname: string;
}): string {
  const folder = location.pathname.replace(/[^/]*$/, '');
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${folder}live`;
}

/** How long to wait before attempt n (from 0), in milliseconds: doubling, capped, with up to a quarter of jitter. */
export function retryDelay(attempt: number, random: number): number {
  const delay = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.min(attempt, 16));
  return Math.round(delay * (0.75 + 0.25 * random));
}

/** One frame as a message. Throws a sentence on what is none. */
export function readMessage(data: unknown): PageMessage {
  if (!(data instanceof ArrayBuffer)) throw new Error('Expected a binary frame from the server, got text.');
  const message = decodeMessage(new Uint8Array(data));
  if (typeof message !== 'object' || message === null || !('t' in message) || typeof message.t !== 'string') {
    throw new Error('Expected a message with a type from the server, got something else.');
  }
  return message as PageMessage;
}

export class Feed {
  private readonly options: FeedOptions;
  private socket: WebSocket | null = null;
  private run: string | null = null;
  /** The run that was asked for on this connection. */
  private asked: string | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  /** Connects; call once. */
  open(): void {
    this.connect();
    window.addEventListener('online', () => this.retryNow());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.retryNow());
  }

  /** Asks for a run from now on, also after a reconnection. */
  watch(run: string): void {
    this.run = run;
    this.ask();
  }

  /** Does not wait for the next attempt if there is none under way. */
  retryNow(): void {
    if (this.timer === undefined) return;
    this.connect();
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.options.onConnection({ phase: 'connecting' });
    const socket = new WebSocket(this.options.url);
    socket.binaryType = 'arraybuffer';
    let opened = false;
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = (event) => this.receive(socket, event.data);
    socket.onclose = () => this.closed(opened);
    this.socket = socket;
    this.asked = null;
  }

  private receive(socket: WebSocket, data: unknown): void {
    let message: PageMessage;
    try {
      message = readMessage(data);
    } catch (error) {
      console.error(error);
      socket.close();
      return;
    }
    if (message.t === 'hello' && !this.greet(message.v)) return;
    this.options.onMessage(message);
    if (message.t === 'hello') this.ask();
  }

  private greet(version: number): boolean {
    if (version !== PROTOCOL_VERSION) {
      this.stop({ phase: 'outdated' });
      return false;
    }
    this.attempt = 0;
    this.options.onConnection({ phase: 'open' });
    return true;
  }

  private ask(): void {
    if (this.run === null || this.run === this.asked || this.socket?.readyState !== WebSocket.OPEN) return;
    this.asked = this.run;
    const message = encodeMessage({ t: 'watch', run: this.run, since: this.options.lastSeq(this.run) });
    this.socket.send(message as Uint8Array<ArrayBuffer>);
  }

  private async closed(opened: boolean): Promise<void> {
    this.socket = null;
    const delay = retryDelay(this.attempt++, Math.random());
    this.timer = setTimeout(() => this.connect(), delay);
    this.options.onConnection({ phase: 'lost', retryAt: Date.now() + delay });
    if (opened) return;
    // A server that is gone does not answer at all: then there is nothing to conclude.
    const isDenied = await this.options.isDenied?.().catch(() => false);
    if (isDenied) this.stop({ phase: 'denied' });
  }

  private stop(connection: Connection): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.socket !== null) {
      this.socket.onclose = null;
      this.socket.close();
      this.socket = null;
    }
    this.options.onConnection(connection);
  }
}
