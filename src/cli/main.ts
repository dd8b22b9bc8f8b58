/** The command line: finds the command, checks what it is given, and turns errors into sentences and exit codes. */
import { didYouMean } from '../nearest.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';
import { operandIndex, parseArguments } from './arguments.ts';
import { type Command, optionName, type Terminal } from './command.ts';
import { doctor } from './doctor.ts';
import { exportRun } from './export.ts';
import { list } from './list.ts';
import { predict } from './predict.ts';
import { serve } from './serve.ts';

const COMMANDS: { readonly [name: string]: Command } = { serve, list, export: exportRun, predict, doctor };
const DEFAULT = 'serve';

/** Runs one command. Resolves to the exit code: 0, 1 if it failed, 2 if it was called wrongly; never rejects. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.err(`classwatch: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version') return say(terminal, `${VERSION}\n`);
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) return say(terminal, overview());
  if (first === 'help') return dispatch([...rest, '--help'], terminal);
  const at = commandIndex(args);
  const name = args[at] ?? DEFAULT;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const hint = didYouMean(name, Object.keys(COMMANDS), (one) => `classwatch ${one}`);
    throw new UsageError(`Unknown command ${JSON.stringify(name.slice(0, 80))}${hint}`);
  }
  const { values, operands } = parseArguments(name, command, at < 0 ? args : args.toSpliced(at, 1));
  if (values.help) return say(terminal, details(name, command));
  return command.run(values, operands, terminal);
}

/** Where the command is named: first, or after options; -1 if it is not. */
function commandIndex(args: readonly string[]): number {
  if (args[0] !== undefined && !args[0].startsWith('-')) return 0;
  const at = operandIndex(args, Object.values(COMMANDS));
  return Object.hasOwn(COMMANDS, args[at] ?? '') ? at : -1;
}

async function say(terminal: Terminal, text: string): Promise<number> {
  await terminal.out(text);
  return 0;
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { help, operands }]) => [[name, ...operands].join(' '), help] as const,
  );
  return `classwatch ${VERSION}: what every class does while a TensorFlow.js classifier trains

Usage: classwatch [command] [options]

${aligned(rows)}
  --help, --version
Each command tells its options with --help.
`;
}

function details(name: string, { help, operands, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help: what }]) => {
    return [value === null ? optionName(option) : `${optionName(option)} ${value}`, what] as const;
  });
  return `Usage: classwatch ${[name, ...operands].join(' ')} [options]: ${help}\n\n${aligned(rows)}\n${notes === undefined ? '' : `\n${notes}`}`;
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
