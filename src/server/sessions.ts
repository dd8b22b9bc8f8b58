/** Who may come in: one-time codes that turn into sessions, and the token of writers and scripts. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a bootstrap code may wait for its first use (ms). */
export const CODE_MS = 10 * 60_000;
/** Codes and sessions that are kept; beyond it the oldest goes. */
const MAX_CODES = 256;
const MAX_SESSIONS = 256;
/** No code or cookie of ours is longer. */
const MAX_SECRET = 256;

/** 32 random bytes as text that is safe in links and cookies. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in constant time, whatever the lengths. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

export class Sessions {
  /** Digests, so that looking one up tells nothing about its neighbours by the time it takes. */
  private readonly codes = new Map<string, number>();
  private readonly sessions = new Set<string>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Makes a code valid until its first use, for ten minutes at most. */
  allow(code: string): void {
    if (code.length === 0 || code.length > MAX_SECRET) {
      throw new RangeError(`Expected a code of 1 to ${MAX_SECRET} characters, got ${code.length}.`);
    }
    this.codes.set(digest(code), this.now() + CODE_MS);
    dropOldest(this.codes, MAX_CODES);
  }

  /** Uses a code up. The secret of a new session, or null if the code is unknown, used or too old. */
  redeem(code: string): string | null {
    const key = digest(code);
    const until = this.codes.get(key);
    this.codes.delete(key);
    if (until === undefined || this.now() > until) return null;
    const secret = randomSecret();
    this.sessions.add(digest(secret));
    dropOldest(this.sessions, MAX_SESSIONS);
    return secret;
  }

  /** Whether a secret belongs to a session. */
  has(secret: string): boolean {
    return secret.length <= MAX_SECRET && this.sessions.has(digest(secret));
  }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}

function dropOldest(entries: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(key);
  }
}
