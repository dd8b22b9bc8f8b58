/** Everything that a chart needs to draw itself once. */
import type { RunHistory } from '../../src/history.ts';
import type { Axis } from '../../src/record.ts';
import type { CurveCache } from '../curves.ts';
import { growingEnd } from '../decimate.ts';
import { classStyle, MAX_LINES, type Palette } from '../palette.ts';
import type { View } from '../view.ts';

export interface Scene {
  readonly history: RunHistory;
  /** Whether more steps are to come. */
  readonly isLive: boolean;
  readonly classNames: readonly string[];
  readonly view: View;
  readonly palette: Palette;
  readonly curves: CurveCache;
}

/** First and last step on the step axis of every line chart. */
export function stepRange({ view, history, isLive }: Scene): readonly [number, number] {
  const last = isLive ? growingEnd(history.lastStep, view.stepScale) : Math.max(1, history.lastStep);
  return view.range ?? [0, last];
}

/** Whether a metric of this many elements is drawn as one line each. */
export function isFew(size: number): boolean {
  return size <= MAX_LINES;
}

/** Elements of a metric that are drawn as lines: those not switched off, or those picked where there are too many. */
export function lineElements(axis: Axis, size: number, { view }: Scene): number[] {
  const all = Array.from({ length: size }, (_, i) => i);
  if (axis !== 'class') return isFew(size) ? all : [];
  return isFew(size)
    ? all.filter((element) => !view.hidden.has(element))
    : view.picked.filter((element) => element < size);
}

/** The element that is in focus: classes are the same ones in every chart, other axes are their chart's own. */
export function focusOn(axis: Axis, { view }: Scene): number | null {
  return axis === 'class' ? view.highlight : null;
}

/** Colour and dash of an element: its own where all are lines, else that of its place among the picked ones. */
export function elementStyle(element: number, size: number, { view, palette }: Scene) {
  return classStyle(palette, isFew(size) ? element : Math.max(0, view.picked.indexOf(element)));
}
