/** What a distribution shows: laws and samples of shares in the same intervals, and where the values of the run lie. Pure. */
import type { Bucket } from '../src/history.ts';
import { formatShort } from './format.ts';
import { measurementAt } from './matrices.ts';
import { axisLabels, type ChartSpec, type Layer } from './panels.ts';

/** A law or a sample: the share of all that lies in each interval. */
export interface Course {
  readonly layer: Layer;
  readonly shares: readonly number[];
}

export interface Sample extends Course {
  readonly counts: readonly number[];
  readonly size: number;
}

/** One value of the run. */
export interface Mark {
  readonly layer: Layer;
  /** Class or other element. */
  readonly element: number;
  readonly label: string;
  readonly value: number;
}

export interface DistributionModel {
  readonly step: number;
  /** 'root': the axis of the values goes by their root, as do the intervals, because most values are far below the largest. */
  readonly scale: 'linear' | 'root';
  /** Ends of the intervals, from 0 on; each holds its upper end, the first one 0 as well. */
  readonly edges: readonly number[];
  readonly laws: readonly Course[];
  readonly samples: readonly Sample[];
  /** The largest first. */
  readonly marks: readonly Mark[];
  readonly notes: readonly string[];
  /** Of the values, and of the shares; empty where no panel names them. */
  readonly axisTitles: readonly [string, string];
}

/** Widths of the intervals to choose from, and how many there may be. */
const WIDTHS = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1];
const MOST_INTERVALS = 25;
const ROOT_INTERVALS = 18;
/** Of the largest value: where half of all lie below, a linear axis would show one bar. */
const FAR_BELOW = 0.1;
/** What a law has beyond is not shown, unless a sample or the run has it. */
const SHOWN = 0.999;
/** Rounding of float32. */
const TINY = 1e-6;

interface Kept {
  readonly layer: Layer;
  readonly bucket: Bucket;
}

/** What the layers of a chart have measured so far; null before the first of them has. */
export function distributionModel({ layers }: ChartSpec, classNames: readonly string[]): DistributionModel | null {
  const kept = layers.flatMap((layer) => {
    const bucket = layer.metric.buckets[measurementAt(layer.panel, layer.metric.buckets.length, null)];
    return bucket === undefined ? [] : [{ layer, bucket }];
  });
  const [first] = kept;
  if (first === undefined) return null;
  const of = (role: string) => kept.filter(({ layer }) => layer.panel.role === role);
  const laws = of('law').map(lawOf);
  const samples = of('sample').map(({ layer, bucket }) => ({ layer, values: present(bucket) }));
  const marks = of('mark').flatMap((one) => marksOf(one, classNames));
  const end = Math.max(
    0,
    ...laws.map(reach),
    ...samples.map(({ values }) => most(values)),
    ...marks.map(({ value }) => value),
  );
  const middle = laws[0] ? quantile(laws[0], 0.5) : median(samples[0]?.values ?? []);
  const scale = middle < FAR_BELOW * end ? 'root' : 'linear';
  const edges = scale === 'root' ? rootEdges(end) : linearEdges(end);
  return {
    step: first.bucket.step,
    scale,
    edges,
    laws: laws.map((law) => ({ layer: law.layer, shares: inIntervals(law, edges) })),
    samples: samples.map(({ layer, values }) => sampleOf(layer, values, edges)),
    marks: marks.sort((a, b) => b.value - a.value),
    notes: of('note').map(noteOf),
    axisTitles: layers.find(({ panel }) => panel.axisTitles)?.panel.axisTitles ?? ['', ''],
  };
}

interface Law {
  readonly layer: Layer;
  readonly at: readonly number[];
  readonly below: readonly number[];
}

function lawOf({ layer, bucket }: Kept): Law {
  const [axis] = layer.declaration.axes;
  const at = (typeof axis === 'object' ? axis.values : undefined) ?? [];
  return { layer, at, below: Array.from(bucket.last) };
}

/** The value below which nearly everything lies. */
function reach(law: Law): number {
  return quantile(law, SHOWN);
}

function quantile({ at, below }: Law, p: number): number {
  return at[below.findIndex((chance) => chance >= p)] ?? at.at(-1) ?? 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
}

function linearEdges(end: number): number[] {
  const width = WIDTHS.find((candidate) => end / candidate <= MOST_INTERVALS + TINY) ?? end / MOST_INTERVALS;
  const intervals = Math.max(1, Math.ceil(end / width - TINY));
  return Array.from({ length: intervals + 1 }, (_, i) => i * width);
}

function rootEdges(end: number): number[] {
  return Array.from({ length: ROOT_INTERVALS + 1 }, (_, i) => end * (i / ROOT_INTERVALS) ** 2);
}

function inIntervals(law: Law, edges: readonly number[]): number[] {
  const below = edges.map((edge, i) => (i === 0 ? 0 : chanceBelow(law, edge)));
  return edges.slice(1).map((_, i) => Math.max(0, below[i + 1]! - below[i]!));
}

/** Straight between the values that are known. */
function chanceBelow({ at, below }: Law, value: number): number {
  const next = at.findIndex((known) => known >= value - TINY * 1e-3);
  if (next < 0) return 1;
  if (next === 0) return below[0]!;
  const part = (value - at[next - 1]!) / (at[next]! - at[next - 1]!);
  return below[next - 1]! + Math.min(1, part) * (below[next]! - below[next - 1]!);
}

function sampleOf(layer: Layer, values: readonly number[], edges: readonly number[]): Sample {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) counts[intervalOf(value, edges)]!++;
  return { layer, counts, size: values.length, shares: counts.map((count) => count / Math.max(1, values.length)) };
}

/** Index of the interval that holds a value. */
export function intervalOf(value: number, edges: readonly number[]): number {
  const upper = edges.findIndex((edge, i) => i > 0 && value <= edge * (1 + TINY));
  return upper < 0 ? edges.length - 2 : upper - 1;
}

function marksOf({ layer, bucket }: Kept, classNames: readonly string[]): Mark[] {
  const [axis] = layer.declaration.axes;
  const labels = axis === undefined ? [layer.label] : axisLabels(axis, bucket.last.length, classNames);
  return labels.flatMap((label, element) => {
    const value = bucket.last[element]!;
    return bucket.seen[element] && Number.isFinite(value) ? [{ layer, element, label, value }] : [];
  });
}

/** What is said of the run, else the values by name. */
export function noteOf({ layer, bucket }: Kept): string {
  const { panel, declaration, label } = layer;
  if (panel.note !== undefined) return panel.note;
  const [axis] = declaration.axes;
  const [first, ...more] = Array.from(bucket.last, (value, i) => (bucket.seen[i] ? formatShort(value) : 'missing'));
  const names = axis === undefined ? [] : axisLabels(axis, bucket.last.length, []).slice(1);
  return `${label}: ${first}${more.length > 0 ? ` (${more.map((value, i) => `${names[i]} ${value}`).join(', ')})` : ''}`;
}

function present({ last, seen }: Bucket): number[] {
  return Array.from(last).filter((value, i) => seen[i] && Number.isFinite(value));
}

function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}
