/** A name from elsewhere as text for a terminal: it may be no text at all, and no control character in it may get through. */
export function printable(name: unknown): string {
  const text = typeof name === 'string' ? name : '?';
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
