/** Arguments of the command line against what a command knows. */
import { parseArgs } from 'node:util';
import { didYouMean } from '../nearest.ts';
import { UsageError } from '../usage-error.ts';
import { type Command, type OptionValues, optionName } from './command.ts';

/** Options and operands of a command. Throws a UsageError that names the nearest known option. */
export function parseArguments(
  name: string,
  command: Command,
  args: readonly string[],
): { values: OptionValues; operands: string[] } {
  const known = { ...command.options, help: { value: null, help: '' } };
  const options = Object.fromEntries(
    Object.entries(known).map(([option, { value }]) => [
      option,
      { type: value === null ? 'boolean' : 'string' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: args.map(spelled),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: { [option: string]: string | true } = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind === 'option') values[token.name] = optionValue(token, known);
  }
  if (!values.help) checkOperands(name, command, operands);
  return { values, operands };
}

/** Where the first operand is among the arguments, for the options of any of these commands; -1 if there is none. */
export function operandIndex(args: readonly string[], commands: readonly Command[]): number {
  const known = commands.flatMap(({ options }) => Object.entries(options));
  const options = Object.fromEntries(
    known.map(([option, { value }]) => [option, { type: value === null ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({
    args: args.map(spelled),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.find(({ kind }) => kind === 'positional')?.index ?? -1;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function optionValue({ name, rawName, value, inlineValue }: OptionToken, known: Command['options']): string | true {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    throw new UsageError(`Unknown option ${quote(rawName)}${didYouMean(name, Object.keys(known), optionName)}`);
  }
  if (option.value === null) {
    if (inlineValue)
      throw new UsageError(`Option ${optionName(name)} takes no value, got ${quote(value ?? '')}: leave it out.`);
    return true;
  }
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('--'))) {
    throw new UsageError(
      `Option ${optionName(name)} expects ${option.value}, got nothing: write ${optionName(name)} ${option.value}.`,
    );
  }
  return value;
}

function checkOperands(name: string, { operands }: Command, given: readonly string[]): void {
  if (given.length === operands.length) return;
  const expected = operands.length === 0 ? 'no argument' : operands.join(' ');
  const got = given.length === 0 ? 'nothing' : given.map(quote).join(' ');
  throw new UsageError(`classwatch ${name} expects ${expected}, got ${got}: see classwatch ${name} --help.`);
}

/** TensorBoard spells its options with underscores; hyphens do as well. */
function spelled(argument: string): string {
  if (argument === '-h') return '--help';
  return argument.replace(/^--[a-z-]+/, (name) => `--${name.slice(2).replaceAll('-', '_')}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
