import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BadInput } from './bad-input.ts';

/** No file of the known data sets comes near it, on disk or unpacked; a larger one is refused instead of filling the memory. */
const MAX_FILE_BYTES = 1 << 30;

/** The content of a file together with the name that messages show. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a file, unpacked if it is gzipped. Throws BadInput if it cannot be read, is too large, or is no whole gzip file. */
export function readData(path: string): NamedBytes {
  const name = basename(path);
  return unpack({ name, bytes: readWhole(path, name) });
}

function readWhole(path: string, name: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path);
    throw new BadInput(`${name}: expected at most ${MAX_FILE_BYTES} bytes, got ${size}; give a smaller data set.`);
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(`${name}: expected a readable file, got "${(error as Error).message}"; check its permissions.`);
  }
}

/** Unpacks gzipped bytes (known by their first two), passes others through. Throws BadInput. */
export function unpack({ name, bytes }: NamedBytes): NamedBytes {
  if (!isGzip(bytes)) return { name, bytes };
  try {
    return { name, bytes: gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES }) };
  } catch (error) {
    const reason = (error as Error).message;
    throw new BadInput(`${name}: expected a whole gzip file, got "${reason}"; it is cut off or damaged, get it again.`);
  }
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
