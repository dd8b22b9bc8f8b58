import { rules } from './alerts/index.ts';
import type { LabelledTensors } from './capture/evaluation/evaluation-set.ts';
import type { OutputKind } from './capture/reading/outputs.ts';
import { checkSurveyLimits, type SurveyLimits } from './capture/survey/limits.ts';
import type { Metric } from './metric.ts';
import { didYouMean } from './nearest.ts';
import type { AlertRecord } from './record.ts';
import type { Schedule } from './schedule.ts';
import type { OptimizerLike } from './tf.ts';
import { UsageError } from './usage-error.ts';

/** Named groups of classes, each by index or name. */
export interface ClassLists {
  readonly [name: string]: ArrayLike<number | string>;
}

/** Everything that `watch` and the callbacks take; all optional. Code goes before environment before default. */
export interface WatchOptions {
  /** Shown in the list of runs; default: date and time. */
  readonly name?: string;
  /** Anything worth keeping with the run: learning rate, seed, data set. */
  readonly config?: { readonly [key: string]: unknown };
  readonly classNames?: readonly string[];
  /**
   * Which output of a model with several is watched: the name of its layer, or its index; default 0. Classes, labels of
   * the probe, figures and the classifier are those of this output. Class gradients and `train/loss` are of the loss that
   * trains, which is that of all outputs.
   */
  readonly output?: string | number;
  /** Number of classes; default from classNames, else from the model's watched output. */
  readonly numClasses?: number;
  /** What the model's outputs are; 'auto' (default) tells from the first batch whether rows sum to 1. */
  readonly outputs?: OutputKind | 'auto';
  /** Labelled examples kept aside: evaluated before the first step, then on the schedule and at the end of each epoch. */
  readonly probe?: LabelledTensors;
  /** Further sets, by the name of their stream. */
  readonly evalSets?: { readonly [name: string]: LabelledTensors };
  /** Training examples of each class. */
  readonly classCounts?: readonly number[];
  /**
   * Groups of classes by index or name, such as `{ minority: ['cat', 8] }` or `{ head: [0, 1], medium: [2, 3], tail: [4, 5] }`. `minority`
   * (else `tail`) are the classes whose classifiers are watched for collapse. If there is neither, those below the largest gap in
   * `classCounts`, or in the training batches so far.
   */
  readonly groups?: ClassLists;
  /**
   * The architecture is initialised anew a few times before training, on examples of the probe, to see where its first guesses stand:
   * `{ inits: 8, maxSeconds: 2, maxParameters: 5_000_000 }` unless something else is given. false: not at all.
   */
  readonly survey?: false | SurveyLimits;
  /** The optimizer of a hand-written loop. */
  readonly optimizer?: OptimizerLike;
  /** Outputs for inputs, where there is no LayersModel. */
  readonly predict?: (xs: never) => unknown;
  /** When the probe and the classifier are measured: kept whatever it costs. Default: log-spaced, within the budget. */
  readonly schedule?: Schedule;
  /**
   * Share of training time for what is measured while it goes on, in (0, 1]: class gradients, features of training examples, evaluations by the default
   * schedule and, after 200 steps, the batches that train are looked at less often beyond it; default 0.05. 1: everything at every step.
   */
  readonly budget?: number;
  /**
   * Another thread takes part of the arithmetic of class gradients, where the backend is wasm and a core is free: they are
   * the same, and come a step later. Default false.
   */
  readonly offload?: boolean;
  /**
   * Where the gradients of single classes of a dense layer are formed, training gets their sum instead of computing the
   * product a second time, which with large batches saves most of what measuring costs. The weights then differ from those
   * of an unmonitored training by the rounding of float32 (some 1e-7, relative), which is why it is off by default. On the
   * wasm backend only; steps that check themselves compute their own product all the same. Default false.
   */
  readonly absorb?: boolean;
  /** Folder of the runs; default 'runs'. */
  readonly logdir?: string;
  /** A classwatch server elsewhere; then nothing is stored or served here. */
  readonly url?: string;
  readonly token?: string;
  readonly host?: string;
  /** First port to try; default 6120. 0: any. */
  readonly port?: number;
  /** Folder of a built page of your own. */
  readonly dashboard?: string;
  readonly onAlert?: (alert: AlertRecord) => void;
  /** Ids of rules that set `monitor.shouldStop` and stop a running fit. */
  readonly stopOn?: readonly string[];
  /** Ids of the rules to evaluate; default all. */
  readonly rules?: readonly string[];
  /** Metrics beside the built-in ones. */
  readonly metrics?: readonly Metric[];
  /** The relay worker's file, where a bundler has moved it; the worker for `offload` is looked for next to it (offload.js). */
  readonly workerUrl?: URL | string;
  /** 'offline': record, serve nothing. 'disabled': do nothing at all. */
  readonly mode?: 'online' | 'offline' | 'disabled';
}

/** Every option with the kind of its value. */
const KINDS: { readonly [K in keyof Required<WatchOptions>]: Kind } = {
  name: 'string',
  config: 'object',
  classNames: 'list',
  output: 'string or number',
  numClasses: 'number',
  outputs: 'string',
  probe: 'object',
  evalSets: 'object',
  classCounts: 'list',
  groups: 'object',
  survey: 'boolean or object',
  optimizer: 'object',
  predict: 'function',
  schedule: 'function',
  budget: 'number',
  offload: 'boolean',
  absorb: 'boolean',
  logdir: 'string',
  url: 'string',
  token: 'string',
  host: 'string',
  port: 'number',
  dashboard: 'string',
  onAlert: 'function',
  stopOn: 'list',
  rules: 'list',
  metrics: 'list',
  workerUrl: 'any',
  mode: 'string',
};
type Kind =
  | 'string'
  | 'number'
  | 'string or number'
  | 'boolean or object'
  | 'boolean'
  | 'function'
  | 'object'
  | 'list'
  | 'any';

