/** Frames from outside. The decoder makes room for what a length field says; here each is held against the bytes that are there. */
import { decodeMessage } from '../protocol.ts';

/** Lists and maps within each other. */
const MAX_DEPTH = 16;

/** Bytes that follow a type byte before its payload, and how the payload's size is told. */
interface Token {
  /** Bytes of the length field or of the number itself. */
  readonly width: number;
  /** Length in bytes of strings and binaries, number of children of lists and maps; null: no length field. */
  readonly kind: 'plain' | 'bytes' | 'ext' | 'list' | 'map';
}

const TOKENS = new Map<number, Token>([
  ...[0xc4, 0xc5, 0xc6].map((type, i) => [type, { width: 1 << i, kind: 'bytes' }] as [number, Token]),
  ...[0xc7, 0xc8, 0xc9].map((type, i) => [type, { width: 1 << i, kind: 'ext' }] as [number, Token]),
  ...[0xca, 0xcb].map((type, i) => [type, { width: 4 << i, kind: 'plain' }] as [number, Token]),
  ...[0xcc, 0xcd, 0xce, 0xcf].map((type, i) => [type, { width: 1 << i, kind: 'plain' }] as [number, Token]),
  ...[0xd0, 0xd1, 0xd2, 0xd3].map((type, i) => [type, { width: 1 << i, kind: 'plain' }] as [number, Token]),
  ...[0xd4, 0xd5, 0xd6, 0xd7, 0xd8].map((type, i) => [type, { width: 1 + (1 << i), kind: 'plain' }] as [number, Token]),
  ...[0xd9, 0xda, 0xdb].map((type, i) => [type, { width: 1 << i, kind: 'bytes' }] as [number, Token]),
  ...[0xdc, 0xdd].map((type, i) => [type, { width: 2 << i, kind: 'list' }] as [number, Token]),
  ...[0xde, 0xdf].map((type, i) => [type, { width: 2 << i, kind: 'map' }] as [number, Token]),
]);

/** What a frame holds. Throws a RangeError with one sentence if it is not one whole MessagePack value of sane lengths. */
export function decodeFrame(bytes: Uint8Array): unknown {
  checkFrame(bytes);
  try {
    return decodeMessage(bytes);
  } catch {
    throw malformed();
  }
}

/** Walks over all values: each takes a byte at least, so that a list longer than the frame runs into its end. */
function checkFrame(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come, of each list and map that is open. */
  const open = [1];
  let at = 0;
  while (open.length > 0) {
    if (open.at(-1) === 0) {
      open.pop();
      continue;
    }
    open[open.length - 1]!--;
    const { skip, children } = readHead(view, at);
    at += skip;
    if (children > 0) open.push(children);
    if (open.length > MAX_DEPTH) throw malformed();
  }
  if (at !== bytes.length) throw malformed();
}

/** Bytes of a value's head and payload, and how many values it holds. */
function readHead(view: DataView, at: number): { skip: number; children: number } {
  if (at >= view.byteLength) throw malformed();
  const type = view.getUint8(at);
  if (type < 0x80 || type >= 0xe0) return { skip: 1, children: 0 };
  if (type < 0x90) return { skip: 1, children: 2 * (type & 15) };
  if (type < 0xa0) return { skip: 1, children: type & 15 };
  if (type < 0xc0) return { skip: 1 + (type & 31), children: 0 };
  const token = TOKENS.get(type);
  if (token === undefined) return { skip: 1, children: 0 };
  const { width, kind } = token;
  if (at + 1 + width > view.byteLength) throw malformed();
  if (kind === 'plain') return { skip: 1 + width, children: 0 };
  const length = width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  if (kind === 'list') return { skip: 1 + width, children: length };
  if (kind === 'map') return { skip: 1 + width, children: 2 * length };
  return { skip: 1 + width + length + (kind === 'ext' ? 1 : 0), children: 0 };
}

function malformed(): RangeError {
  return new RangeError(
    'Expected one MessagePack message in a binary frame, got something else: see docs/protocol.md.',
  );
}
