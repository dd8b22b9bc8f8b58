import { lossFunctionsOf, optimizerOf, outputUnitsOf } from './capture/engine/model.ts';
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

/** Names of the classes: as said, else numbers; how many, from the first of options and model that tells. */
export function classNamesOf(model: ModelLike | null, options: WatchOptions): readonly string[] {
  const units = model === null ? null : outputUnitsOf(model);
  const fromModel = units === 1 ? 2 : units;
  const { classNames, numClasses } = options;
  const said = classNames?.length ?? numClasses ?? fromModel ?? options.classCounts?.length;
  if (said === undefined || said === null || !Number.isInteger(said) || said < 2) {
    throw new UsageError(
      `Expected to know the number of classes (at least 2), got ${said ?? 'none'}: pass classNames or numClasses.`,
    );
  }
  for (const [what, count] of [
    ['outputs of the model', fromModel],
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

/** Longest name that a server takes. */
const MAX_NAME = 256;

/** A name as text, cut where no page could show it anyway. */
export function shortened(name: string): string {
  const text = String(name);
  return text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text;
}
