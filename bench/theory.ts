/**
 * What guessingBias takes: the law with its expected largest share and entropy, then a distribution function and a quantile of it.
 * Then how well the law of the guesses fits networks that tfjs draws (`guess-laws`).
 *
 * Prints tables; `npm run bench -- theory`. Arguments: [repetitions] [initialisations] [inputs] [part of a network's name].
 */
import { guessLaws } from './guess-laws.js';
import { type Estimate, estimate } from './pairs.js';

type Theory = typeof import('../dist/theory/index.js');
const { guessingBias } = (await import(new URL('../theory/index.js', import.meta.url).href)) as Theory;

const REPETITIONS = Number(process.argv[2] ?? 31);
const INITS = Number(process.argv[3] ?? 1000);
const INPUTS = Number(process.argv[4] ?? 256);
const PART = process.argv[5] ?? '';
const GAMMA = 2.13;
const TARGET = 50;

/** CPU time of this process, which other work on the machine does not lengthen, and time on the clock; milliseconds. */
function timed(what: () => unknown): { cpu: Estimate; clock: Estimate; first: number } {
  const [cpu, clock]: [number[], number[]] = [[], []];
  for (let i = 0; i < REPETITIONS; i++) {
    const [usage, start] = [process.cpuUsage(), performance.now()];
    what();
    clock.push(performance.now() - start);
    const { user, system } = process.cpuUsage(usage);
    cpu.push((user + system) / 1000);
  }
  return { cpu: estimate(cpu), clock: estimate(clock), first: cpu[0]! };
}

console.log(`gamma ${GAMMA}, medians of ${REPETITIONS} with 95 % intervals, milliseconds; Node ${process.version}`);
console.log('| | CPU | clock | first, CPU | at most | |\n|---|---|---|---|---|---|');
for (const classes of [2, 10, 1000, 10_000]) {
  const law = guessingBias({ gamma: GAMMA, classes });
  const row = (name: string, what: () => unknown, most: number | null) => {
    const { cpu, clock, first } = timed(what);
    const shown = ({ median, low, high }: Estimate) => `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
    const verdict = most === null ? '' : cpu.median <= most ? 'met' : 'not met';
    console.log(
      `| C = ${classes}, ${name} | ${shown(cpu)} | ${shown(clock)} | ${first.toFixed(1)} | ${most ?? ''} | ${verdict} |`,
    );
  };
  row('law, largest share, entropy', () => guessingBias({ gamma: GAMMA, classes }), classes === 1000 ? TARGET : null);
  row('cdf', () => law.cdf(1 / classes), null);
  row('top.quantile', () => law.top.quantile(0.95), null);
}

await guessLaws({ inits: INITS, inputs: INPUTS, part: PART });
process.exit(0);
