/** The one access gate: every HTTP request and every upgrade passes it before anything else looks at them. */
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { type Sessions, sameSecret } from './sessions.ts';

/** What is asked for: `http`: a page or its data; `viewer`: the live feed; `writer`: the door for records. */
export type Door = 'http' | 'viewer' | 'writer';

export type Verdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly status: 400 | 401 | 403 | 421;
      readonly sentence: string;
      /** Whether only the session is missing: then a fresh link helps. */
      readonly needsLink: boolean;
    };

export interface Gate {
  readonly sessions: Sessions;
  readonly token: string;
  /** Shared by all ports of a host, hence the port in the name. */
  readonly cookie: string;
  /** `name:port` or `name`, lower case, as browsers send it in Host. */
  readonly hosts: ReadonlySet<string>;
}

/** Decides about one request, by Host, then Origin, then token or cookie. */
export function judge(gate: Gate, request: IncomingMessage, door: Door): Verdict {
  const { host, origin, authorization } = request.headers;
  const name = host?.toLowerCase();
  // A page whose name was made to point here (DNS rebinding) still sends that name.
  if (name === undefined || !gate.hosts.has(name)) {
    return refusal(
      421,
      `This server does not answer to the name ${quote(host)}: use the link that the terminal shows, or allow the name with allowedHosts.`,
    );
  }
  if (origin !== undefined && origin !== `http://${name}` && origin !== `https://${name}`) {
    return refusal(403, `Pages of ${quote(origin)} may not call this server: open its own page.`);
  }
  if (authorization !== undefined) return judgeToken(gate, authorization);
  if (door === 'writer') {
    return refusal(401, 'A writer shows its token: send the header "Authorization: Bearer <token>".');
  }
  if (door === 'viewer' && origin === undefined) {
    return refusal(403, 'A browser shows where it comes from: the header Origin is missing.');
  }
  const secret = cookieOf(request, gate.cookie);
  if (secret !== null && gate.sessions.has(secret)) return { ok: true };
  return { ok: false, status: 403, sentence: 'No session: open the link that the terminal shows.', needsLink: true };
}

/** Every Host under which a server that listens on `host:port` may be called, beside those that the user allows. */
export function allowedHosts(host: string, port: number, more: readonly string[]): Set<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  if (host === '0.0.0.0' || host === '::') names.push(...ownNames());
  else names.push(bracketed(host));
  const hosts = new Set(names.map((name) => `${name.toLowerCase()}:${port}`));
  if (port === 80) for (const name of names) hosts.add(name.toLowerCase());
  for (const name of more) {
    hosts.add(name.toLowerCase());
    if (!/:\d+$/.test(name)) hosts.add(`${name.toLowerCase()}:${port}`);
  }
  return hosts;
}

/** An IPv6 address as it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function judgeToken(gate: Gate, authorization: string): Verdict {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
  if (token !== undefined && sameSecret(token, gate.token)) return { ok: true };
  return refusal(401, 'The token is wrong: use the one of this server (CLASSWATCH_TOKEN or the option token).');
}

function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [hostname(), ...addresses.map(({ address }) => bracketed(address.replace(/%.*$/, '')))];
}

function cookieOf({ headers }: IncomingMessage, name: string): string | null {
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

function refusal(status: 400 | 401 | 403 | 421, sentence: string): Verdict {
  return { ok: false, status, sentence, needsLink: false };
}

function quote(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.slice(0, 100));
}
