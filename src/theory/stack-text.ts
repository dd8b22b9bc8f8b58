/** The text of a stack, part by part; every error is a sentence that names the part. */
import { didYouMean } from '../nearest.ts';
import { ACTIVATIONS, type ActivationName, activationName } from './activations.ts';

const KINDS = [
  ...['dense', 'conv', 'batchNorm', 'layerNorm', 'maxPool', 'avgPool', 'globalAvgPool'],
  ...['dropout', 'flatten', 'residual', 'input'],
];

/** Parts between the commas outside of all parentheses, without the blanks around them. */
export function splitParts(text: string, where: string): string[] {
  if (text.trim() === '') {
    throw new RangeError(`Expected a ${where} of layers such as "dense:256:relu,maxPool:4", got an empty text.`);
  }
  const trimmed = splitOutside(text, ',').map((part) => part.trim());
  const empty = trimmed.indexOf('');
  if (empty < 0) return trimmed;
  throw new RangeError(`Expected a layer in part ${empty + 1} of the ${where}, got nothing between two commas.`);
}

/** Text between those `mark`s that stand outside of all parentheses. */
function splitOutside(text: string, mark: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const sign of text) {
    depth += sign === '(' ? 1 : sign === ')' ? -1 : 0;
    if (sign === mark && depth === 0) parts.push('');
    else parts[parts.length - 1] += sign;
  }
  return parts;
}

export function pieceOf(text: string, place: string, where: string): Piece {
  return new Piece(text, `In ${place} ("${text}") of the ${where}`);
}

/** One part: the kind of layer, then fields between colons, read one after the other. */
export class Piece {
  readonly kind: string;
  readonly #text: string;
  readonly #place: string;
  readonly #fields: string[];

  constructor(text: string, place: string) {
    this.#text = text;
    this.#place = place;
    [this.kind = '', ...this.#fields] = text.startsWith('residual')
      ? ['residual']
      : text.split(':').map((field) => field.trim());
    if (!text.startsWith('residual') && /[()]/.test(text)) this.#misplaced();
  }

  /** Whether a field is left. */
  get more(): boolean {
    return this.#fields.length > 0;
  }

  fail(sentence: string): never {
    throw new RangeError(`${this.#place}: ${sentence}`);
  }

  end(): void {
    if (this.more) this.fail(`expected nothing more, got "${this.#fields[0]}".`);
  }

  /** The next field as a whole number from 1. */
  whole(name: string): number {
    return this.number(name, 'a whole number from 1', (value) => Number.isSafeInteger(value) && value >= 1);
  }

  /** The next field as a number that is `valid`; `expected` says so in words. */
  number(name: string, expected: string, valid: (value: number) => boolean): number {
    const field = this.#fields.shift();
    const value = field === undefined || field === '' ? Number.NaN : Number(field);
    if (valid(value)) return value;
    return this.fail(`expected ${name} to be ${expected}, got ${field === undefined ? 'nothing' : `"${field}"`}.`);
  }

  /** The next field as the name of an initialiser, or as a number. */
  weights(names: Readonly<Record<string, number>>): number {
    const field = this.#fields.shift() ?? '';
    const value = Object.hasOwn(names, field) ? names[field]! : field === '' ? Number.NaN : Number(field);
    if (value > 0 && value < Infinity) return value;
    const known = `${Object.keys(names).join(', ')} or a number above 0 (fan_in times the variance of a weight)`;
    return this.fail(`expected ${known}, got "${field}".`);
  }

  /** The next field as a name that `known` accepts; what it says of others is told with the place. */
  named<T>(known: (name: string) => T): T {
    try {
      return known(this.#fields.shift() ?? '');
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** The kind as an activation. */
  activation(): ActivationName {
    const known = Object.keys(ACTIVATIONS);
    if (this.kind === 'silu' || known.includes(this.kind)) return activationName(this.kind);
    const hint = didYouMean(this.kind, [...KINDS, ...known], undefined, '.');
    return this.fail(`expected a layer (${KINDS.join(', ')} or an activation), got "${this.kind}"${hint}`);
  }

  /** Parts between the parentheses of a residual: those of its branch, then those of its shortcut if it has layers. */
  inside(): string[][] {
    const rest = this.#text.slice('residual'.length).trim();
    if (!rest.startsWith('(')) this.fail(`expected its layers in parentheses, got ${rest ? `"${rest}"` : 'none'}.`);
    const close = closing(rest);
    if (close < 0) this.fail('expected a closing parenthesis, got none.');
    if (close < rest.length - 1) this.fail(`expected nothing more, got "${rest.slice(close + 1)}".`);
    const inner = rest.slice(1, close);
    if (inner.trim() === '') this.fail('expected layers between the parentheses, got none.');
    const branches = splitOutside(inner, '|');
    if (branches.length > 2) this.fail(`expected a branch and at most one shortcut, got ${branches.length} branches.`);
    return branches.map((branch) => splitParts(branch, 'residual branch'));
  }

  #misplaced(): never {
    const opens = this.#text.indexOf('(');
    const closes = this.#text.indexOf(')');
    if (closes >= 0 && (opens < 0 || closes < opens)) {
      this.fail('expected an opening parenthesis before the closing one, got none.');
    }
    return this.fail('expected parentheses after residual only, got them elsewhere.');
  }
}

/** Index of the parenthesis that closes the first one, or -1. */
function closing(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return i;
  }
  return -1;
}
