/** Where a server elsewhere takes runs in. */
import { UsageError } from '../usage-error.ts';

/** Characters of an address that are shown. */
const MAX_SHOWN = 200;

/** The address of a server's door for writers. Throws a UsageError if `url` is no http or https address. */
export function doorOf(url: string): string {
  const address = ingestUrl(url);
  if (address === null) {
    const shown = String(url).slice(0, MAX_SHOWN);
    const remedy = /^[\w.-]+:\d+(\/|$)/.test(shown) ? `http://${shown}` : 'an address such as http://host:6120';
    throw new UsageError(
      `Expected url to be the address of a classwatch server, with http:// or https:// in front, got ${JSON.stringify(shown)}: write ${remedy}.`,
    );
  }
  return address;
}

/** The address of a server's door for writers; null if the text is no http or https address. */
export function ingestUrl(url: string): string | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null;
  const { protocol, host, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${pathname.replace(/\/+$/, '')}/ingest`;
}
