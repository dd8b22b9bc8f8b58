/** What a command of the command line is, and what it may use. */

/** The surroundings of a command: a test brings its own. */
export interface Terminal {
  readonly env: { readonly [name: string]: string | undefined };
  /** Writes to standard output; resolves when there is room for more. */
  readonly out: (text: string) => Promise<void>;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** Resolves when the user wants a command that goes on to stop (Ctrl-C). */
  readonly stopped: () => Promise<void>;
}

/** One option: a flag, or a word for its value in the help. */
export interface OptionHelp {
  readonly value: string | null;
  readonly help: string;
}

/** Values by name of option; a flag that is not set is absent. */
export type OptionValues = { readonly [name: string]: string | true | undefined };

export interface Command {
  /** One line of the help. */
  readonly help: string;
  /** Names of its arguments, all required. */
  readonly operands: readonly string[];
  readonly options: { readonly [name: string]: OptionHelp };
  /** What the help adds below the options. */
  readonly notes?: string;
  /** Resolves to the exit code. Throws a UsageError (exit code 2) or another Error (1) of one sentence. */
  readonly run: (values: OptionValues, operands: readonly string[], terminal: Terminal) => Promise<number>;
}

export const LOGDIR: OptionHelp = { value: 'DIR', help: 'directory of the runs (default: runs, or CLASSWATCH_LOGDIR)' };

/** An option as it is written; TensorBoard's underscores are read as well. */
export function optionName(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** The log directory: option, then environment, then `runs`. */
export function logdirOf(values: OptionValues, { env }: Terminal): string {
  return textOf(values, 'logdir') ?? (env.CLASSWATCH_LOGDIR || 'runs');
}

/** The text of an option that takes one. */
export function textOf(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return value === true ? undefined : value;
}
