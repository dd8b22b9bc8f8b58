/** CIFAR-10's binary version: per image one byte of label, then 1024 red, 1024 green and 1024 blue bytes. */
import { BadInput } from './bad-input.ts';
import type { NamedBytes } from './file.ts';
import type { Images } from './images.ts';

export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;

/** Reads one or more batches, in this order, as one set. Throws BadInput where a length or a label is wrong. */
export function readCifar(files: readonly NamedBytes[]): Images {
  const counts = files.map(countRecords);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pixels = new Uint8Array(total * 3 * PLANE);
  const labels = new Uint8Array(total);
  let at = 0;
  files.forEach((file, i) => {
    for (let record = 0; record < counts[i]!; record++, at++) {
      const bytes = file.bytes.subarray(record * RECORD, (record + 1) * RECORD);
      labels[at] = checkLabel(bytes[0]!, file.name, record);
      interleave(bytes.subarray(1), pixels.subarray(at * 3 * PLANE, (at + 1) * 3 * PLANE));
    }
  });
  return { pixels, labels, shape: [SIDE, SIDE, 3] };
}

function countRecords({ name, bytes }: NamedBytes): number {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new BadInput(
      `${name}: expected a multiple of ${RECORD} bytes (CIFAR-10 binary), got ${bytes.length}; ` +
        'it is cut off or not the binary version, get it again.',
    );
  }
  return bytes.length / RECORD;
}

function checkLabel(label: number, name: string, record: number): number {
  if (label < CIFAR10_CLASSES.length) return label;
  throw new BadInput(
    `${name}: expected labels from 0 to ${CIFAR10_CLASSES.length - 1}, got ${label} at image ${record}; ` +
      'give the binary version of CIFAR-10.',
  );
}

/** Three colour planes become one colour per pixel, as layers expect it. */
function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < PLANE; i++) pixels[3 * i + channel] = planes[channel * PLANE + i]!;
  }
}
