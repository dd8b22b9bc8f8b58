/**
 * A run folded into buckets as its records arrive: what the page draws and what the rules read, live and in replay.
 * Pure; the same code runs in the worker and in the browser.
 */
import { type AnyRecord, type Declaration, fullName, type MeasurementRecord, sizeOf, unpackValues } from './record.ts';

/** Below this step every step has a bucket of its own; above it a bucket is 1/EXACT_STEPS of its step wide. */
const EXACT_STEPS = 256;

/** A matrix metric keeps at most this many values; then every second measurement between first and last is let go. */
const MAX_MATRIX_VALUES = 4_000_000;

/** For all elements of a measurement. */
const NO_WEIGHT = Float64Array.of(0);

/** Bucket number of a step: fixed edges, so that the page and the server always agree, whatever arrived when. */
export function bucketOf(step: number): number {
  return step < EXACT_STEPS ? step : EXACT_STEPS + Math.floor(EXACT_STEPS * Math.log(step / EXACT_STEPS));
}

/** Consecutive measurements of one metric. Arrays run over its elements, row-major. */
export interface Bucket {
  readonly index: number;
  readonly firstStep: number;
  step: number;
  epoch: number | null;
  time: number;
  /** Number of measurements. */
  count: number;
  /** The last present value; `seen` says where there is none. */
  readonly last: Float64Array;
  /** 1 where at least one value was present. */
  readonly seen: Uint8Array;
  /** Over the finite values. Infinity and -Infinity where there is none. Empty in a matrix metric. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Sum of value times weight (in a metric of sums: of values), and of the weights, over the present values. Empty in a matrix metric. */
  readonly sum: Float64Array;
  readonly weight: Float64Array;
}

/** The buckets of one metric, oldest first. */
export class MetricHistory {
  readonly declaration: Declaration;
  readonly buckets: Bucket[] = [];
  /** Shape of the last measurement. */
  shape: readonly number[] = [];

  constructor(declaration: Declaration) {
    this.declaration = declaration;
  }

  get isMatrix(): boolean {
    return this.declaration.axes.length > 1;
  }

  /** Folds one measurement in. `weights`: one per element, one for all, or null (each counts once). */
  add(record: MeasurementRecord, weights: Float64Array | null): void {
    const size = sizeOf(record.shape);
    const { data, missing } = unpackValues(record.values, size);
    this.shape = record.shape;
    const bucket = this.bucketFor(record, size);
    bucket.step = record.step;
    bucket.epoch = record.epoch;
    bucket.time = record.time;
    bucket.count++;
    for (let i = 0; i < size; i++) {
      if (missing?.[i]) continue;
      bucket.seen[i] = 1;
      bucket.last[i] = data[i]!;
      if (!this.isMatrix) fold(bucket, i, data[i]!, weights === null ? 1 : weights[weights.length === 1 ? 0 : i]!);
    }
  }

  /** Shown value of an element: weighted mean, sum or last, as declared; null where nothing is present. */
  value(bucket: Bucket, element: number): number | null {
    if (!bucket.seen[element]) return null;
    const { fold: how } = this.declaration;
    if (how === 'last' || this.isMatrix) return bucket.last[element]!;
    if (how === 'sum') return bucket.sum[element]!;
    // A weight of NaN shows as NaN: what has diverged must be seen.
    return bucket.weight[element]! <= 0 ? null : bucket.sum[element]! / bucket.weight[element]!;
  }

  private bucketFor(record: MeasurementRecord, size: number): Bucket {
    const index = bucketOf(record.step);
    const open = this.buckets.at(-1);
    // A step measured again (the end of an epoch, a replayed record) replaces or joins; it never goes back in time.
    if (open !== undefined && index <= open.index && open.last.length === size) return open;
    const bucket = emptyBucket(index, record.step, size, this.isMatrix);
    this.buckets.push(bucket);
    if (this.isMatrix) this.thin(size);
    return bucket;
  }

  private thin(size: number): void {
    const most = Math.max(2, Math.floor(MAX_MATRIX_VALUES / Math.max(1, size)));
    if (this.buckets.length <= most) return;
    const kept = this.buckets.filter((_, i) => i === 0 || i === this.buckets.length - 1 || i % 2 === 0);
    if (kept.length > most) kept.splice(1, kept.length - most);
    this.buckets.splice(0, this.buckets.length, ...kept);
  }
}

