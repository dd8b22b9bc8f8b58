/** A server on a free port, and the clients that talk to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
  decodeMessage,
  encodeMessage,
  type IngestMessage,
  type PageMessage,
  type ViewerMessage,
  type WriterMessage,
} from '../../src/protocol.ts';
import { type Server, type ServerOptions, startServer } from '../../src/server/server.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { folder } from '../store/folder.ts';

export const PAGE = '<!doctype html><title>page</title>';

export interface Serving {
  readonly server: Server;
  readonly store: Store;
  readonly dir: string;
  /** Sentences for the terminal. */
  readonly told: string[];
  /** The clock of the server's codes (ms). */
  readonly clock: { now: number };
}

export async function serving(options: Partial<ServerOptions> = {}): Promise<Serving> {
  const dir = folder();
  const dashboard = join(dir, 'page');
  mkdirSync(dashboard);
  writeFileSync(join(dashboard, 'index.html'), PAGE);
  writeFileSync(join(dashboard, 'page.js'), 'export {};');
  writeFileSync(join(dir, 'secret.txt'), 'secret');
  writeFileSync(join(dashboard, '.hidden'), 'secret');
  const store = options.store ?? openStore(join(dir, 'runs'));
  const told: string[] = [];
  const clock = { now: 0 };
  const server = await startServer(
    { dashboard, port: 0, report: (sentence) => told.push(sentence), ...options, store },
    { now: () => clock.now },
  );
  onTestFinished(async () => {
    await server.close();
    store.close();
  });
  return { server, store, dir, told, clock };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request with just these headers: unlike fetch it sends any Host and any path as they are. */
export function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (data) => {
        body += data;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

/** Signs in as a browser does. */
export async function signIn({ server }: Serving): Promise<string> {
  const { pathname, search } = new URL(server.link());
  const answer = await get(server.port, pathname + search);
  return answer.headers['set-cookie']![0]!.split(';')[0]!;
}

/** A websocket that keeps what it hears. */
export class Client<Heard extends { readonly t: string }, Said extends ViewerMessage | WriterMessage> {
  readonly heard: Heard[] = [];
  readonly times: number[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  private taken = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.heard.push(decodeMessage(data as Buffer) as Heard);
      this.times.push(performance.now());
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  say(message: Said): void {
    this.socket.send(encodeMessage(message));
  }

  /** The next message of a kind that was not asked for before. */
  async next<T extends Heard['t']>(t: T): Promise<Extract<Heard, { t: T }>> {
    for (;;) {
      for (; this.taken < this.heard.length; ) {
        const message = this.heard[this.taken++]!;
        if (message.t === t) return message as Extract<Heard, { t: T }>;
      }
      await pause(2);
    }
  }
}

export type Page = Client<PageMessage, ViewerMessage>;
export type Writing = Client<IngestMessage, WriterMessage>;

/** A page that has signed in. */
export async function page(serving: Serving, headers?: Record<string, string>): Promise<Page> {
  const { port } = serving.server;
  return connect(port, '/live', headers ?? { cookie: await signIn(serving), origin: `http://127.0.0.1:${port}` });
}

/** A writer with the server's token. */
export function writing({ server }: Serving): Promise<Writing> {
  return connect(server.port, '/ingest', { authorization: `Bearer ${server.token}` });
}

/** Connects; rejects with the status code where the server refuses. */
export function connect<C extends Page | Writing>(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<C> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const client = new Client(socket) as unknown as C;
  onTestFinished(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(client));
    socket.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
    socket.on('error', reject);
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
