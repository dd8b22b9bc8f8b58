/**
 * The vocabulary on the wire and on disk: what a record is. Imports nothing but the packing of values and runs anywhere
 * (training thread, worker, browser).
 */
export {
  listValues,
  type Packable,
  packValues,
  type SparseValues,
  spread,
  unpackValues,
  type Values,
} from './packed-values.ts';

/** Version of the record format; a reader refuses a record whose `v` is larger than its own. */
export const RECORD_VERSION = 1;

/**
 * One axis of a metric. `class` takes its labels from the run, a named axis brings its own; `layer` is named before it travels. `rank`: as
 * many as there are classes, the largest value first.
 */
export type Axis =
  | 'class'
  | 'rank'
  | 'layer'
  | { readonly name: string; readonly labels?: readonly string[]; readonly values?: readonly number[] };

/** How several steps become one value: weighted mean, sum, or the last one. */
export type Fold = 'mean' | 'sum' | 'last';

/** The metric (bare id, same stream) whose values weigh this one in a mean; `total`: its sum over all classes. */
export interface Weight {
  readonly metric: string;
  readonly total?: boolean;
}

/** A value that a chart is read against, and what is to be said of it. */
export interface Mark {
  readonly value: number;
  readonly label: string;
}

/** How a metric wants to be drawn. Panels with the same group and title share one chart, one series each. */
export interface Panel {
  readonly group: string;
  readonly title: string;
  readonly chart: 'line' | 'bar' | 'heatmap' | 'pairs' | 'distribution' | 'plane';
  /**
   * What the metric is to a distribution. 'law': the probability of at most the values of its axis; 'sample': values that were drawn;
   * 'mark': those of this run; 'note': nothing is drawn, its note is shown, or its values in words; in a plane, too.
   */
  readonly role?: 'law' | 'sample' | 'mark' | 'note';
  /** One sentence of this run, shown with the chart. */
  readonly note?: string;
  /** Name of this metric in a chart that several metrics share. */
  readonly series?: string;
  /** Which measurement a bar or a heat map shows; default 'last'. */
  readonly at?: 'first' | 'last';
  /** Divide by the sum over all elements before drawing (counts shown as shares). */
  readonly share?: boolean;
  /** Divide each row by its sum before drawing (a confusion matrix shown as recall per row). */
  readonly rowShare?: boolean;
  readonly scale?: 'linear' | 'log';
  readonly bounds?: readonly [number | null, number | null];
  readonly better?: 'higher' | 'lower';
  /** Of a bar chart: the element that has an interval, and the two that are its ends; drawn as a whisker on its bar, not as bars. */
  readonly interval?: readonly [of: number, low: number, high: number];
  /** Names of the rows and columns of a heat map; of the bars and their values; of the values and the shares of a distribution; of the rays and the points of a plane. */
  readonly axisTitles?: readonly [string, string];
  /** Thin lines across a line chart; its axis reaches all of them. */
  readonly marks?: readonly Mark[];
  /**
   * What it means where the last value of a scalar is missing; said below a line chart. Of a bar chart: where its last bar is, `{}` standing
   * for the number of the one before; of bars by class the classes that have none are named.
   */
  readonly missing?: string;
}

/** What travels before the first measurement of a metric, so that a reader needs to know none by name. */
export interface Declaration {
  readonly id: string;
  readonly stream: string;
  readonly help: string;
  readonly axes: readonly Axis[];
  /** 'step': measured at every step, shown over a sliding window by examples; 'schedule': now and then, shown as it is. */
  readonly cadence: 'step' | 'schedule';
  readonly fold: Fold;
  readonly weight?: Weight;
  readonly panels: readonly Panel[];
}

export interface RunBody {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Training examples per class, where the user said so. */
  readonly classCounts: readonly number[] | null;
  /** Named groups of classes, ascending indices, where the user made some; `minority` (else `tail`) says which classes are minority. */
  readonly groups?: { readonly [name: string]: readonly number[] };
  /** Why the first guesses are not those of an untrained network, where they are not: the rest of a sentence. */
  readonly inherited?: string;
  readonly config: { readonly [key: string]: unknown };
  readonly versions: { readonly classwatch: string; readonly tfjs: string; readonly backend: string };
  /** The machine's process that trains; a reader tells a live run from an abandoned one by it. */
  readonly pid: number;
}

export type Level = 'info' | 'warn' | 'error';

/** What a rule found, with everything needed to understand it. */
export interface AlertBody {
  /** `rule/classes@step` of its opening: stable under replay. */
  readonly id: string;
  readonly rule: string;
  readonly level: Level;
  readonly state: 'opened' | 'updated' | 'resolved';
  /** One sentence with the numbers in it. */
  readonly message: string;
  readonly classes: readonly number[];
  /** First and last step of the evidence. */
  readonly steps: readonly [number, number];
  readonly numbers: { readonly [name: string]: number };
  readonly threshold: number;
  readonly remedy: string;
}

export interface EndBody {
  readonly status: 'finished' | 'stopped' | 'failed';
}

interface Head {
  readonly v: number;
  readonly run: string;
  /** Per run, from 1, without gaps; given by the relay worker. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Number of updates that the weights behind this record had. */
  readonly step: number;
  /** Fraction of epochs, going on over several fit calls; null where nobody told. */
  readonly epoch: number | null;
  readonly stream: string;
}

export interface RunRecord extends Head {
  readonly kind: 'run';
  readonly body: RunBody;
}
export interface MetricRecord extends Head {
  readonly kind: 'metric';
  readonly body: Declaration;
}
export interface MeasurementRecord extends Head {
  readonly kind: 'measurement';
  /** Bare id; the full name is `stream/metric`. */
  readonly metric: string;
  readonly shape: readonly number[];
  /** Row-major, packed by `packValues`. */
  readonly values: Uint8Array;
}
export interface AlertRecord extends Head {
  readonly kind: 'alert';
  readonly body: AlertBody;
}
export interface EndRecord extends Head {
  readonly kind: 'end';
  readonly body: EndBody;
}

/** One message: what is spooled, stored, served and drawn. */
export type AnyRecord = RunRecord | MetricRecord | MeasurementRecord | AlertRecord | EndRecord;

/** A record before the relay worker has numbered it. */
export type Unnumbered<R extends AnyRecord = AnyRecord> = R extends AnyRecord ? Omit<R, 'seq'> : never;

/** `stream/metric`. */
export function fullName(record: { readonly stream: string; readonly metric: string }): string {
  return `${record.stream}/${record.metric}`;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Lengths of the axes; 0 for layers while they are not known. */
export function shapeOf(axes: readonly Axis[], classes: number, layers = 0): number[] {
  return axes.map((axis) => {
    if (axis === 'class' || axis === 'rank') return classes;
    return axis === 'layer' ? layers : (axis.labels ?? axis.values ?? []).length;
  });
}
