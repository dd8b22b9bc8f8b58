import { budgetsOf } from './budgets.ts';
import { findClassifier, outputKindOf } from './capture/classifier.ts';
import { knownLossOf } from './capture/engine/model-outputs.ts';
import { ready } from './capture/engine/tensors.ts';
import { type EvaluationSet, openSets } from './capture/evaluation/evaluation-set.ts';
import type { Offload } from './capture/gradients/offload.ts';
import { Snapshot } from './capture/snapshot.ts';
import type { Expectation } from './capture/survey/expectation.ts';
import { TrainingHook } from './capture/training-hook.ts';
import { firstGuesses, isBuilt } from './evaluations/first-guesses.ts';
import { Journal, type JournalSink, type ShownRecord } from './journal.ts';
import type { Metric } from './metric.ts';
import { metrics as allMetrics } from './metrics/index.ts';
import { type DrivenMonitor, LiveMonitor, type Monitor, SilentMonitor } from './monitor.ts';
import { OffloadThread } from './offload/thread.ts';
import { resolveOptions, type WatchOptions } from './options.ts';
import { type AlertRecord, RECORD_VERSION, type RunBody } from './record.ts';
import { Recorder } from './recorder.ts';
import { Link } from './relay/link.ts';
import { onceEach } from './report.ts';
import { factsOf, runBodyOf } from './run-body.ts';
import { logSpaced } from './schedule.ts';
import { checkTarget, classNamesOf, isModel, outputOf } from './target.ts';
import { expectTf, type ModelLike, type TfLike } from './tf.ts';
import { nativeOf } from './wasm/access.ts';

/** What the single callbacks add: a selection of metrics, and records handed to a function instead of the relay. */
export interface Selection {
  readonly metrics?: readonly Metric[];
  readonly onRecord?: (record: ShownRecord) => void;
  /** Evaluate by the schedule only, not at the end of each epoch. */
  readonly scheduleOnly?: boolean;
  /** Others may watch the same optimizer at the same time. */
  readonly shared?: boolean;
}

/**
 * Watches a model (or, without a LayersModel, the optimizer of a hand-written loop) while it trains.
 *
 * Resolves when the page is served; rejects with a UsageError, one sentence, for options that can't work. After that
 * nothing of classwatch throws into the training loop.
 */
export async function watch(
  tf: TfLike,
  target: ModelLike | WatchOptions,
  options: WatchOptions = {},
): Promise<Monitor> {
  expectTf(tf);
  return isModel(target) ? watchModel(tf, target, options) : watchModel(tf, null, target);
}

/** The same with a selection; `model` null for a loop without a LayersModel. */
export async function watchModel(
  tf: TfLike,
  model: ModelLike | null,
  given: WatchOptions,
  selection: Selection = {},
): Promise<DrivenMonitor> {
  const options = resolveOptions(given);
  if (options.mode === 'disabled') return new SilentMonitor();
  await ready(tf);
  const report = onceEach();
  checkTarget(model, options, report);
  const output = outputOf(model, options);
  const classNames = classNamesOf(model, output, options);
  const { probe, evalSets } = options;
  const named = { ...(probe ? { probe } : {}), ...evalSets };
  const sets = await openSets(tf, named, { classes: classNames.length, output });
  try {
    return await assemble(tf, model, options, selection, { output, classNames, sets, report });
  } catch (error) {
    for (const set of sets) set.dispose();
    throw error;
  }
}

interface Prepared {
  /** Index of the output that is watched. */
  readonly output: number;
  readonly classNames: readonly string[];
  readonly sets: readonly EvaluationSet[];
  readonly report: (sentence: string) => void;
}

