/** What the example trains on: a folder that the user names, MNIST, or digits that it draws itself. */
import { basename, resolve } from 'node:path';
import { BadInput } from './bad-input.ts';
import { readDirectory } from './directory.ts';
import { downloadMnist } from './download.ts';
import { type Images, imageSize } from './images.ts';
import { imbalance } from './imbalance.ts';
import { renderDigits } from './render.ts';
import { sample, split } from './split.ts';

const TEST_SHARE = 0.2;
/** Enough to see a recall move by one percent, small enough to be evaluated after each short epoch. */
const PROBE_PER_CLASS = 100;
const DRAWN_PER_CLASS = 1500;

export interface DataSet {
  /** In a few words, for the list of runs. */
  readonly name: string;
  /** One sentence: where the images come from. */
  readonly origin: string;
  readonly classNames: readonly string[];
  /** Imbalanced: the first class is the most frequent, the last one the rarest. */
  readonly train: Images;
  /** Kept aside; all classes alike, as far as the data allow. */
  readonly probe: Images;
}

export interface DataOptions {
  /** Folder with IDX or CIFAR-10 files; null: MNIST, and drawn digits where MNIST is not to be had. */
  readonly folder: string | null;
  /** Draw digits without asking for MNIST. */
  readonly drawn: boolean;
  readonly imbalance: number;
  readonly seed: number;
  /** Another place than MNIST's own to get it from. */
  readonly mnistUrl?: string;
}

interface Raw {
  readonly name: string;
  readonly origin: string;
  readonly classNames: readonly string[];
  readonly train: Images | null;
  readonly test: Images | null;
}

/** Loads, splits where there is no test set, and cuts the training set to its long tail. Throws BadInput. */
export async function loadDataSet(options: DataOptions): Promise<DataSet> {
  const raw = await loadRaw(options);
  const classes = raw.classNames.length;
  const { train, test } = raw.train && raw.test ? { train: raw.train, test: raw.test } : splitOnly(raw, options.seed);
  checkFit(train, test, classes);
  return {
    name: raw.name,
    origin: raw.origin,
    classNames: raw.classNames,
    train: imbalance(train, classes, options.imbalance, options.seed),
    probe: sample(test, classes, PROBE_PER_CLASS, options.seed),
  };
}

async function loadRaw({ folder, drawn, seed, mnistUrl }: DataOptions): Promise<Raw> {
  if (folder !== null) {
    const path = resolve(folder);
    return { name: basename(path), origin: `Data: ${path}.`, ...readDirectory(folder) };
  }
  const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));
  const draw = (why: string) => ({
    name: 'drawn digits',
    origin: `Data: digits that this example draws itself (${why}).`,
    classNames,
    train: renderDigits(DRAWN_PER_CLASS, seed),
    test: null,
  });
  if (drawn) return draw('--drawn');
  try {
    return {
      name: 'MNIST',
      origin: 'Data: MNIST, handwritten digits.',
      classNames,
      ...(await downloadMnist(mnistUrl)),
    };
  } catch (error) {
    return draw(`MNIST is not to be had: ${(error as Error).message}`);
  }
}

function splitOnly(raw: Raw, seed: number): { train: Images; test: Images } {
  return split((raw.train ?? raw.test)!, raw.classNames.length, TEST_SHARE, seed);
}

function checkFit(train: Images, test: Images, classes: number): void {
  if (imageSize(train) !== imageSize(test)) {
    const [a, b] = [train.shape.join(' x '), test.shape.join(' x ')];
    throw new BadInput(`--data: expected one size of images, got ${a} to train and ${b} to test; give one data set.`);
  }
  if (new Set(train.labels).size < 2) {
    throw new BadInput(`--data: expected images of at least 2 classes, got ${classes}; give a set with more classes.`);
  }
}
