/** What a metric is: data and one function. Adding one is a file in metrics/, a line in its list, a section in docs/metrics.md, and a test. */
import type { Snapshot, SnapshotPart } from './capture/snapshot.ts';
import type { Axis, Declaration, Fold, Mark, Packable, Panel, Weight } from './record.ts';

/**
 * What a metric may return: a scalar, a row-major list (null = missing) or what is there of one, or null for "nothing to say
 * at this step".
 */
export type Measured = number | Packable | null;

/** A panel of a metric, and the streams it is for (default: all of the metric's). */
export interface MetricPanel extends Panel {
  readonly streams?: readonly string[];
}

/** What one run adds to the declaration of a metric. */
export interface OfRun {
  /** Of the axis that has a name and nothing else. */
  readonly labels?: readonly string[];
  /** A sentence for its panels of role 'note'. */
  readonly note?: string;
  /** Reference lines for its line charts. */
  readonly marks?: readonly Mark[];
  /** It has no number and will have none: only its panels of role 'note' have something to show. */
  readonly isNoteAlone?: boolean;
}

export interface Metric {
  /** Equals the file's name; the full name is `stream/id`. */
  readonly id: string;
  /** One or two sentences for a person: what is measured, and what is good. */
  readonly help: string;
  /** `[]` scalar, `['class']` vector, `['class', 'class']` matrix. */
  readonly axes: readonly Axis[];
  /** `probe` stands for every evaluation set. */
  readonly streams: readonly ('train' | 'probe' | 'model' | 'monitor')[];
  /** How often it is measured on `train` and `model`; evaluation sets always follow the schedule. */
  readonly cadence: 'step' | 'schedule';
  /** How steps become one value; default 'mean' at every step, 'last' on schedule. */
  readonly fold?: Fold;
  readonly weight?: Weight;
  /** Stored as float64 (counts). */
  readonly double?: boolean;
  /**
   * 'gradients': reads `gradients` or `update` of the snapshot, which are only captured where some metric says so. 'geometry': how
   * rows of the classifier lie to each other. Likewise captured: 'features' reads `geometry`, `collapse` or `plane`, 'training-mode' `training`,
   * 'layers' `layerGammas`, 'expectation' `expected`.
   */
  readonly part?: SnapshotPart;
  readonly panels: readonly MetricPanel[];
  /** Names along the axis 'layer'; null for nothing to say. Default: the layers of the class gradients. */
  layers?(snapshot: Snapshot): readonly string[] | null;
  /** What its declaration says of this run; asked at the first measurement. */
  ofRun?(snapshot: Snapshot): OfRun;
  /** Reads the snapshot; must not keep tensors or change anything. */
  measure(snapshot: Snapshot): Measured;
}

/** Identity; exists for inference and for the reader. */
export function defineMetric(metric: Metric): Metric {
  return metric;
}

/** What a stream is to a metric: every stream that is not classwatch's own is an evaluation set. */
export function roleOf(stream: string): Metric['streams'][number] {
  return stream === 'train' || stream === 'model' || stream === 'monitor' ? stream : 'probe';
}

/** The declaration of a metric in one stream: what travels before its first measurement. */
export function declarationOf(metric: Metric, stream: string, ofRun: OfRun = {}): Declaration {
  const { labels } = ofRun;
  const role = roleOf(stream);
  const cadence = role === 'probe' ? 'schedule' : metric.cadence;
  return {
    id: metric.id,
    stream,
    help: metric.help,
    axes: metric.axes.map((axis) => (labels !== undefined && isBare(axis) ? { name: axis.name, labels } : axis)),
    cadence,
    fold: cadence === 'schedule' ? 'last' : (metric.fold ?? 'mean'),
    ...(metric.weight ? { weight: metric.weight } : {}),
    panels: metric.panels
      .filter((panel) => panel.streams === undefined || panel.streams.includes(role))
      .filter((panel) => ofRun.isNoteAlone !== true || panel.role === 'note')
      .map(({ streams: _, ...panel }) => panelOf(panel, ofRun)),
  };
}

function panelOf(panel: Panel, { note, marks }: OfRun): Panel {
  if (note !== undefined && panel.role === 'note') return { ...panel, note };
  return marks !== undefined && panel.chart === 'line' ? { ...panel, marks } : panel;
}

/** A name and nothing else: the run brings its labels. */
function isBare(axis: Axis): axis is Extract<Axis, { readonly name: string }> {
  return typeof axis === 'object' && axis.labels === undefined && axis.values === undefined;
}
