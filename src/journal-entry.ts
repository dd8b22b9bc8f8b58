import type { Snapshot } from './capture/snapshot.ts';
import { declarationOf, type Metric, type OfRun } from './metric.ts';
import { type Axis, type Declaration, shapeOf, sizeOf } from './record.ts';
import { shortened } from './target.ts';

/** What all measurements of one metric in one stream have in common. */
export interface DeclaredMetric {
  /** Declarations before its own. */
  readonly number: number;
  readonly stream: string;
  readonly metric: string;
  readonly shape: readonly number[];
  /** Packed as float64. */
  readonly double: boolean;
}

/** A metric of one stream in the journal. */
export interface Entry {
  readonly metric: Metric;
  /** Measured only where the snapshot is due. */
  readonly onSchedule: boolean;
  readonly byLayer: boolean;
  /** Where an axis is the layers: those of the first measurement; null before it, and in all other metrics. */
  layers: readonly string[] | null;
  /** What the first measurement says of the run; null before it, and where the metric says nothing of runs. */
  ofRun: OfRun | null;
  shape: readonly number[];
  /** Number of values. */
  size: number;
  /** Null before the first measurement. */
  declared: DeclaredMetric | null;
}

export function entryOf(metric: Metric, stream: string, classes: number): Entry {
  const shape = shapeOf(metric.axes, classes);
  return {
    metric,
    onSchedule: declarationOf(metric, stream).cadence === 'schedule',
    byLayer: metric.axes.includes('layer'),
    layers: null,
    ofRun: null,
    shape,
    size: sizeOf(shape),
    declared: null,
  };
}

/** Takes layers and labels of the first measurement for all. Throws a RangeError where there are no layers, or others later. */
export function resolve(entry: Entry, snapshot: Snapshot): void {
  if (entry.byLayer) resolveLayers(entry, snapshot);
  const { metric, declared } = entry;
  if (metric.ofRun === undefined || declared !== null) return;
  entry.ofRun = metric.ofRun(snapshot);
  const { axes } = declarationOf(metric, snapshot.stream, entry.ofRun);
  entry.shape = shapeOf(axes, snapshot.classes, entry.layers?.length ?? 0);
  entry.size = sizeOf(entry.shape);
}

function resolveLayers(entry: Entry, snapshot: Snapshot): void {
  const { classes, gradients } = snapshot;
  const layers = (entry.metric.layers ? entry.metric.layers(snapshot) : gradients?.layers) ?? null;
  if (layers === null)
    throw new RangeError('Expected a metric by layer to read class gradients or to name its layers, got neither.');
  const { layers: known } = entry;
  if (known === null) {
    entry.layers = layers;
    entry.shape = shapeOf(entry.metric.axes, classes, layers.length);
    entry.size = sizeOf(entry.shape);
  } else if (known !== layers && (known.length !== layers.length || known.some((name, i) => name !== layers[i]))) {
    throw new RangeError(
      `Expected the ${known.length} layers of the first measurement, got ${layers.length}, or others: give another model a run of its own.`,
    );
  }
}

/** The declaration with its layers by name, and with what is said of the run. */
export function resolved({ metric, layers, ofRun }: Entry, stream: string): Declaration {
  const declaration = declarationOf(metric, stream, ofRun ?? {});
  if (layers === null) return declaration;
  const axis: Axis = { name: 'layer', labels: layers.map(shortened) };
  return { ...declaration, axes: declaration.axes.map((of) => (of === 'layer' ? axis : of)) };
}
