/**
 * How long the optimum of the layer-peeled model takes, and the duality gap that it comes with: two groups of classes, graded
 * counts (all different, geometric from 100 R down to 100), at the gap that is asked for.
 *
 * Prints a table; `npm run bench -- layer-peeled`. Arguments: [rounds].
 */
import { estimate } from './pairs.js';

type Theory = typeof import('../dist/theory/index.js');
const { collapseRatio, layerPeeledModel, minorityCollapseThresholds } = (await import(
  new URL('../theory/index.js', import.meta.url).href
)) as Theory;

const ROUNDS = Number(process.argv[2] ?? 11);

interface Case {
  readonly name: string;
  readonly counts: readonly number[];
  readonly gap: number;
  /** Milliseconds. */
  readonly target: number;
}

const graded = (classes: number, ratio: number) =>
  Array.from({ length: classes }, (_, k) => 100 * ratio ** (1 - k / (classes - 1)));
const groups = (majority: number, minority: number, ratio: number) => [
  ...new Array<number>(majority).fill(ratio),
  ...new Array<number>(minority).fill(1),
];

const CASES: readonly Case[] = [
  { name: '5 + 5 classes, R = 10', counts: groups(5, 5, 10), gap: 1e-10, target: 2 },
  { name: '5 + 5 classes, R = 100', counts: groups(5, 5, 100), gap: 1e-10, target: 2 },
  { name: '50 + 50 classes, R = 100', counts: groups(50, 50, 100), gap: 1e-10, target: 2 },
  { name: '10 graded, R = 100', counts: graded(10, 100), gap: 1e-6, target: Infinity },
  { name: '10 graded, R = 100', counts: graded(10, 100), gap: 1e-10, target: Infinity },
  { name: '100 graded, R = 10', counts: graded(100, 10), gap: 1e-6, target: 3000 },
  { name: '100 graded, R = 10', counts: graded(100, 10), gap: 1e-8, target: Infinity },
  { name: '100 graded, R = 100', counts: graded(100, 100), gap: 1e-6, target: 3000 },
  { name: '100 graded, R = 100', counts: graded(100, 100), gap: 1e-8, target: Infinity },
];

interface Times {
  readonly wall: number;
  readonly processor: number;
}

/** Median milliseconds of some calls, after one that warms up: by the clock, and of the processor, which others do not lengthen. */
function timed(times: number, call: () => void): Times {
  call();
  const all = Array.from({ length: times }, () => {
    const start = performance.now();
    const before = process.cpuUsage();
    call();
    return { wall: performance.now() - start, processor: process.cpuUsage(before).user / 1000 };
  });
  return {
    wall: estimate(all.map(({ wall }) => wall)).median,
    processor: estimate(all.map(({ processor }) => processor)).median,
  };
}

const text = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

console.log(
  '| counts (energies 1 and 5) | gap asked for, share of the loss | gap | ms | ms of the processor | at most | |\n' +
    '|---|---|---|---|---|---|---|',
);
for (const { name, counts, gap, target } of CASES) {
  const solve = () => layerPeeledModel({ counts, weightEnergy: 1, featureEnergy: 5, gap });
  const { wall, processor } = timed(new Set(counts).size > 20 ? ROUNDS : 10 * ROUNDS, solve);
  const verdict = target === Infinity ? '|' : `${target} | ${wall <= target ? 'met' : 'not met'}`;
  const reached = solve().gap.toExponential(1);
  console.log(`| ${name} | ${gap.toExponential()} | ${reached} | ${text(wall)} | ${text(processor)} | ${verdict} |`);
}

const thresholds = () => minorityCollapseThresholds({ majority: 50, minority: 50, weightEnergy: 1, featureEnergy: 5 });
console.log(`\nR0 and R1: ${text(timed(10 * ROUNDS, thresholds).wall)} ms`);
for (const classes of [10, 100]) {
  const rows = (seed: number) =>
    Array.from({ length: classes }, (_, c) =>
      Array.from({ length: 128 }, (__, j) => Math.sin(seed * (c + 1) * (j + 1))),
    );
  const input = { counts: graded(classes, 100), weightDecay: 0.01, classifier: rows(1.1), classMeans: rows(0.7) };
  const { wall } = timed(ROUNDS, () => collapseRatio(input));
  console.log(`Collapse ratio, ${classes} classes, 128 features: ${text(wall)} ms`);
}
