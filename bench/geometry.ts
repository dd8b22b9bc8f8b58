/**
 * What classifier geometry costs in plain TypeScript and in SIMD: moments of the features of an epoch out of batches, and the measures that follow.
 * A process of its own for each way to keep the scatter, so that peaks of memory are its own; medians over runs after the first.
 *
 * Prints a table; `npm run bench -- geometry`. Arguments: [runs] [examples] [columns] [classes].
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  ClassMoments,
  featureEnergy,
  meansBasis,
  neuralCollapse,
  neuralCollapseOf,
  type Products,
  plainProducts,
  principalAxes,
  symmetricEigen,
} from 'classwatch/geometry';
import { simdProducts } from 'classwatch/wasm';
import { uniform } from './examples.js';
import { estimate, show } from './pairs.js';

const [RUNS, EXAMPLES, COLUMNS, CLASSES] = [5, 5000, 512, 100].map((usual, i) =>
  Number(process.argv[2 + i] ?? usual),
) as [number, number, number, number];
const BATCH = 128;
const MAX_MS = 150;
const MAX_MB = 64;

interface Data {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly weights: Float32Array;
}

/** Milliseconds; `own` is processor time of this process, which a busy machine leaves alone. */
interface Took {
  readonly wall: number;
  readonly own: number;
}

interface Run {
  readonly accumulating: Took;
  readonly measuring: Took;
}

function examples(): Data {
  const random = uniform(1);
  const normal = () => random() + random() + random() + random() - 2;
  const mus = Float32Array.from({ length: CLASSES * COLUMNS }, normal);
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const features = Float32Array.from(
    { length: EXAMPLES * COLUMNS },
    (_, i) => mus[labels[Math.floor(i / COLUMNS)]! * COLUMNS + (i % COLUMNS)]! + normal(),
  );
  return { features, labels, weights: mus.map((value) => value + 0.1 * normal()) };
}

function timed<T>(work: () => T): [result: T, took: Took] {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = work();
  const wall = performance.now() - start;
  return [result, { wall, own: process.cpuUsage(cpu).user / 1000 }];
}

function streamed(
  { features, labels, weights }: Data,
  scatter: 'full' | 'none' | ReturnType<typeof meansBasis>,
  products: Products = plainProducts,
): Run {
  const [moments, accumulating] = timed(() => {
    const moments = new ClassMoments({ classes: CLASSES, columns: COLUMNS, scatter, products });
    for (let from = 0; from < EXAMPLES; from += BATCH) {
      const to = Math.min(EXAMPLES, from + BATCH);
      moments.add(features.subarray(from * COLUMNS, to * COLUMNS), labels.subarray(from, to));
    }
    return moments;
  });
  const [, measuring] = timed(() => [neuralCollapseOf(moments, { weights }), featureEnergy(moments)]);
  return { accumulating, measuring };
}

const NOTHING: Took = { wall: 0, own: 0 };

function beforehand(data: Data) {
  const moments = new ClassMoments({ classes: CLASSES, columns: COLUMNS, scatter: 'none' });
  moments.add(data.features, data.labels);
  return moments;
}

/** What is prepared is not timed. */
const WAYS: Record<string, (data: Data) => () => Run> = {
  'scatter of all columns': (data) => () => streamed(data, 'full'),
  'scatter in the class means before': (data) => {
    const basis = meansBasis(beforehand(data));
    return () => streamed(data, basis);
  },
  'no scatter (no NC1)': (data) => () => streamed(data, 'none'),
  'all examples at hand, NC4 too': (data) => () => {
    const [, measuring] = timed(() => neuralCollapse({ ...data, columns: COLUMNS }));
    return { accumulating: NOTHING, measuring };
  },
  'scatter of all columns, SIMD': (data) => () => streamed(data, 'full', simdProducts() ?? plainProducts),
  'scatter in the class means before, SIMD': (data) => {
    const basis = meansBasis(beforehand(data));
    return () => streamed(data, basis, simdProducts() ?? plainProducts);
  },
  'all examples at hand, NC4 too, SIMD': (data) => () => {
    const products = simdProducts() ?? plainProducts;
    const [, measuring] = timed(() => neuralCollapse({ ...data, columns: COLUMNS, products }));
    return { accumulating: NOTHING, measuring };
  },
  'two principal axes': (data) => {
    const means = beforehand(data).means();
    return () => {
      const [, measuring] = timed(() => principalAxes({ weights: data.weights, means, columns: COLUMNS }));
      return { accumulating: NOTHING, measuring };
    };
  },
  'eigenvalues of 1,000 rows': () => {
    const random = uniform(2);
    const matrix = Float64Array.from({ length: 1e6 }, random);
    return () => {
      const [, measuring] = timed(() => symmetricEigen(matrix, 1000));
      return { accumulating: NOTHING, measuring };
    };
  },
};

function report(name: string): void {
  const run = WAYS[name]!(examples());
  const before = process.memoryUsage().rss;
  const first = run();
  const peak = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
  const rest = Array.from({ length: RUNS }, run);
  const of = (pick: (run: Run) => number) => show(estimate(rest.map(pick)), 0);
  const total = estimate(rest.map((one) => one.accumulating.own + one.measuring.own)).median;
  const cells = [
    name,
    of((one) => one.accumulating.wall),
    of((one) => one.measuring.wall),
    of((one) => one.accumulating.own + one.measuring.own),
    (first.accumulating.own + first.measuring.own).toFixed(0),
    peak.toFixed(0),
    // It is about an epoch's batches.
    first.accumulating === NOTHING ? '' : total < MAX_MS && peak < MAX_MB ? 'met' : 'not met',
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const only = process.env.BENCH_WAY;
if (only !== undefined) report(only);
else {
  console.log(`${EXAMPLES} examples of ${COLUMNS} columns in ${CLASSES} classes, batches of ${BATCH}; ms and MB.`);
  console.log(`Target: ${MAX_MS} ms of processor time in all, ${MAX_MB} MB.\n`);
  console.log('| | accumulating | measures | processor time of both | first run | peak memory | target |');
  console.log('|---|---|---|---|---|---|---|');
  for (const way of Object.keys(WAYS)) {
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      env: { ...process.env, BENCH_WAY: way },
      stdio: 'inherit',
    });
  }
}
