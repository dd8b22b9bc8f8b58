/** What a plane shows: a ray and a point for each class, from one kept measurement. Pure. */
import type { Bucket } from '../src/history.ts';
import { noteOf } from './distributions.ts';
import { measurementAt } from './matrices.ts';
import { axisLabels, type ChartSpec, type Layer } from './panels.ts';

export type Place = readonly [x: number, y: number];

/** One class; null is missing or not finite. */
export interface PlaneClass {
  readonly element: number;
  readonly label: string;
  /** End of the ray from the origin. */
  readonly ray: Place | null;
  readonly point: Place | null;
}

export interface PlaneModel {
  readonly step: number;
  /** Number of measurements at this step. */
  readonly count: number;
  readonly classes: readonly PlaneClass[];
  /** From the lowest to the highest value along each axis, the origin included, rounded outwards so that the scale is steady. */
  readonly reach: readonly [x: Place, y: Place];
  readonly notes: readonly string[];
}

/** x and y of the ray, x and y of the point. */
const COLUMNS = 4;
/** The ends of the reach are multiples of it. */
const STEP = 0.05;

/** The layer that is drawn; the others are told in words. */
export function drawnLayer({ layers }: ChartSpec): Layer | null {
  return layers.find(({ panel }) => panel.role === undefined) ?? null;
}

/** A chart at the measurement `chosen` of its drawn layer (null: as the panel says); null before there is one. */
export function planeModel(spec: ChartSpec, chosen: number | null, classNames: readonly string[]): PlaneModel | null {
  const layer = drawnLayer(spec);
  const buckets = layer?.metric.buckets ?? [];
  const bucket = layer === null ? undefined : buckets[measurementAt(layer.panel, buckets.length, chosen)];
  if (layer === null || bucket === undefined || layer.metric.shape[1] !== COLUMNS) return null;
  const labels = axisLabels(layer.declaration.axes[0]!, bucket.last.length / COLUMNS, classNames);
  const classes = labels.map((label, element) => ({
    element,
    label,
    ray: placeAt(bucket, element * COLUMNS),
    point: placeAt(bucket, element * COLUMNS + 2),
  }));
  const reach = [reachOf(classes, 0), reachOf(classes, 1)] as const;
  const { step, count } = bucket;
  return { step, count, classes, reach, notes: notesAt(spec, bucket) };
}

function placeAt({ last, seen }: Bucket, at: number): Place | null {
  const [x, y] = [last[at]!, last[at + 1]!];
  return seen[at] && seen[at + 1] && Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
}

function reachOf(classes: readonly PlaneClass[], axis: 0 | 1): Place {
  const all = classes.flatMap(({ ray, point }) => [ray, point]).map((place) => place?.[axis] ?? 0);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  return low === high ? [-STEP, STEP] : [STEP * Math.floor(low / STEP), STEP * Math.ceil(high / STEP)];
}

/** What the others measured at the same step, or last before it. */
function notesAt({ layers }: ChartSpec, { index }: Bucket): string[] {
  return layers.flatMap((layer) => {
    if (layer.panel.role !== 'note') return [];
    const bucket = layer.metric.buckets.findLast((one) => one.index <= index);
    return bucket === undefined ? [] : [noteOf({ layer, bucket })];
  });
}

/** A ray's end or a point that lies within `reach` of a place, and how far. */
export interface Near {
  readonly of: PlaneClass;
  readonly ray: boolean;
  readonly point: boolean;
  readonly distance: number;
}

/** Classes that have something within `reach` of a place, the nearest first. */
export function classesNear(classes: readonly PlaneClass[], [x, y]: Place, reach: number): Near[] {
  const away = (place: Place | null) => (place === null ? Infinity : Math.hypot(place[0] - x, place[1] - y));
  return classes
    .map((of) => {
      const [ray, point] = [away(of.ray), away(of.point)];
      return { of, ray: ray <= reach, point: point <= reach, distance: Math.min(ray, point) };
    })
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance);
}
