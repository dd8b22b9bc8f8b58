/** A small real training, measured as a monitor would: softmax regression on overlapping clusters with imbalanced classes. */

import { declarationOf } from '../../src/metric.ts';
import { metrics } from '../../src/metrics/index.ts';
import {
  type AnyRecord,
  type Declaration,
  packValues,
  RECORD_VERSION,
  type RunBody,
  type Unnumbered,
} from '../../src/record.ts';
import { generator } from '../support/generator.ts';
import { LAYERS, measureGradients } from './small-gradients.ts';

export interface TrainingOptions {
  readonly run: string;
  readonly name?: string;
  readonly classNames: readonly string[];
  /** Examples of the largest class divided by those of the smallest. */
  readonly imbalance?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly startTime?: number;
  readonly stepMs?: number;
}

const FEATURES = 24;
const LARGEST = 1200;
const PROBE_PER_CLASS = 40;
const RATE = 0.12;

interface Examples {
  readonly x: Float64Array[];
  readonly y: number[];
}

/** Guesses, losses and counts of a set of examples, per class. */
interface Tally {
  readonly support: number[];
  readonly loss: number[];
  readonly hits: number[];
  readonly guesses: number[];
  readonly probability: number[];
  readonly confusion: number[];
  /** Probabilities less the label, one list per example. */
  readonly errors: Float64Array[];
}

export class SmallTraining {
  readonly classes: number;
  readonly counts: number[];
  private readonly options: Required<TrainingOptions>;
  private readonly random: () => number;
  private readonly weights: Float64Array[];
  private readonly train: Examples;
  private readonly probe: Examples;
  private readonly order: number[];
  private readonly declared = new Set<string>();
  private step = 0;
  private seq = 0;

  constructor(options: TrainingOptions) {
    this.options = {
      name: options.run,
      imbalance: 50,
      batchSize: 64,
      seed: 1,
      startTime: 1_750_000_000_000,
      stepMs: 8,
      ...options,
    };
    this.random = generator(this.options.seed);
    this.classes = options.classNames.length;
    const last = Math.max(1, this.classes - 1);
    this.counts = options.classNames.map((_, c) => Math.round(LARGEST * this.options.imbalance ** (-c / last)));
    const centres = options.classNames.map(() => this.vector(0.62));
    this.train = this.examples(centres, this.counts);
    this.probe = this.examples(
      centres,
      this.counts.map(() => PROBE_PER_CLASS),
    );
    this.order = this.train.y.map((_, i) => i);
    this.weights = options.classNames.map(() => this.vector(0.3));
  }

  /** The run record, and what is measured before the first step. */
  start(): AnyRecord[] {
    const body: RunBody = {
      name: this.options.name,
      classNames: this.options.classNames,
      classCounts: this.counts,
      config: { optimizer: 'sgd', learningRate: RATE, batchSize: this.options.batchSize, seed: this.options.seed },
      versions: { classwatch: '0.1.0', tfjs: '4.22.0', backend: 'wasm' },
      pid: 4242,
    };
    const head = this.number({ ...this.head('monitor'), kind: 'run', body });
    return [head, ...this.measureSchedule()];
  }

  /** One update and what is measured of it. */
  next(): AnyRecord[] {
    const batch = this.batch();
    const tally = this.tally(batch, true);
    const records = [
      ...this.measureTally('train', tally),
      ...this.measureAll(
        'train',
        measureGradients({ ...batch, errors: tally.errors }, this.classes, isScheduled(this.step)),
      ),
    ];
    this.step++;
    if (isScheduled(this.step) || this.step % this.stepsPerEpoch === 0) records.push(...this.measureSchedule());
    return records;
  }

  /** An alert about the step reached. */
  alert(body: Extract<AnyRecord, { kind: 'alert' }>['body']): AnyRecord {
    return this.number({ ...this.head('monitor'), kind: 'alert', body });
  }

  /** Declares a metric. */
  declare(body: Declaration): AnyRecord {
    return this.number({ ...this.head(body.stream), kind: 'metric', body });
  }

  /** One more measurement of a declared metric. */
  measurement(stream: string, metric: string, values: readonly (number | null)[], shape: readonly number[]): AnyRecord {
    return this.number({ ...this.head(stream), kind: 'measurement', metric, shape, values: packValues(values) });
  }

  end(): AnyRecord {
    return this.number({ ...this.head('monitor'), kind: 'end', body: { status: 'finished' } });
  }

  private get stepsPerEpoch(): number {
    return Math.floor(this.train.y.length / this.options.batchSize);
  }

  private head(stream: string) {
    return {
      v: RECORD_VERSION,
      run: this.options.run,
      time: this.options.startTime + this.step * this.options.stepMs,
      step: this.step,
      epoch: this.step / this.stepsPerEpoch,
      stream,
    };
  }

  private number<R extends Unnumbered>(record: R): AnyRecord {
    return { ...record, seq: ++this.seq } as unknown as AnyRecord;
  }

  private vector(scale: number): Float64Array {
    return Float64Array.from({ length: FEATURES + 1 }, () => scale * gauss(this.random));
  }

