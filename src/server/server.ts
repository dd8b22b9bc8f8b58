/** The server of a log directory: the page, its live feed, and the door for writers. */
import type { AnyRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import { Faults } from './faults.ts';
import { allowedHosts, bracketed, type Gate } from './gate.ts';
import { Ingest } from './ingest.ts';
import { listen } from './listen.ts';
import { LiveFeed } from './live.ts';
import { routes } from './routes.ts';
import { randomSecret, Sessions } from './sessions.ts';
import { openSockets } from './sockets.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 6120;
/** Shorter tokens could be guessed. */
const MIN_TOKEN = 16;

export interface ServerOptions {
  /** Finished runs and runs of other processes are read from it; records of writers are appended to it. */
  readonly store: Store;
  /** Folder of the built page. */
  readonly dashboard: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** First port to try; the next free one is taken. 0: the system picks. Default 6120. */
  readonly port?: number;
  /** For writers and scripts (`Authorization: Bearer`); default a random one. */
  readonly token?: string;
  /** Further host names under which a browser may call, as `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
  /** Where the page lives behind a proxy, such as `/classwatch`; default ''. */
  readonly pathPrefix?: string;
  /** One sentence for the person at the terminal. */
  readonly report?: (sentence: string) => void;
}

export interface Server {
  readonly port: number;
  /** `http://host:port/prefix`, without code. */
  readonly origin: string;
  readonly token: string;
  /** A link with a fresh bootstrap code: valid once, for ten minutes, then a cookie takes over. */
  link(): string;
  /** Makes a code that the caller chose valid, as `link` does with its own. */
  allowCode(code: string): void;
  /** Hands stored records (numbered, in order of seq) to the pages that watch their runs. */
  publish(records: readonly AnyRecord[]): void;
  close(): Promise<void>;
}

/** What a test puts in the place of the system's. */
export interface Internals {
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
}

/**
 * Serves a store. Rejects with one sentence if host, port, token or prefix will not do; after that nothing throws: errors
 * are reported once and counted. Closing the server does not close the store.
 */
export async function startServer(options: ServerOptions, internals: Internals = {}): Promise<Server> {
  const { store, dashboard, host = DEFAULT_HOST } = options;
  const report = options.report ?? (() => {});
  const now = internals.now ?? (() => performance.now());
  const token = checkToken(options.token ?? randomSecret());
  const pathPrefix = checkPrefix(options.pathPrefix ?? '');
  const { http, port } = await listen(host, options.port ?? DEFAULT_PORT, report);
  const origin = `http://${shownHost(host)}:${port}${pathPrefix}`;
  const faults = new Faults(report);
  const sessions = new Sessions(now);
  const gate: Gate = {
    sessions,
    token,
    cookie: `classwatch-${port}`,
    hosts: allowedHosts(host, port, options.allowedHosts ?? []),
  };
  const link = () => {
    const code = randomSecret();
    sessions.allow(code);
    return `${origin}/?code=${code}`;
  };
  const live = new LiveFeed(store, faults);
  const publish = (records: readonly AnyRecord[]) => faults.guard('Publishing', () => live.publish(records));
  const ingest = new Ingest(store, faults, publish);
  const sockets = openSockets(gate, pathPrefix, live, ingest, faults);
  const printLink = () => report(`A page without a session was opened. A fresh link, for one use: ${link()}`);
  http.on('request', routes({ gate, store, dashboard, pathPrefix, faults, now, printLink }));
  http.on('upgrade', sockets.upgrade);
  http.on('error', (error) => faults.note('The server', error));

  let closing: Promise<void> | null = null;
  return {
    port,
    origin,
    token,
    link,
    allowCode: (code) => sessions.allow(code),
    publish,
    close() {
      closing ??= new Promise((resolve) => {
        ingest.close();
        live.close();
        sockets.close();
        http.close(() => resolve());
        http.closeAllConnections();
      });
      return closing;
    },
  };
}

/** The name by which a person on this machine reaches the server. */
function shownHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? DEFAULT_HOST : bracketed(host);
}

function checkToken(token: string): string {
  if (token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new RangeError(
    `Expected a token of at least ${MIN_TOKEN} printable characters without spaces, got ${token.length} characters: choose a longer one.`,
  );
}

function checkPrefix(prefix: string): string {
  const path = prefix.replace(/\/+$/, '');
  if (path === '' || /^(\/[\w~-][\w.~-]*)+$/.test(path)) return path;
  throw new RangeError(
    `Expected a path prefix such as /classwatch, got ${JSON.stringify(prefix.slice(0, 80))}: start it with a slash.`,
  );
}
