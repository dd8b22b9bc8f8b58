/** One page at the other end of a websocket: what it watches and how far it got. */
import type { RawData, WebSocket } from 'ws';
import type { PageMessage } from '../protocol.ts';
import { encodeMessage } from '../protocol.ts';

/** Above this much unsent data a page counts as slow: it gets nothing more until all of it has gone out. */
export const MAX_UNSENT_BYTES = 1024 * 1024;

export class Viewer {
  /** The run it watches; null before it has said so. */
  run: string | null = null;
  /** Everything up to here has been sent. */
  seq = 0;
  /** Whether it got something of that run since it asked. */
  answered = true;
  /** Which list of runs it has. */
  listed = 0;
  /** Whether it waits for all that was sent to go out. */
  private isFull = false;
  private readonly socket: WebSocket;
  private readonly onDrained: () => void;

  constructor(socket: WebSocket, onDrained: () => void) {
    this.socket = socket;
    this.onDrained = onDrained;
  }

  /** Whether it can take a message now. A page that cannot has lost nothing: `seq` says where it goes on. */
  get isReady(): boolean {
    if (this.socket.readyState !== this.socket.OPEN) return false;
    this.isFull = this.socket.bufferedAmount > (this.isFull ? 0 : MAX_UNSENT_BYTES);
    return !this.isFull;
  }

  send(frame: Uint8Array): void {
    this.socket.send(frame, { binary: true }, () => {
      if (this.isFull && this.socket.bufferedAmount === 0) this.onDrained();
    });
  }

  tell(message: PageMessage): void {
    this.send(encodeMessage(message));
  }

  /** Says what is wrong and hangs up. */
  refuse(message: string): void {
    this.tell({ t: 'error', message });
    this.socket.close(1008);
  }
}

/** The bytes of a frame, whatever ws hands over. */
export function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
