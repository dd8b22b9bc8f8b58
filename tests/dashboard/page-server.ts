/** A server for the page alone: the built files under the real content security policy, and a live feed that the test fills. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { RunHistory } from '../../src/history.ts';
import {
  decodeMessage,
  encodeMessage,
  type PageMessage,
  PROTOCOL_VERSION,
  seedOf,
  type ViewerMessage,
} from '../../src/protocol.ts';
import type { AnyRecord } from '../../src/record.ts';
import type { RunSummary } from '../../src/store/store.ts';

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

interface Run {
  readonly history: RunHistory;
  readonly records: AnyRecord[];
  summary: RunSummary;
}

export class PageServer {
  private readonly folder: string;
  private readonly http: HttpServer;
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly watching = new Map<WebSocket, string>();
  private readonly runs = new Map<string, Run>();
  /** Whether `watch` with a seq is answered with the records after it, as a real server does while it has them. */
  keepsRecords = true;
  /** Status that every request gets instead of an answer; null: none. */
  refuseWith: number | null = null;
  readonly asked: ViewerMessage[] = [];

  constructor(folder: string) {
    this.folder = folder;
    this.http = createServer((request, response) => void this.serve(request.url ?? '/', response));
    this.http.on('upgrade', (request, socket, head) => {
      if (this.refuseWith !== null || !request.url?.endsWith('/live')) return socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.greet(ws));
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/`;
  }

  /** Hands records to the pages that watch their run. */
  publish(records: readonly AnyRecord[]): void {
    const [first] = records;
    if (first === undefined) return;
    const run = this.runOf(first);
    for (const record of records) {
      run.history.add(record);
      run.records.push(record);
      if (record.kind === 'end') run.summary = { ...run.summary, state: record.body.status };
    }
    const message = encodeMessage({ t: 'records', run: first.run, records });
    for (const [socket, watched] of this.watching) if (watched === first.run) socket.send(message);
  }

  /** Tells every page the list of runs. */
  announce(): void {
    for (const socket of this.sockets.clients) send(socket, { t: 'runs', runs: this.summaries() });
  }

  /** Cuts every page off, without a word. */
  cut(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  private runOf(record: AnyRecord): Run {
    const known = this.runs.get(record.run);
    if (known !== undefined) return known;
    const name = record.kind === 'run' ? record.body.name : record.run;
    const summary = {
      run: record.run,
      name,
      state: 'live' as const,
      steps: 0,
      started: record.time,
      updated: record.time,
      lastSeq: 0,
    };
    const run = { history: new RunHistory(), records: [], summary };
    this.runs.set(record.run, run);
    return run;
  }

  private summaries(): RunSummary[] {
    return [...this.runs.values()].map(({ summary, history }) => ({
      ...summary,
      steps: history.lastStep,
      updated: history.lastTime,
      lastSeq: history.lastSeq,
    }));
  }

  private greet(socket: WebSocket): void {
    send(socket, { t: 'hello', v: PROTOCOL_VERSION, version: '0.1.0', runs: this.summaries() });
    socket.on('message', (data: Buffer) => this.watch(socket, decodeMessage(data) as ViewerMessage));
    socket.on('close', () => this.watching.delete(socket));
  }

  private watch(socket: WebSocket, message: ViewerMessage): void {
    this.asked.push(message);
    const run = this.runs.get(message.run);
    if (run === undefined) {
      send(socket, { t: 'error', message: `There is no run ${message.run}.` });
      return;
    }
    this.watching.set(socket, message.run);
    if (message.since > 0 && this.keepsRecords) {
      send(socket, {
        t: 'records',
        run: message.run,
        records: run.records.filter((record) => record.seq > message.since),
      });
    } else send(socket, seedOf(message.run, run.history));
  }

  private async serve(url: string, response: import('node:http').ServerResponse): Promise<void> {
    if (this.refuseWith !== null) return void response.writeHead(this.refuseWith).end();
    const path = normalize(new URL(url, 'http://page').pathname);
    const file = join(this.folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }
}

function send(socket: WebSocket, message: PageMessage): void {
  socket.send(encodeMessage(message));
}
