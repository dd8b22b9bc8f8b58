import type { ModelLike } from './tf.ts';

/** What a training run tells its callbacks. */
export interface TrainingEvents {
  /** `fit`: the same object for all callbacks of one fit; null where it is unknown. */
  trainBegin(model: ModelLike | null, fit: object | null): Promise<void> | void;
  /** `stepsPerEpoch`: null where fit does not know. */
  epochBegin(stepsPerEpoch: number | null): void;
  epochEnd(): Promise<void> | void;
  trainEnd(): Promise<void> | void;
}

interface Params {
  readonly steps?: number | null;
  readonly samples?: number | null;
  readonly batchSize?: number | null;
}

/** The tfjs wrapper that calls a plain callback object's functions as its own: it knows the model and the parameters. */
interface Caller {
  readonly model?: ModelLike;
  readonly params?: Params;
}

/** One callback that speaks both protocols of tfjs: the plain object, which fit wraps, and the BaseCallback, which it calls. */
export interface TrainingCallback {
  setParams(params: object): void;
  setModel(model: object): void;
  onTrainBegin(logs?: object): Promise<void>;
  onTrainEnd(logs?: object): Promise<void>;
  onEpochBegin(epoch: number, logs?: object): Promise<void>;
  onEpochEnd(epoch: number, logs?: object): Promise<void>;
}

const nothing = async (): Promise<void> => {};

/**
 * Makes the callback. fit treats an array by its first element: after a plain object every element is wrapped (it reads
 * the functions once and calls them with the wrapper as `this`); after a BaseCallback every element is called directly,
 * on all eight methods. Batch functions exist only in the second case: a wrapped one would make fit await the logs of
 * every batch.
 */
export function trainingCallback(events: TrainingEvents): TrainingCallback {
  let params: Params | null = null;
  let model: ModelLike | null = null;
  let direct = false;
  const stepsOf = (caller: Caller | undefined) => stepsPerEpoch(direct ? params : (caller?.params ?? null));
  return {
    setParams(given: object) {
      direct = true;
      params = given;
    },
    setModel(given: object) {
      model = given as ModelLike;
    },
    async onTrainBegin(this: Caller | undefined) {
      await events.trainBegin(direct ? model : (this?.model ?? null), direct ? params : (this?.params ?? null));
    },
    async onEpochBegin(this: Caller | undefined) {
      events.epochBegin(stepsOf(this));
    },
    async onEpochEnd() {
      await events.epochEnd();
    },
    async onTrainEnd() {
      await events.trainEnd();
      direct = false;
    },
    get onBatchBegin() {
      return direct ? nothing : undefined;
    },
    get onBatchEnd() {
      return direct ? nothing : undefined;
    },
  } as TrainingCallback;
}

function stepsPerEpoch(params: Params | null): number | null {
  if (params?.steps) return params.steps;
  return params?.samples && params.batchSize ? Math.ceil(params.samples / params.batchSize) : null;
}
