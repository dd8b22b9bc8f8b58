import { printable } from '../printable.ts';
import { openStore } from '../store/sqlite.ts';
import type { RunSummary } from '../store/store.ts';
import { type Command, LOGDIR, logdirOf } from './command.ts';
import { table } from './table.ts';

/** Characters of a name in the table. */
const MAX_SHOWN = 40;

/** The runs of a log directory, newest first. */
export const list: Command = {
  help: 'list the runs of a log directory, newest first',
  operands: [],
  options: { logdir: LOGDIR, json: { value: null, help: 'as a JSON array; times in ms since 1970' } },
  async run(values, _operands, terminal) {
    const logdir = logdirOf(values, terminal);
    const store = openStore(logdir, {
      readOnly: true,
      report: (sentence) => terminal.err(`classwatch: ${sentence}\n`),
    });
    const runs = store.runs();
    store.close();
    if (values.json) await terminal.out(`${JSON.stringify(runs, null, 2)}\n`);
    else await terminal.out(runs.length === 0 ? `There are no runs in ${logdir} yet.\n` : table(rowsOf(runs)));
    return 0;
  },
};

function rowsOf(runs: readonly RunSummary[]): string[][] {
  return [
    ['RUN', 'NAME', 'STATE', 'STEPS', 'STARTED'],
    ...runs.map(({ run, name, state, steps, started }) => [
      run,
      shown(name),
      printable(state),
      counted(steps),
      dated(started),
    ]),
  ];
}

function shown(name: unknown): string {
  const clean = printable(name);
  return clean.length <= MAX_SHOWN ? clean : `${clean.slice(0, MAX_SHOWN - 1)}…`;
}

function counted(steps: unknown): string {
  return typeof steps === 'number' ? String(steps) : '?';
}

function dated(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : Number.NaN);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}