/** One run: its declarations, its folded metrics, and its other records as they came. */
export class RunHistory {
  readonly metrics = new Map<string, MetricHistory>();
  /** Run, alert and end records, in order. */
  readonly notices: AnyRecord[] = [];
  lastSeq = 0;
  lastStep = 0;
  lastTime = 0;
  private readonly weights = new Map<string, { step: number; values: Float64Array }>();
  private readonly weighing = new Set<string>();

  /** Folds one record in; a record seen before (by seq) and one without declaration are ignored. Says whether it was new. */
  add(record: AnyRecord): boolean {
    if (record.seq <= this.lastSeq) return false;
    this.lastSeq = record.seq;
    this.lastTime = record.time;
    if (record.kind === 'metric') this.declare(record.body);
    else if (record.kind === 'measurement') this.measure(record);
    else this.notices.push(record);
    return true;
  }

  /** Adds a metric; one that is known keeps its history. */
  declare(declaration: Declaration): MetricHistory {
    const name = `${declaration.stream}/${declaration.id}`;
    if (declaration.weight) this.weighing.add(`${declaration.stream}/${declaration.weight.metric}`);
    let metric = this.metrics.get(name);
    if (metric === undefined) {
      metric = new MetricHistory(declaration);
      this.metrics.set(name, metric);
    }
    return metric;
  }

  /** Takes over folded buckets, as a seed brings them; the weights of its last step may still be asked for. */
  adopt(declaration: Declaration, shape: readonly number[], buckets: readonly Bucket[]): void {
    const metric = this.declare(declaration);
    metric.shape = shape;
    metric.buckets.push(...buckets);
    const last = buckets.at(-1);
    if (last !== undefined) {
      this.weights.set(`${declaration.stream}/${declaration.id}`, { step: last.step, values: last.last.slice() });
    }
  }

  private measure(record: MeasurementRecord): void {
    const name = fullName(record);
    const metric = this.metrics.get(name);
    if (metric === undefined) return;
    this.lastStep = Math.max(this.lastStep, record.step);
    if (this.weighing.has(name)) this.weights.set(name, { step: record.step, values: present(record) });
    metric.add(record, this.weightsFor(record, metric.declaration));
  }

  /**
   * The weight metric of a step is recorded before the metrics that it weighs. Without any each value counts once; a step whose weights
   * were let go on the way counts for nothing, as a 1 among weights of 1e-12 would count for everything.
   */
  private weightsFor(record: MeasurementRecord, { stream, weight, fold }: Declaration): Float64Array | null {
    // A sum has no weights: its weight metric only says over which examples it is shown.
    if (weight === undefined || fold === 'sum') return null;
    const latest = this.weights.get(`${stream}/${weight.metric}`);
    if (latest === undefined) return null;
    if (latest.step !== record.step) return NO_WEIGHT;
    return weight.total ? Float64Array.of(latest.values.reduce((sum, value) => sum + value, 0)) : latest.values;
  }
}

function fold(bucket: Bucket, i: number, value: number, weight: number): void {
  // NaN stays in the sum (a diverged loss must be seen) but not in the bounds of the axis.
  if (value < bucket.min[i]! && value > -Infinity) bucket.min[i] = value;
  if (value > bucket.max[i]! && value < Infinity) bucket.max[i] = value;
  bucket.sum[i]! += value * weight;
  bucket.weight[i]! += weight;
}

function present(record: MeasurementRecord): Float64Array {
  const { data } = unpackValues(record.values, sizeOf(record.shape));
  return Float64Array.from(data);
}

function emptyBucket(index: number, firstStep: number, size: number, matrix: boolean): Bucket {
  const folded = matrix ? 0 : size;
  return {
    index,
    firstStep,
    step: firstStep,
    epoch: null,
    time: 0,
    count: 0,
    last: new Float64Array(size),
    seen: new Uint8Array(size),
    min: new Float64Array(folded).fill(Infinity),
    max: new Float64Array(folded).fill(-Infinity),
    sum: new Float64Array(folded),
    weight: new Float64Array(folded),
  };
}
