/**
 * IDX, the format of MNIST and its relatives: two zero bytes, a type byte, the number of dimensions, each size as a
 * big-endian 32-bit number, then the values.
 */
import { BadInput } from './bad-input.ts';
import type { NamedBytes } from './file.ts';
import type { Images } from './images.ts';

const UNSIGNED_BYTES = 0x08;
const MAX_DIMENSIONS = 4;

/** An IDX file of unsigned bytes. */
export interface Idx {
  readonly sizes: readonly number[];
  readonly values: Uint8Array;
}

/** True if the bytes start like an IDX file of unsigned bytes with one dimension (labels) or three or four (images). */
export function looksLikeIdx(bytes: Uint8Array): boolean {
  const [zero, one, type, dimensions] = bytes;
  return zero === 0 && one === 0 && type === UNSIGNED_BYTES && [1, 3, 4].includes(dimensions ?? 0);
}

/** Reads the bytes of an IDX file. Throws BadInput where magic number or length are not what they should be. */
export function parseIdx({ name, bytes }: NamedBytes): Idx {
  if (!looksLikeIdx(bytes)) {
    throw new BadInput(
      `${name}: expected the magic number 00000803 (images) or 00000801 (labels) of an IDX file, ` +
        `got ${Buffer.from(bytes.subarray(0, 4)).toString('hex') || 'an empty file'}; give IDX or CIFAR-10 binary files.`,
    );
  }
  const dimensions = bytes[3]!;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) {
    throw new BadInput(
      `${name}: expected an IDX header of ${header} bytes, got ${bytes.length}; it is cut off, get it again.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + sizes.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    throw new BadInput(
      `${name}: expected ${expected} bytes for ${sizes.join(' x ')} values, got ${bytes.length}; ` +
        `it is ${bytes.length < expected ? 'cut off' : 'damaged'}, get it again.`,
    );
  }
  return { sizes, values: bytes.subarray(header) };
}

/** Pairs images with labels. Throws BadInput where the two files do not belong together. */
export function readIdxPair(imageFile: NamedBytes, labelFile: NamedBytes): Images {
  const images = parseIdx(imageFile);
  const labels = parseIdx(labelFile);
  const [count = 0, height = 0, width = 0, channels = 1] = images.sizes;
  if (images.sizes.length < 3 || images.sizes.length > MAX_DIMENSIONS || labels.sizes.length !== 1) {
    throw new BadInput(
      `${imageFile.name} and ${labelFile.name}: expected images with 3 dimensions and labels with 1, ` +
        `got ${images.sizes.length} and ${labels.sizes.length}; check which file is which.`,
    );
  }
  if (count === 0 || count !== labels.values.length) {
    throw new BadInput(
      `${imageFile.name} and ${labelFile.name}: expected as many images as labels and at least one, ` +
        `got ${count} images and ${labels.values.length} labels; give two files of the same set.`,
    );
  }
  return { pixels: images.values, labels: labels.values, shape: [height, width, channels] };
}
