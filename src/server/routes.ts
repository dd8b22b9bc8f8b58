/** The HTTP side: the way in, the list of runs, and the files of the page. Nothing here changes a run. */
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Store } from '../store/store.ts';
import type { Faults } from './faults.ts';
import { type Gate, judge } from './gate.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { REFUSAL_PAGE } from './refusal-page.ts';

/** Fresh links are printed at most this often (ms): any page may make a browser knock. */
const LINK_EVERY_MS = 10_000;

export interface Routes {
  readonly gate: Gate;
  readonly store: Store;
  readonly dashboard: string;
  /** Without trailing slash; '' at the root. */
  readonly pathPrefix: string;
  readonly faults: Faults;
  readonly now: () => number;
  /** Prints a link with a fresh code. */
  readonly printLink: () => void;
}

/** The request handler of the server. */
export function routes({ gate, store, dashboard, pathPrefix, faults, now, printLink }: Routes): express.Express {
  let printed = -Infinity;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');

  app.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  app.use((request, response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    response.set('Allow', 'GET, HEAD');
    refuse(response, 405, `Expected GET, got ${request.method}: nothing here is changed over HTTP.`);
  });
  app.use((request, response, next) => {
    const isPage = request.path === `${pathPrefix}/` || request.path === pathPrefix;
    const verdict = judge(gate, request, 'http');
    if (isPage && (verdict.ok || verdict.needsLink) && signIn(gate, request, response, pathPrefix)) return;
    if (verdict.ok) return next();
    if (!isPage || !verdict.needsLink) return refuse(response, verdict.status, verdict.sentence);
    if (isNavigation(request) && now() - printed >= LINK_EVERY_MS) {
      printed = now();
      printLink();
    }
    response.status(403).type('html').send(REFUSAL_PAGE);
  });

  const router = express.Router();
  router.get('/', (request, response, next) => {
    // Without the slash the page would look for its files beside its folder.
    if (request.originalUrl.split('?')[0]!.endsWith('/')) return next();
    response.redirect(308, `${pathPrefix}/`);
  });
  router.get('/api/runs', (_request, response) => {
    response.json(store.runs());
  });
  router.use(express.static(dashboard, { index: 'index.html', redirect: false, etag: false, cacheControl: false }));
  app.use(pathPrefix === '' ? '/' : pathPrefix, router);

  app.use((_request, response) => refuse(response, 404, 'There is nothing at this address: go to the start page.'));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = statusOf(error);
    if (status >= 500) faults.note('Answering a request', error);
    if (response.headersSent) response.destroy();
    else refuse(response, status, status >= 500 ? 'The server failed to answer.' : 'The address is malformed.');
  });
  return app;
}

/** Turns a bootstrap code into a session: the one GET that changes something. Says whether it answered. */
function signIn(gate: Gate, request: Request, response: Response, pathPrefix: string): boolean {
  const code = request.query.code;
  // A browser that fetches ahead, or a program that only asks for headers, must not use the code up.
  if (typeof code !== 'string' || request.method !== 'GET' || isPrefetch(request)) return false;
  const secret = gate.sessions.redeem(code);
  if (secret === null && !judge(gate, request, 'http').ok) return false;
  if (secret !== null) {
    response.append('Set-Cookie', `${gate.cookie}=${secret}; HttpOnly; SameSite=Strict; Path=${pathPrefix}/`);
  }
  response.redirect(303, `${pathPrefix}/${withoutCode(request.originalUrl)}`);
  return true;
}

function withoutCode(url: string): string {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'));
  query.delete('code');
  return query.size > 0 ? `?${query}` : '';
}

function isPrefetch({ headers }: Request): boolean {
  return /prefetch/i.test(`${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''}`);
}

/** A person in front of a page; not an image or a script that some other page asks for. */
function isNavigation(request: Request): boolean {
  const mode = request.headers['sec-fetch-mode'];
  return (mode === undefined || mode === 'navigate') && request.method === 'GET' && !isPrefetch(request);
}

function refuse(response: Response, status: number, sentence: string): void {
  response.status(status).type('text').send(`${sentence}\n`);
}

function statusOf(error: unknown): number {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
