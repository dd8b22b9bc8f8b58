/** MNIST from its public mirror into the user's cache, each file checked by its SHA-256. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { unpack } from './file.ts';
import { readIdxPair } from './idx.ts';
import type { Images } from './images.ts';

export const MNIST_URL = 'https://storage.googleapis.com/cvdf-datasets/mnist/';

const TRAIN_IMAGES = 'train-images-idx3-ubyte.gz';
const TRAIN_LABELS = 'train-labels-idx1-ubyte.gz';
const TEST_IMAGES = 't10k-images-idx3-ubyte.gz';
const TEST_LABELS = 't10k-labels-idx1-ubyte.gz';

/** SHA-256 of each file. */
export const MNIST_FILES: Readonly<Record<string, string>> = {
  [TRAIN_IMAGES]: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  [TRAIN_LABELS]: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  [TEST_IMAGES]: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  [TEST_LABELS]: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
};

/** The largest of the four files has 9.9 MB. */
const MAX_DOWNLOAD_BYTES = 16 * 1024 * 1024;

export interface Source {
  /** Folder on the web, with a slash at its end. */
  readonly url: string;
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder on this machine. */
  readonly cache: string;
  /** Milliseconds until the server must have answered, and between two pieces of a file. */
  readonly answerWithin: number;
  readonly pieceWithin: number;
}

/** Where the operating system wants files that can be fetched again. */
export function userCache(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'classwatch');
  if (platform === 'win32' && environment.LOCALAPPDATA) return join(environment.LOCALAPPDATA, 'classwatch', 'Cache');
  return join(homedir(), ...(platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']), 'classwatch');
}

/** MNIST, 60,000 images to train on and 10,000 to test. Throws an Error with a sentence if it is not to be had. */
export async function downloadMnist(url = MNIST_URL): Promise<{ train: Images; test: Images }> {
  const cache = join(userCache(), 'mnist');
  const files = await fetchFiles({ url, files: MNIST_FILES, cache, answerWithin: 3000, pieceWithin: 10000 });
  const read = (name: string) => unpack({ name, bytes: files.get(name)! });
  return {
    train: readIdxPair(read(TRAIN_IMAGES), read(TRAIN_LABELS)),
    test: readIdxPair(read(TEST_IMAGES), read(TEST_LABELS)),
  };
}

/** All files of a source, from the cache where they are whole there, else from the web. Throws an Error with a sentence. */
export async function fetchFiles(source: Source): Promise<Map<string, Uint8Array>> {
  const stop = new AbortController();
  try {
    const names = Object.keys(source.files);
    const contents = await Promise.all(names.map((name) => fetchFile(source, name, stop)));
    return new Map(names.map((name, i) => [name, contents[i]!]));
  } finally {
    // The first failure ends the other downloads too.
    stop.abort();
  }
}

async function fetchFile(source: Source, name: string, stop: AbortController): Promise<Uint8Array> {
  const expected = source.files[name]!;
  const path = join(source.cache, name);
  const cached = readCached(path);
  if (cached && sha256(cached) === expected) return cached;
  const bytes = await download(new URL(name, source.url), source, stop.signal);
  const actual = sha256(bytes);
  if (actual !== expected) {
    throw new Error(`${name}: expected SHA-256 ${expected}, got ${actual} (${bytes.length} bytes)`);
  }
  writeCached(source.cache, path, bytes);
  return bytes;
}

async function download(url: URL, source: Source, stop: AbortSignal): Promise<Uint8Array> {
  const late = new AbortController();
  let timer = setTimeout(() => late.abort(), source.answerWithin);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let trouble = 'could not be reached';
  try {
    const response = await fetch(url, { signal: AbortSignal.any([stop, late.signal]) });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
    trouble = 'broke off';
    for await (const piece of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => late.abort(), source.pieceWithin);
      length += piece.length;
      if (length > MAX_DOWNLOAD_BYTES) throw new Error(`${url} sent more than ${MAX_DOWNLOAD_BYTES} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    if (late.signal.aborted) throw new Error(`${url.host} did not answer in time`);
    throw describe(error as Error, `${url.host} ${trouble}`);
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` hides why it failed in the cause of its error. */
function describe(error: Error, trouble: string): Error {
  const { code } = (error.cause ?? {}) as { code?: string };
  if (code === undefined && error.name !== 'TypeError') return error;
  return new Error(`${trouble} (${code ?? error.message})`);
}

function readCached(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** The cache only saves time: where it cannot be written, training goes on without it. */
function writeCached(folder: string, path: string, bytes: Uint8Array): void {
  // Written beside and renamed, so that nobody ever reads half a file.
  const part = `${path}.${process.pid}.part`;
  try {
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(part, bytes);
      renameSync(part, path);
    } finally {
      rmSync(part, { force: true });
    }
  } catch {
    // Told nobody: the data are there.
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
