/**
 * How untrained networks of tfjs guess, against the law that follows from their configuration: describeStack, meanField and
 * guessingBias with the number of inputs, on one side, a survey of the same model on the other. Kolmogorov distances of the shares of
 * all classes and of the largest share.
 */
import * as tf from '@tensorflow/tfjs';
import { describeStack, inputStatistics, type SurveyMode, survey } from 'classwatch';
import { uniform } from './examples.js';
import { type Architecture, architectures } from './guess-networks.js';
import { startWasm } from './start-wasm.js';

type Theory = typeof import('../dist/theory/index.js');
const { directionsOf, gammaOfWidth, guessingBias, meanField } = (await import(
  new URL('../theory/index.js', import.meta.url).href
)) as Theory;

export interface GuessLawOptions {
  readonly inits: number;
  /** Number D of inputs on which guesses are counted. */
  readonly inputs: number;
  /** Of architectures: those whose names have it. */
  readonly part: string;
}

const TARGET = 0.08;
const CLASSES = 10;
const RESAMPLES = 200;
/** Prints a row for each architecture and mode as soon as it is surveyed. */
export async function guessLaws({ inits, inputs, part }: GuessLawOptions): Promise<void> {
  await startWasm();
  console.log(`\nD = ${inputs} inputs, ${CLASSES} classes, ${inits} initialisations each\n`);
  console.log(
    '| network | mode | gamma, predicted | width adds | gamma, surveyed | top share, predicted | surveyed | distance, all shares | noise | distance, top share | noise | seconds | at most ' +
      `${TARGET} |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|`,
  );
  for (const architecture of architectures(CLASSES)) {
    if (architecture.name.includes(part)) await compare(architecture, inits, inputs);
  }
}

async function compare(architecture: Architecture, inits: number, inputs: number): Promise<void> {
  const { name, shape, claimed } = architecture;
  const features = shape.reduce((all, length) => all * length, 1);
  const xs = architecture.inputs(inputs);
  const model = architecture.build();
  const { stack, input, undescribed } = describeStack(model, inputStatistics(xs.dataSync(), features));
  if (stack === null) throw new Error(`${name}: ${undescribed.map(({ layer, reason }) => `${layer} ${reason}`)}`);
  const start = performance.now();
  const found = await survey(tf, model, xs, { inits, batchSize: inputs, onProgress: progress(name) });
  const seconds = (performance.now() - start) / 1000;
  for (const [mode, guesses] of [
    ['evaluation', found.evaluation],
    ['training', found.training],
  ] as const) {
    if (guesses === null) continue;
    const { gamma } = meanField(stack, { ...input, training: mode === 'training' }).at(-1)!;
    // Theory of finite width is about evaluation mode.
    const n = mode === 'evaluation' ? directionsOf(stack, { ...input, directions: input.directions! }) : null;
    const width = n === null ? null : gammaOfWidth(n, CLASSES);
    console.log(row(`${name} | ${mode}`, { guesses, inputs, seconds, claimed, gamma, width }));
  }
  model.dispose();
  xs.dispose();
}

function progress(name: string): (done: number, of: number) => void {
  return (done, of) => {
    if (!process.stderr.isTTY && done % 100 !== 0) return;
    process.stderr.write(process.stderr.isTTY ? `\r${name}: ${done} of ${of}   \r` : `${name}: ${done} of ${of}\n`);
  };
}

interface Compared {
  readonly gamma: number;
  /** What finite width adds; null where theory can't say. */
  readonly width: number | null;
  readonly guesses: SurveyMode;
  readonly inputs: number;
  readonly seconds: number;
  readonly claimed: boolean;
}

function row(head: string, { gamma, width, guesses, inputs, seconds, claimed }: Compared): string {
  const law = guessingBias({ gamma: gamma + (width ?? 0), classes: CLASSES, examples: inputs });
  const all = against(law.cdf, guesses.fractions, inputs);
  const top = against(
    law.top.cdf,
    guesses.topShares.map((share) => [share]),
    inputs,
  );
  const isMet = Math.max(all.distance, top.distance) < TARGET;
  const [low, high] = guesses.gammaInterval!;
  const mean = guesses.topShares.reduce((sum, share) => sum + share, 0) / guesses.topShares.length;
  const cells = [
    ...[
      head,
      gamma.toFixed(4),
      width?.toFixed(4) ?? '',
      `${guesses.gamma!.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`,
    ],
    ...[law.topShare.toFixed(4), mean.toFixed(4)],
    ...[all.distance, all.noise, top.distance, top.noise].map((value) => value.toFixed(3)),
    ...[seconds.toFixed(0), claimed ? (isMet ? 'met' : 'not met') : ''],
  ];
  return `| ${cells.join(' | ')} |`;
}

interface Distance {
  /** Largest difference of the two distribution functions. */
  readonly distance: number;
  /** What it would be in 95 of 100 surveys if the law were true: networks drawn anew from those surveyed, against all of them. */
  readonly noise: number;
}

/** Shares come in steps of 1 / D, so that both distribution functions jump there and nowhere else. */
function against(cdf: (share: number) => number, networks: readonly (readonly number[])[], inputs: number): Distance {
  const counts = networks.map((shares) => shares.map((share) => Math.round(share * inputs)));
  const measured = distribution(counts, inputs);
  const law = Float64Array.from({ length: inputs + 1 }, (_, j) => cdf(j / inputs));
  const random = uniform(3);
  const again = Array.from({ length: RESAMPLES }, () => {
    const drawn = counts.map(() => counts[Math.floor(random() * counts.length)]!);
    return kolmogorov(distribution(drawn, inputs), measured);
  }).sort((a, b) => a - b);
  return { distance: kolmogorov(measured, law), noise: again[Math.floor(0.95 * RESAMPLES)]! };
}

function distribution(networks: readonly (readonly number[])[], inputs: number): Float64Array {
  const values = new Float64Array(inputs + 1);
  const each = 1 / networks.length / networks[0]!.length;
  for (const counts of networks) for (const count of counts) values[count]! += each;
  for (let j = 1; j <= inputs; j++) values[j]! += values[j - 1]!;
  return values;
}

function kolmogorov(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, j) => Math.max(most, Math.abs(value - b[j]!)), 0);
}
