/** Data files made for a test, in a folder of its own that vanishes with the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'classwatch-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The bytes of an IDX file of unsigned bytes. */
export function idxBytes(sizes: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header[2] = 8;
  header[3] = sizes.length;
  sizes.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, Uint8Array.from(values)]);
}

/** Writes an IDX pair with 2 x 2 pixels; every pixel of image i is i. */
export function writeIdxPair(folder: string, prefix: string, labels: readonly number[], zipped = false): void {
  const pixels = labels.flatMap((_, i) => [i, i, i, i]);
  const pack = (bytes: Buffer) => (zipped ? gzipSync(bytes) : bytes);
  const ending = zipped ? '.gz' : '';
  writeFileSync(join(folder, `${prefix}images-idx3-ubyte${ending}`), pack(idxBytes([labels.length, 2, 2], pixels)));
  writeFileSync(join(folder, `${prefix}labels-idx1-ubyte${ending}`), pack(idxBytes([labels.length], labels)));
}

/** The bytes of a CIFAR-10 batch; the planes of each image are filled with 1, 2 and 3. */
export function cifarBytes(labels: readonly number[]): Buffer {
  const plane = (value: number) => Buffer.alloc(1024, value);
  return Buffer.concat(labels.flatMap((label) => [Buffer.from([label]), plane(1), plane(2), plane(3)]));
}
