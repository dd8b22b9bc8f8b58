/** Finds a data set in a folder: an IDX pair or two, or CIFAR-10's binary batches; gzipped or not. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { BadInput } from './bad-input.ts';
import { CIFAR10_CLASSES, readCifar } from './cifar.ts';
import { isGzip, readData } from './file.ts';
import { looksLikeIdx, readIdxPair } from './idx.ts';
import type { Images } from './images.ts';

/** A folder with more is no folder of data files. */
const MAX_FILES = 1000;

/** What a folder holds: at least one of the two sets. */
export interface Found {
  readonly train: Images | null;
  readonly test: Images | null;
  readonly classNames: readonly string[];
}

/** Reads the data set in a folder. Throws BadInput if there is none, more than one, or a damaged one. */
export function readDirectory(folder: string): Found {
  const names = listFiles(folder);
  return findCifar(folder, names) ?? findIdx(folder, names) ?? nothingIn(folder);
}

function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    // Of a file that lies there both packed and unpacked, the unpacked one is taken.
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    const all = new Set(names);
    return names
      .filter((name) => !(name.endsWith('.gz') && all.has(name.slice(0, -3))))
      .sort()
      .slice(0, MAX_FILES);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new BadInput(`--data: expected a folder with data files, got ${folder} (${reason}); check the path.`);
  }
}

function nothingIn(folder: string): never {
  throw new BadInput(
    `--data: expected IDX files (such as train-images-idx3-ubyte.gz) or CIFAR-10 binary batches (data_batch_1.bin), ` +
      `got none in ${folder}; give the folder that holds them.`,
  );
}

function findCifar(folder: string, names: readonly string[]): Found | null {
  const read = (pattern: RegExp) => {
    const batches = names.filter((name) => pattern.test(name));
    return batches.length > 0 ? readCifar(batches.map((name) => readData(join(folder, name)))) : null;
  };
  const train = read(/^data_batch_\d+\.bin(\.gz)?$/);
  const test = read(/^test_batch\.bin(\.gz)?$/);
  return train || test ? { train, test, classNames: CIFAR10_CLASSES } : null;
}

function findIdx(folder: string, names: readonly string[]): Found | null {
  // A file that is called IDX is read as one, so that a damaged one is named instead of overlooked.
  const files = names.filter((name) => /idx[134]/i.test(name) || looksLikeIdx(firstBytes(join(folder, name))));
  if (files.length === 0) return null;
  const train = readRole(folder, files, 'train');
  const test = readRole(folder, files, 'test');
  const labels = [train, test].flatMap((set) => (set ? [set.labels] : []));
  const classes = 1 + labels.reduce((max, list) => list.reduce((a, b) => Math.max(a, b), max), 0);
  return { train, test, classNames: Array.from({ length: classes }, (_, i) => String(i)) };
}

type Role = 'train' | 'test';

/** A pair whose name does not say "train" counts as a test set: without a train set it is split anyway. */
function roleOf(name: string): Role {
  return /train/i.test(name) ? 'train' : 'test';
}

function readRole(folder: string, files: readonly string[], role: Role): Images | null {
  const ofRole = files.filter((name) => roleOf(name) === role);
  if (ofRole.length === 0) return null;
  const isLabels = (name: string) => /label|idx1/i.test(name) || firstBytes(join(folder, name))[3] === 1;
  const labels = ofRole.filter(isLabels);
  const images = ofRole.filter((name) => !isLabels(name));
  if (labels.length !== 1 || images.length !== 1) {
    throw new BadInput(
      `--data: expected one file of images and one of labels for the ${role} set in ${folder}, ` +
        `got ${images.length} and ${labels.length} (${ofRole.join(', ')}); keep one pair per folder.`,
    );
  }
  return readIdxPair(readData(join(folder, images[0]!)), readData(join(folder, labels[0]!)));
}

/** The first bytes of a file, unpacked; empty if it cannot be read. */
function firstBytes(path: string): Uint8Array {
  const start = new Uint8Array(512);
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = start.subarray(0, readSync(file, start));
      return isGzip(bytes) ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
    } finally {
      closeSync(file);
    }
  } catch {
    return new Uint8Array();
  }
}
