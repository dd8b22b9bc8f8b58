import { areFinite } from '../../geometry/rows.ts';
import { didYouMean } from '../../nearest.ts';
import type { TensorLike } from '../../tf.ts';
import { UsageError } from '../../usage-error.ts';

/** All optional. */
export interface SurveyOptions {
  /** How many times the architecture is initialised anew; default 8. */
  readonly inits?: number;
  /** Of the survey's own random numbers: the same seed gives the same survey. A whole number, default 1. */
  readonly seed?: number;
  /** Inputs per forward pass: bounds the memory, and is the batch of BatchNorm in training mode. Default 512. */
  readonly batchSize?: number;
  /** Also surveys what makes the guesses biased, one change at a time. Default false. */
  readonly why?: boolean;
  /** Told after each initialisation how many of all are done. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Ends the survey before the next initialisation: such as an AbortSignal. */
  readonly signal?: { readonly aborted: boolean };
  /** Larger models are refused with a UsageError; default: none is. */
  readonly maxParameters?: number;
  /** No initialisation begins after so many seconds, except the first; default: no end. */
  readonly maxSeconds?: number;
}

export interface SurveySettings extends SurveyOptions {
  readonly inits: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly maxParameters: number;
  readonly maxSeconds: number;
}

const DEFAULTS = { inits: 8, seed: 1, batchSize: 512, maxParameters: Infinity, maxSeconds: Infinity };
const KINDS: { readonly [K in keyof Required<SurveyOptions>]: string } = {
  inits: 'a whole number of at least 1',
  seed: 'a whole number of at least 0',
  batchSize: 'a whole number of at least 1',
  why: 'a boolean',
  onProgress: 'a function',
  signal: 'an object with aborted, such as an AbortSignal',
  maxParameters: 'a number above 0',
  maxSeconds: 'a number above 0',
};
const FITS: { readonly [K in keyof Required<SurveyOptions>]: (value: unknown) => boolean } = {
  inits: (value) => isWhole(value, 1),
  seed: (value) => isWhole(value, 0),
  batchSize: (value) => isWhole(value, 1),
  why: (value) => typeof value === 'boolean',
  onProgress: (value) => typeof value === 'function',
  signal: (value) => typeof (value as { aborted?: unknown } | null)?.aborted === 'boolean',
  maxParameters: (value) => typeof value === 'number' && value > 0,
  maxSeconds: (value) => typeof value === 'number' && value > 0,
};

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** Options with their defaults. Throws a UsageError for unknown names and values that don't fit. */
export function surveySettings(options: SurveyOptions): SurveySettings {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(
      `Expected the options of survey as an object, got ${options === null ? 'null' : typeof options}.`,
    );
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(KINDS, name)) {
      throw new UsageError(`Unknown option "${name}"${didYouMean(name, Object.keys(KINDS))}`);
    }
    const key = name as keyof SurveyOptions;
    if (!FITS[key](value)) throw new UsageError(`Expected ${name} to be ${KINDS[key]}, got ${shown(value)}.`);
  }
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

function shown(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function'
    ? value === null
      ? 'null'
      : `a ${typeof value}`
    : String(value);
}

/** The inputs as a list. Throws a UsageError unless they are live tensors of equally many examples, at least two. */
export function inputTensors(inputs: TensorLike | readonly TensorLike[]): readonly TensorLike[] {
  const list = [inputs].flat() as (TensorLike | null | undefined)[];
  for (const tensor of list) {
    if (typeof tensor?.data !== 'function' || tensor.isDisposed) {
      const got = tensor?.isDisposed ? 'a disposed tensor' : shown(tensor);
      throw new UsageError(`Expected inputs to be a live tensor, or a list of them for several inputs, got ${got}.`);
    }
  }
  const counts = list.map((tensor) => tensor!.shape[0] ?? 0);
  if (counts.length === 0 || counts.some((count) => count !== counts[0] || count < 2)) {
    throw new UsageError(
      `Expected inputs of equally many examples, at least 2, got ${counts.length === 0 ? 'an empty list' : counts.join(' and ')}.`,
    );
  }
  return list as TensorLike[];
}

/**
 * Rejects with a UsageError where an input holds NaN or Infinity. The outputs need not show it: relu on wasm makes 0 of NaN, and then every
 * input gets the same guess.
 */
export async function checkFinite(inputs: readonly TensorLike[]): Promise<void> {
  for (const [i, tensor] of inputs.entries()) {
    if (tensor.dtype !== 'float32') continue;
    const values = await tensor.data();
    if (areFinite(values)) continue;
    const at = values.findIndex((value) => !Number.isFinite(value));
    const example = Math.floor((at * tensor.shape[0]!) / values.length);
    throw new UsageError(
      `Expected finite numbers in ${inputs.length === 1 ? 'inputs' : `inputs[${i}]`}, got ${values[at]} in example ${example}: ` +
        'survey tells nothing of them. Leave such examples out, or clean them.',
    );
  }
}

/** Throws a UsageError where the inputs are not of the shapes that the model takes. */
export function checkShapes(inputs: readonly TensorLike[], expected: readonly (readonly (number | null)[])[]): void {
  const text = (shapes: readonly (readonly (number | null)[])[]) =>
    shapes.map((shape) => `[${shape.map((length) => length ?? 'any').join(', ')}]`).join(' and ');
  const fits = (length: number, wanted: number | null, axis: number) =>
    wanted === null || length === wanted || (axis === 0 && length % wanted === 0);
  const isRight =
    inputs.length === expected.length &&
    inputs.every(({ shape }, i) => {
      const wanted = expected[i]!;
      return shape.length === wanted.length && shape.every((length, axis) => fits(length, wanted[axis]!, axis));
    });
  if (isRight) return;
  throw new UsageError(
    `Expected inputs of shape ${text(expected)}, as the model takes them, got ${text(inputs.map(({ shape }) => shape))}.`,
  );
}
