import { parseArgs } from 'node:util';
import { BadInput } from './data/bad-input.ts';

export interface Options {
  readonly data: string | null;
  readonly drawn: boolean;
  readonly imbalance: number;
  /** Null: as many as make about 1,500 steps. */
  readonly epochs: number | null;
  readonly batchSize: number;
  readonly seed: number;
  readonly once: boolean;
  readonly save: string | null;
  readonly help: boolean;
}

export const HELP = `Trains an image classifier on an imbalanced data set under classwatch.

  --data DIR       train on the IDX files (as MNIST has them) or CIFAR-10 binary files in DIR, gzipped or not
  --drawn          train on digits that the example draws itself, without asking for MNIST
  --imbalance R    the first class gets R times as many examples as the last (default 100; 1: leave the data as they are)
  --epochs N       default: as many as make about 1,500 steps
  --batch-size N   default 128
  --seed S         the same seed repeats the run (default 1)
  --once           exit when training ends, instead of serving the dashboard until Ctrl-C
  --save FILE      write the trained weights and the probe set to FILE (JSON)
`;

const KNOWN = {
  data: { type: 'string' },
  drawn: { type: 'boolean' },
  imbalance: { type: 'string' },
  epochs: { type: 'string' },
  'batch-size': { type: 'string' },
  seed: { type: 'string' },
  once: { type: 'boolean' },
  save: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Reads the command line. Throws BadInput for anything unknown or out of range. */
export function parseOptions(args: readonly string[]): Options {
  const { values, tokens } = parseArgs({ args: [...args], options: KNOWN, strict: false, tokens: true });
  for (const token of tokens) checkToken(token);
  const text = (name: keyof typeof KNOWN) => (typeof values[name] === 'string' ? values[name] : null);
  const epochs = text('epochs');
  return {
    data: text('data'),
    drawn: values.drawn === true,
    imbalance: inRange('--imbalance', text('imbalance') ?? '100', 1, 1e6),
    epochs: epochs === null ? null : whole('--epochs', epochs, 1, 1e5),
    batchSize: whole('--batch-size', text('batch-size') ?? '128', 1, 1e5),
    seed: whole('--seed', text('seed') ?? '1', 0, 2 ** 31 - 1),
    once: values.once === true,
    save: text('save'),
    help: values.help === true,
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function checkToken(token: Token): void {
  if (token.kind === 'positional') {
    throw new BadInput(`Expected options, got "${token.value}"; see --help.`);
  }
  if (token.kind !== 'option') return;
  const known = Object.hasOwn(KNOWN, token.name) ? KNOWN[token.name as keyof typeof KNOWN] : null;
  if (known === null) {
    throw new BadInput(`Unknown option ${token.rawName}: did you mean --${nearest(token.name, Object.keys(KNOWN))}?`);
  }
  if (known.type === 'string' && (!token.value || (!token.inlineValue && token.value.startsWith('-')))) {
    throw new BadInput(`${token.rawName}: expected a value after it, got ${token.value || 'none'}; see --help.`);
  }
  if (known.type === 'boolean' && token.value !== undefined) {
    throw new BadInput(`${token.rawName}: expected no value, got "${token.value}"; leave it out.`);
  }
}

function inRange(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new BadInput(`${name}: expected a number from ${least} to ${most}, got "${text}"; change it.`);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadInput(`${name}: expected a whole number from ${least} to ${most}, got "${text}"; change it.`);
}

/** The known word that takes the fewest insertions, deletions and changes of letters. */
function nearest(word: string, known: readonly string[]): string {
  const distances = known.map((candidate) => {
    // costs[j]: edits that turn the letters of `word` read so far into the first j letters of `candidate`.
    let costs = Array.from({ length: candidate.length + 1 }, (_, j) => j);
    for (const letter of word) {
      const next = [costs[0]! + 1];
      for (let j = 1; j < costs.length; j++) {
        const change = costs[j - 1]! + (letter === candidate[j - 1] ? 0 : 1);
        next.push(Math.min(change, costs[j]! + 1, next[j - 1]! + 1));
      }
      costs = next;
    }
    return costs.at(-1)!;
  });
  return known[distances.indexOf(Math.min(...distances))]!;
}