  private examples(centres: readonly Float64Array[], counts: readonly number[]): Examples {
    const x: Float64Array[] = [];
    const y: number[] = [];
    counts.forEach((count, c) => {
      for (let i = 0; i < count; i++) {
        const features = centres[c]!.map((value) => 0.5 + value + gauss(this.random));
        features[FEATURES] = 1;
        x.push(features);
        y.push(c);
      }
    });
    return { x, y };
  }

  private batch(): Examples {
    const at = (this.step % this.stepsPerEpoch) * this.options.batchSize;
    if (at === 0) shuffle(this.order, this.random);
    const chosen = this.order.slice(at, at + this.options.batchSize);
    return { x: chosen.map((i) => this.train.x[i]!), y: chosen.map((i) => this.train.y[i]!) };
  }

  private tally({ x, y }: Examples, update: boolean): Tally {
    const zeros = () => new Array<number>(this.classes).fill(0);
    const tally = {
      support: zeros(),
      loss: zeros(),
      hits: zeros(),
      guesses: zeros(),
      probability: zeros(),
      confusion: new Array<number>(this.classes ** 2).fill(0),
      errors: [] as Float64Array[],
    };
    const gradient = this.weights.map(() => new Float64Array(FEATURES + 1));
    x.forEach((features, i) => {
      const p = softmax(this.weights.map((row) => dot(row, features)));
      const guess = p.indexOf(Math.max(...p));
      const label = y[i]!;
      tally.support[label]!++;
      tally.loss[label]! -= Math.log(Math.max(p[label]!, 1e-12));
      tally.guesses[guess]!++;
      tally.confusion[label * this.classes + guess]!++;
      if (guess === label) tally.hits[label]!++;
      const errors = Float64Array.from(p, (value, c) => value - (c === label ? 1 : 0));
      tally.errors.push(errors);
      p.forEach((value, c) => {
        tally.probability[c]! += value;
        const error = errors[c]!;
        for (let k = 0; k <= FEATURES; k++) gradient[c]![k]! += error * features[k]!;
      });
    });
    if (update) this.descend(gradient, x.length);
    return tally;
  }

  private descend(gradient: readonly Float64Array[], batchSize: number): void {
    for (const [c, row] of this.weights.entries()) {
      for (let k = 0; k <= FEATURES; k++) row[k]! -= (RATE * gradient[c]![k]!) / batchSize;
    }
  }

  private measureTally(stream: string, tally: Tally): AnyRecord[] {
    const total = sum(tally.support);
    const perClass = (values: number[]) =>
      values.map((value, c) => (tally.support[c]! > 0 ? value / tally.support[c]! : null));
    const share = (values: number[]) => values.map((value) => value / total);
    const all: { readonly [metric: string]: readonly (number | null)[] } = {
      support: tally.support,
      'predicted-fraction': share(tally.guesses),
      'mean-probability': share(tally.probability),
      loss: [sum(tally.loss) / total],
      accuracy: [sum(tally.hits) / total],
      'class-recall': perClass(tally.hits),
      'class-loss': perClass(tally.loss),
      ...(stream === 'train'
        ? { 'absent-rate': tally.support.map((count) => (count === 0 ? 1 : 0)) }
        : this.evaluation(tally)),
    };
    return this.measureAll(stream, all);
  }

  private evaluation(tally: Tally) {
    const recall = tally.hits.map((hits, c) => hits / tally.support[c]!);
    const precision = tally.hits.map((hits, c) => (tally.guesses[c]! > 0 ? hits / tally.guesses[c]! : null));
    return { 'macro-recall': [sum(recall) / this.classes], 'class-precision': precision, confusion: tally.confusion };
  }

  private measureSchedule(): AnyRecord[] {
    const norms = this.weights.map((row) => Math.sqrt(dot(row, row)));
    const cosines = this.weights.flatMap((a, i) => this.weights.map((b, j) => dot(a, b) / (norms[i]! * norms[j]!)));
    return [
      ...this.measureTally('probe', this.tally(this.probe, false)),
      ...this.measureAll('model', { 'classifier-norm': norms, 'classifier-cosine': cosines }),
    ];
  }

  /** In the order of the metrics, each with its declaration before its first measurement. */
  private measureAll(stream: string, values: { readonly [metric: string]: readonly (number | null)[] }): AnyRecord[] {
    return metrics.flatMap((metric) => {
      const measured = values[metric.id];
      if (measured === undefined) return [];
      const shape = metric.axes.map((axis) => (axis === 'layer' ? LAYERS.length : this.classes));
      const name = `${stream}/${metric.id}`;
      const body = declarationOf(metric, stream);
      const axes = body.axes.map((axis) => (axis === 'layer' ? { name: 'layer', labels: LAYERS } : axis));
      const declared = this.declared.has(name) ? [] : [this.declare({ ...body, axes })];
      this.declared.add(name);
      return [...declared, this.measurement(stream, metric.id, measured, shape)];
    });
  }
}

function isScheduled(step: number): boolean {
  return step <= 4 || Math.floor(10 * Math.log10(step)) > Math.floor(10 * Math.log10(step - 1));
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - top));
  const total = sum(powers);
  return powers.map((power) => power / total);
}
