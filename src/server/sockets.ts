/** Upgrades to websockets: through the gate, counted, kept alive. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Faults } from './faults.ts';
import { type Door, type Gate, judge } from './gate.ts';
import { SECURITY_HEADERS } from './headers.ts';

/** Bytes of one message of a page: it only says what it watches. */
export const MAX_VIEWER_FRAME = 64 * 1024;
/** Bytes of one message of a writer. */
export const MAX_WRITER_FRAME = 16 * 1024 * 1024;
/** Connections at a time, per door. */
export const MAX_VIEWERS = 64;
export const MAX_WRITERS = 32;
/** A connection that does not answer between two pings is gone (ms). */
const PING_MS = 30_000;

/** What stands behind a door. */
export interface Room {
  readonly size: number;
  join(socket: WebSocket): void;
}

export interface Sockets {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly close: () => void;
}

interface DoorWay {
  readonly door: Door;
  readonly server: WebSocketServer;
  readonly room: Room;
  readonly most: number;
}

/** The doors `/live` and `/ingest`. */
export function openSockets(gate: Gate, pathPrefix: string, live: Room, ingest: Room, faults: Faults): Sockets {
  const options = { noServer: true, perMessageDeflate: false, clientTracking: true };
  const viewers = new WebSocketServer({ ...options, maxPayload: MAX_VIEWER_FRAME });
  const writers = new WebSocketServer({ ...options, maxPayload: MAX_WRITER_FRAME });
  const doors = new Map<string, DoorWay>([
    [`${pathPrefix}/live`, { door: 'viewer', server: viewers, room: live, most: MAX_VIEWERS }],
    [`${pathPrefix}/ingest`, { door: 'writer', server: writers, room: ingest, most: MAX_WRITERS }],
  ]);
  const answered = new WeakSet<WebSocket>();
  const pinger = setInterval(() => ping([viewers, writers], answered), PING_MS);

  return {
    upgrade(request, socket, head) {
      // Without a listener a connection that breaks during the handshake would end the process.
      socket.on('error', () => socket.destroy());
      faults.guard('An upgrade', () => {
        const way = doors.get((request.url ?? '').split('?')[0]!);
        if (way === undefined) return refuse(socket, 404, 'There is no live feed at this address.');
        const verdict = judge(gate, request, way.door);
        if (!verdict.ok) return refuse(socket, verdict.status, verdict.sentence);
        if (way.room.size >= way.most)
          return refuse(socket, 503, `At most ${way.most} connections of this kind: close one.`);
        way.server.handleUpgrade(request, socket, head, (connection) => {
          answered.add(connection);
          connection.on('pong', () => answered.add(connection));
          // ws closes the connection itself, for instance after a frame that is too large.
          connection.on('error', () => {});
          faults.guard('A new connection', () => way.room.join(connection));
        });
      });
    },
    close() {
      clearInterval(pinger);
      for (const server of [viewers, writers]) {
        for (const connection of server.clients) connection.terminate();
        server.close();
      }
    },
  };
}

function ping(servers: readonly WebSocketServer[], answered: WeakSet<WebSocket>): void {
  for (const connection of servers.flatMap((server) => [...server.clients])) {
    if (!answered.delete(connection)) connection.terminate();
    else connection.ping();
  }
}

function refuse(socket: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  const headers = {
    ...SECURITY_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
