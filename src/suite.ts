import { type TrainingCallback, trainingCallback } from './callbacks.ts';
import { rememberModels } from './capture/engine/model.ts';
import type { ShownRecord } from './journal.ts';
import { metrics } from './metrics/index.ts';
import type { DrivenMonitor } from './monitor.ts';
import { expectKind, expectOptions, resolveOptions, type WatchOptions } from './options.ts';
import { expectTf, type ModelLike, type TfLike } from './tf.ts';
import { UsageError } from './usage-error.ts';
import { type Selection, watchModel } from './watch.ts';

/**
 * Options of the callbacks. With `onRecord` the records go to this function: no files, no server, and nothing of what is made where records are
 * kept: no figures that follow from others (predicted minority cosine, thresholds, oversampling, time to unbias), no rules and no alerts.
 */
export interface CallbackOptions extends WatchOptions {
  /** Takes every record in place of the relay. Not beside `onAlert`, `stopOn` or `rules`, which need it. */
  readonly onRecord?: (record: ShownRecord) => void;
}

/** Runs begun by the callbacks of this file, by model: those whose fit threw are ended when the next fit begins. */
const running = new WeakMap<object, { readonly fit: object | null; readonly monitors: DrivenMonitor[] }>();

/**
 * Everything in one line: `model.fit(xs, ys, { callbacks: callbacks(tf, { probe }) })`. Watches the model that fit hands
 * over, from the beginning of training to its end; each fit is a run of its own. Throws a UsageError for unknown options.
 */
export function callbacks(tf: TfLike, options: CallbackOptions = {}): TrainingCallback[] {
  return suite(tf, options, {});
}

/** Only what the untrained network guesses on the probe set, before the first step. */
export function initialGuesses(tf: TfLike, options: CallbackOptions): TrainingCallback[] {
  if (!options?.probe && !options?.evalSets) {
    throw new UsageError('Expected a probe to show guesses on, got none: pass { probe: { xs, ys } }.');
  }
  const selected = metrics
    .filter(({ panels }) => panels.some(({ group }) => group === 'Initial guesses'))
    .map((metric) => ({ ...metric, streams: metric.streams.filter((stream) => stream === 'probe') }));
  return suite(tf, { schedule: (step) => step === 0, ...options }, { metrics: selected, scheduleOnly: true });
}

/** Only the metrics of the classes: loss, recall, precision and predictions of each, on the batches and the probe set. */
export function classMetrics(tf: TfLike, options: CallbackOptions = {}): TrainingCallback[] {
  const selected = metrics.filter(
    ({ streams, part }) => part === undefined && (streams.includes('train') || streams.includes('probe')),
  );
  return suite(tf, options, { metrics: selected });
}

/**
 * Only the gradients of the classes: norm, cosines, alignment, share and noise of each, the gradient and the update they make, and what
 * measuring them costs. Needs no probe: it looks at the batches that train. Throws a UsageError for unknown options.
 */
export function classGradients(tf: TfLike, options: CallbackOptions = {}): TrainingCallback[] {
  const selected = metrics.filter(({ streams, part }) => part === 'gradients' || streams.includes('monitor'));
  return suite(tf, options, { metrics: selected });
}

/**
 * Only the geometry of the last dense layer and of the features that enter it: lengths, angles, neural collapse, and whether the rows of
 * minority classes become one. Needs no probe. Say
 * which classes are minority by `groups` or `classCounts`; else they are told by the batches that are looked at. Throws a UsageError for unknown options.
 */
export function classifierGeometry(tf: TfLike, options: CallbackOptions = {}): TrainingCallback[] {
  return suite(tf, options, { metrics: metrics.filter(({ part }) => part === 'geometry' || part === 'features') });
}

function suite(tf: TfLike, given: CallbackOptions, part: Selection): TrainingCallback[] {
  expectTf(tf);
  expectOptions(given);
  const { onRecord, ...options } = given;
  resolveOptions(options);
  if (onRecord !== undefined) checkTaker(onRecord, options);
  rememberModels(tf);
  const selection: Selection = { ...part, shared: true, ...(onRecord ? { onRecord } : {}) };
  let monitor: DrivenMonitor | null = null;
  return [
    trainingCallback({
      async trainBegin(model, fit) {
        monitor = await begin(tf, model, fit, options, selection);
        await monitor.beginTraining();
      },
      epochBegin: (stepsPerEpoch) => monitor?.beginEpoch(stepsPerEpoch),
      epochEnd: () => monitor?.endEpoch(),
      async trainEnd() {
        await monitor?.close();
        monitor = null;
      },
    }),
  ];
}

/** What asks for rules, which are evaluated in the relay. */
const OF_RULES = ['onAlert', 'stopOn', 'rules'] as const;

/** Throws a UsageError for what can't take records, and for options that nothing would come of beside it. */
function checkTaker(onRecord: unknown, options: WatchOptions): void {
  expectKind('onRecord', onRecord, 'function');
  for (const name of OF_RULES) {
    const asked = options[name];
    if (asked === undefined || (name !== 'onAlert' && Array.from(asked as readonly string[]).length === 0)) continue;
    throw new UsageError(
      `Expected onRecord or ${name}, got both: rules are evaluated by the relay, which does not run where onRecord takes the records; leave out onRecord.`,
    );
  }
}

async function begin(
  tf: TfLike,
  model: ModelLike | null,
  fit: object | null,
  options: WatchOptions,
  selection: Selection,
): Promise<DrivenMonitor> {
  if (model === null)
    throw new UsageError('Expected fit to hand over its model, got none: use watch(tf, model) instead.');
  const left = running.get(model);
  const sameFit = left !== undefined && left.fit === fit && fit !== null;
  if (!sameFit) for (const monitor of left?.monitors ?? []) await monitor.end('failed');
  const monitor = await watchModel(tf, model, options, selection);
  running.set(model, { fit, monitors: sameFit ? [...left.monitors, monitor] : [monitor] });
  if (monitor.url !== null) console.log(`classwatch: ${monitor.url}`);
  return monitor;
}
