/** Which run a person means. */
import { nearest } from '../nearest.ts';
import type { RunSummary, Store } from '../store/store.ts';

/** Runs named when a word fits several. */
const MAX_NAMED = 5;

/**
 * The run with this id or name, or the only one whose id or name begins like this. Throws one sentence if there is none,
 * or more than one.
 */
export function findRun(store: Store, word: string): RunSummary {
  const runs = store.runs();
  const tests: ((row: RunSummary) => boolean)[] = [
    ({ run }) => run === word,
    ({ name }) => name === word,
    ({ run, name }) => word !== '' && (run.startsWith(word) || begins(name, word)),
  ];
  for (const test of tests) {
    const found = runs.filter(test);
    if (found.length === 1) return found[0]!;
    if (found.length > 1)
      throw new Error(`${quote(word)} fits ${found.length} runs (${listed(found)}): give more of the id.`);
  }
  if (runs.length === 0)
    throw new Error(
      `There is no run ${quote(word)}, nor any other, in the log directory: choose another one with --logdir.`,
    );
  const close = nearest(
    word,
    runs.map(({ run }) => run),
  );
  throw new Error(
    `There is no run ${quote(word)}${close === null ? '' : `: the nearest is ${close}`}; classwatch list shows all.`,
  );
}

/** The name in a damaged file need not be a text. */
function begins(name: unknown, word: string): boolean {
  return typeof name === 'string' && name.startsWith(word);
}

function listed(runs: readonly RunSummary[]): string {
  const ids = runs.slice(0, MAX_NAMED).map(({ run }) => run);
  return ids.join(', ') + (runs.length > MAX_NAMED ? ' …' : '');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
