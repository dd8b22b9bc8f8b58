export type { TrainingCallback } from './callbacks.ts';
export type { LabelledTensors } from './capture/evaluation/evaluation-set.ts';
export type { ClassGradients, WeightUpdate } from './capture/gradients/class-gradients.ts';
export type { OutputKind } from './capture/reading/outputs.ts';
export type { Examples, Snapshot } from './capture/snapshot.ts';
export {
  describeStack,
  type InputExamples,
  type StackDescription,
  type Undescribed,
} from './capture/stack/describe-stack.ts';
export { type InputStatistics, inputStatistics } from './capture/stack/input-statistics.ts';
export type { SurveyCauses } from './capture/survey/causes.ts';
export type { SurveyLimits } from './capture/survey/limits.ts';
export type { Place, SurveyMode } from './capture/survey/mode.ts';
export type { SurveyOptions } from './capture/survey/options.ts';
export { type Survey, survey } from './capture/survey/survey.ts';
export type { ShownRecord } from './journal.ts';
export { defineMetric, type Measured, type Metric, type MetricPanel } from './metric.ts';
export type { Monitor } from './monitor.ts';
export type { WatchOptions } from './options.ts';
export type { AlertBody, AlertRecord, AnyRecord, Axis, Declaration, Panel } from './record.ts';
export { atEpochEnd, every, everyStep, logSpaced, type Schedule } from './schedule.ts';
export {
  type CallbackOptions,
  callbacks,
  classGradients,
  classifierGeometry,
  classMetrics,
  initialGuesses,
} from './suite.ts';
export type { ModelLike, OptimizerLike, TensorLike, TfLike } from './tf.ts';
export { UsageError } from './usage-error.ts';
export { VERSION } from './version.ts';
export { watch } from './watch.ts';