const MODES = ['online', 'offline', 'disabled'];
const OUTPUTS = ['auto', 'probabilities', 'logits'];
/** Names of streams that are not evaluation sets. */
const RESERVED = new Set(['train', 'model', 'monitor', 'log', 'probe']);
const SET_NAME = /^[A-Za-z0-9][\w .-]{0,63}$/;

export function expectOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw new UsageError(`Expected options as an object, got ${options === null ? 'null' : typeof options}.`);
}

/** Adds the environment and checks names and kinds. Throws a UsageError that names the nearest known option. */
export function resolveOptions(options: WatchOptions): WatchOptions {
  expectOptions(options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) checkKind(name, value);
  const resolved: WatchOptions = { ...environment(), ...Object.fromEntries(given) };
  oneOf('mode', resolved.mode, MODES);
  oneOf('outputs', resolved.outputs, OUTPUTS);
  const ruleIds = rules.map(({ id }) => id);
  for (const id of [...(resolved.stopOn ?? []), ...(resolved.rules ?? [])]) oneOf('a rule', id, ruleIds);
  checkPort(resolved.port);
  checkOutput(resolved.output);
  checkBudget(resolved.budget);
  checkSets(resolved.evalSets ?? {});
  checkCounts(resolved.classCounts);
  checkSurveyLimits(resolved.survey);
  return resolved;
}

function checkKind(name: string, value: unknown): void {
  if (!Object.hasOwn(KINDS, name)) {
    throw new UsageError(`Unknown option "${name}"${didYouMean(name, Object.keys(KINDS))}`);
  }
  expectKind(name, value, KINDS[name as keyof WatchOptions]);
}

/** Throws a UsageError for a value of another kind. */
export function expectKind(name: string, value: unknown, kind: Kind): void {
  const is = Array.isArray(value) ? 'list' : typeof value;
  const fits = kind === 'any' || kind.split(' or ').includes(is) || (kind === 'list' && ArrayBuffer.isView(value));
  if (fits && value !== null) return;
  throw new UsageError(
    `Expected the option ${name} to be ${kind === 'object' ? 'an' : 'a'} ${kind}, got ${value === null ? 'null' : `a ${is}`}.`,
  );
}

function environment(): WatchOptions {
  const { CLASSWATCH_MODE, CLASSWATCH_LOGDIR, CLASSWATCH_URL, CLASSWATCH_TOKEN } = globalThis.process?.env ?? {};
  return {
    ...(CLASSWATCH_MODE ? { mode: CLASSWATCH_MODE as 'online' } : {}),
    ...(CLASSWATCH_LOGDIR ? { logdir: CLASSWATCH_LOGDIR } : {}),
    ...(CLASSWATCH_URL ? { url: CLASSWATCH_URL } : {}),
    ...(CLASSWATCH_TOKEN ? { token: CLASSWATCH_TOKEN } : {}),
  };
}

function oneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new UsageError(
    `Expected ${name} to be ${known.map((k) => `'${k}'`).join(' or ')}, got '${value}'${didYouMean(value, known, (k) => `'${k}'`, '.')}`,
  );
}

function checkPort(port: number | undefined): void {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65535)) return;
  throw new UsageError(`Expected port to be an integer from 0 to 65535, got ${port}.`);
}

/** Whether the model has it is told where there is a model. */
function checkOutput(output: string | number | undefined): void {
  if (typeof output !== 'number' || (Number.isInteger(output) && output >= 0)) return;
  throw new UsageError(`Expected output to be the name of an output layer or its index (0, 1, ...), got ${output}.`);
}

function checkBudget(budget: number | undefined): void {
  if (budget === undefined || (budget > 0 && budget <= 1)) return;
  throw new UsageError(
    `Expected budget to be a share of training time above 0 and up to 1, got ${budget}: 0.05 is the default.`,
  );
}

function checkCounts(counts: ArrayLike<unknown> | undefined): void {
  const list = Array.from(counts ?? []);
  const wrong = list.findIndex((count) => typeof count !== 'number' || !(count >= 0 && count < Infinity));
  const allZero = list.length > 0 && list.every((count) => count === 0);
  if (wrong < 0 && !allZero) return;
  const found = typeof list[wrong] === 'number' ? `${list[wrong]}` : `${list[wrong]} (a ${typeof list[wrong]})`;
  throw new UsageError(
    `Expected classCounts to be the number of training examples of each class, got ${allZero ? '0 for all' : `${found} for class ${wrong}`}.`,
  );
}

function checkSets(sets: { readonly [name: string]: unknown }): void {
  for (const name of Object.keys(sets)) {
    if (RESERVED.has(name) || !SET_NAME.test(name)) {
      throw new UsageError(
        `Expected names of evalSets of up to 64 letters, digits, spaces, dots, dashes, and none of ${[...RESERVED].join(', ')}; got "${name}": rename it.`,
      );
    }
  }
}
