import { lossFunctionsOf, optimizerOf } from './capture/engine/model.ts';
import { outputNamesOf, outputUnitsOf, tellsClasses } from './capture/engine/model-outputs.ts';
import { didYouMean } from './nearest.ts';
import type { WatchOptions } from './options.ts';
import type { ModelLike } from './tf.ts';
import { UsageError } from './usage-error.ts';

/** Tells `watch(tf, model, options)` from `watch(tf, options)`. */
export function isModel(target: ModelLike | WatchOptions): target is ModelLike {
  if (typeof target !== 'object' || target === null) {
    throw new UsageError(
      `Expected a model or options after tf, got ${target === null ? 'null' : typeof target}: call watch(tf, model, options).`,
    );
  }
  return 'layers' in target && 'predict' in target;
}

/** Throws a UsageError for what can never be watched; what may still become right is only said. */
export function checkTarget(model: ModelLike | null, options: WatchOptions, report: (sentence: string) => void): void {
  if (model !== null) {
    const compiled = optimizerOf(model) !== null;
    if (!compiled && !options.optimizer) {
      report(
        'The model has no loss and no optimizer yet: call model.compile before training, or pass the optimizer of your loop as { optimizer }.',
      );
    } else if (compiled && !options.optimizer && lossFunctionsOf(model) === null) {
      throw new UsageError('Expected a model with a loss, got one without: pass { optimizer, loss } to model.compile.');
    }
  } else if (!options.optimizer) {
    throw new UsageError(
      'Expected a model or { optimizer } to watch, got neither: call watch(tf, model, options) or watch(tf, { optimizer, numClasses, predict, probe }).',
    );
  }
}

/** Index of the output to watch. Throws a UsageError for one that is not there, and where it would be a guess. */
export function outputOf(model: ModelLike | null, { output }: WatchOptions): number {
  if (model === null) {
    if (output === undefined) return 0;
    throw new UsageError(
      `Expected no option output without a LayersModel, got ${shown(output)}: it has no meaning there; show the labels and predictions of that output to monitor.observe, and return it from predict.`,
    );
  }
  const names = outputNamesOf(model);
  if (output !== undefined) return indexOf(output, names);
  if (names.length > 1 && !tellsClasses(model, 0)) {
    throw new UsageError(
      `Expected the first output of the model to tell classes apart, got ${shown(names[0]!)} with one unit and no sigmoid: choose one of ${names.map(shown).join(', ')} with the option output.`,
    );
  }
  return 0;
}

function indexOf(output: string | number, names: readonly string[]): number {
  const index = typeof output === 'number' ? output : names.indexOf(output);
  // A Sequential without layers will have one output.
  if (index >= 0 && index < Math.max(names.length, 1)) {
    if (typeof output === 'number' || names.lastIndexOf(output) === index) return index;
    throw new UsageError(
      `Expected output to name one output, got ${shown(output)}, the name of several: give its index.`,
    );
  }
  throw new UsageError(unknownOutput(output, names));
}

function unknownOutput(output: string | number, names: readonly string[]): string {
  if (names.length === 0) {
    return `Expected a model that is built where output is ${shown(output)}, got one without outputs yet: add its layers first, or leave the option out.`;
  }
  if (names.length === 1) {
    return `Expected output to be ${shown(names[0]!)} or 0, the only output of the model, got ${shown(output)}: leave the option out.`;
  }
  const hint = typeof output === 'string' ? didYouMean(output, names, shown, '.') : '.';
  return `Expected output to be one of ${names.map(shown).join(', ')} or an index from 0 to ${names.length - 1}, got ${shown(output)}${hint}`;
}

function shown(output: string | number): string {
  return JSON.stringify(output);
}

/** Names of the classes: as said, else numbers; how many, from the first of options and model that tells. */
export function classNamesOf(model: ModelLike | null, output: number, options: WatchOptions): readonly string[] {
  const units = model === null ? null : outputUnitsOf(model, output);
  const fromModel = units === 1 ? 2 : units;
  const { classNames, numClasses } = options;
  const said = classNames?.length ?? numClasses ?? fromModel ?? options.classCounts?.length;
  if (said === undefined || said === null || !Number.isInteger(said) || said < 2) {
    throw new UsageError(
      `Expected to know the number of classes (at least 2), got ${said ?? 'none'}: pass classNames or numClasses.`,
    );
  }
  for (const [what, count] of [
    [describedOutput(model, output), fromModel],
    ['numClasses', numClasses],
    ['classCounts', options.classCounts?.length],
  ] as const) {
    if (count !== undefined && count !== null && count !== said) {
      throw new UsageError(
        `Expected as many classes everywhere, got ${said} (classNames or numClasses) and ${count} (${what}).`,
      );
    }
  }
  return classNames ? classNames.map(shortened) : Array.from({ length: said }, (_, c) => String(c));
}

function describedOutput(model: ModelLike | null, output: number): string {
  const names = model === null ? [] : outputNamesOf(model);
  if (names.length < 2) return 'outputs of the model';
  return `output ${shown(names[output]!)} of the model, which the option output chooses`;
}

/** Longest name that a server takes. */
const MAX_NAME = 256;

/** A name as text, cut where no page could show it anyway. */
export function shortened(name: string): string {
  const text = String(name);
  return text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text;
}