async function assemble(
  tf: TfLike,
  model: ModelLike | null,
  options: WatchOptions,
  selection: Selection,
  { output, classNames, sets, report }: Prepared,
): Promise<DrivenMonitor> {
  const run = newRunId();
  const [time, classes] = [Date.now(), classNames.length];
  const metrics = [...(selection.metrics ?? allMetrics), ...(options.metrics ?? [])];
  const expect = () => firstGuesses({ tf, model, options, metrics, sets, output, classes, report });
  const { inherited, expected } = await expect();
  const body = runBodyOf(tf, options, classNames, time, inherited);
  const alertListeners = new Set<(alert: AlertRecord) => void>();
  if (options.onAlert) alertListeners.add(options.onAlert);
  const tell = (alert: AlertRecord) => tellAll(alertListeners, alert, report);
  let troubles = 0;
  const onTrouble = () => void troubles++;
  const link = selection.onRecord ? null : await openLink(run, classes, options, tell, onTrouble, report);
  if (link === null && !selection.onRecord) {
    for (const set of sets) set.dispose();
    return new SilentMonitor();
  }
  const journal = new Journal(run, metrics, link ?? NOWHERE, report);
  if (selection.onRecord) journal.listen(selection.onRecord, 'onRecord');
  writeRun(journal, run, time, body);
  const tellExpected = (of: Expectation | null) => {
    if (of !== null)
      journal.measure(new Snapshot({ stream: 'probe', step: 0, classes, part: 'expectation', expected: of }), null);
  };
  tellExpected(expected);
  const budgets = budgetsOf(metrics, options);
  const offload = await openOffload(tf, budgets.gradients, options, report);
  const { outputs = 'auto', predict = null, schedule = logSpaced(), absorb = false } = options;
  const classifier = () => (model === null ? null : findClassifier(model, output, classes));
  const facts = factsOf(body, {
    lossName: () => model && knownLossOf(tf, model, output),
    hasBias: () => classifier()?.hasBias ?? null,
  });
  const recorder: Recorder = new Recorder({
    tf,
    model,
    classes,
    known: body,
    facts,
    outputs: outputs === 'auto' && model !== null ? outputKindOf(model, output) : outputs,
    predict,
    sets,
    schedule,
    classifier,
    journal,
    reads: new Set(metrics.map(({ part }) => part)),
    budgets,
    offload,
    absorb,
    atEnds: !selection.scheduleOnly,
    dropped: () => (link?.dropped ?? 0) + troubles,
    shouldStop: () => link?.shouldStop ?? false,
    report,
  });
  try {
    const { optimizer = null } = options;
    const hook = new TrainingHook(tf, model, optimizer, recorder, { output, exclusive: !selection.shared });
    // A model that gets its layers later is asked where fit waits for us.
    const beforeTraining = isBuilt(model) ? null : async () => tellExpected((await expect()).expected);
    return new LiveMonitor({ run, link, journal, recorder, hook, sets, alertListeners, report, beforeTraining });
  } catch (error) {
    await offload?.close();
    await link?.close(false);
    throw error;
  }
}

/** Whether another thread takes part of the arithmetic, where nothing else is said. */
const DEFAULT_OFFLOAD = false;

/** The thread that was asked for; null where nothing is measured, and on backends whose memory we have no way into. */
async function openOffload(
  tf: TfLike,
  budget: number | null,
  { offload = DEFAULT_OFFLOAD, workerUrl = './relay/worker.js' }: WatchOptions,
  report: (sentence: string) => void,
): Promise<Offload | null> {
  if (!offload || budget === null || nativeOf(tf) === null) return null;
  return OffloadThread.open(new URL('./offload.js', new URL(workerUrl, import.meta.url)), report);
}

const NOWHERE: JournalSink = { write: () => {}, send: () => {} };

function openLink(
  run: string,
  classes: number,
  options: WatchOptions,
  onAlert: (alert: AlertRecord) => void,
  onTrouble: () => void,
  report: (sentence: string) => void,
): Promise<Link | null> {
  return Link.open(
    {
      run,
      classes,
      mode: options.mode === 'offline' ? 'offline' : 'online',
      logdir: options.logdir ?? 'runs',
      host: options.host,
      port: options.port,
      token: options.token,
      url: options.url,
      dashboard: options.dashboard,
      stopOn: options.stopOn ?? [],
      rules: options.rules,
      workerUrl: options.workerUrl,
      onAlert,
      onTrouble,
    },
    report,
  );
}

function writeRun(journal: Journal, run: string, time: number, body: RunBody): void {
  journal.write({ v: RECORD_VERSION, run, kind: 'run', time, step: 0, epoch: null, stream: 'monitor', body });
}

/** Sortable, unique, safe as a file name everywhere. */
function newRunId(): string {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${crypto.randomUUID().slice(0, 6)}`;
}

function tellAll(listeners: Set<(alert: AlertRecord) => void>, alert: AlertRecord, report: (s: string) => void): void {
  for (const listener of listeners) {
    try {
      listener(alert);
    } catch (error) {
      report(`A listener for alerts failed; training goes on. ${error instanceof Error ? error.message : error}`);
    }
  }
}
