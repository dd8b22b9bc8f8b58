/** Everything that a chart needs to draw itself once. */
import type { RunHistory } from '../../src/history.ts';
import type { RunBody } from '../../src/record.ts';
import type { CurveCache } from '../curves.ts';
import type { Palette } from '../palette.ts';
import type { View } from '../view.ts';

export interface Scene {
  readonly history: RunHistory;
  readonly body: RunBody | null;
  readonly classNames: readonly string[];
  readonly view: View;
  readonly palette: Palette;
  readonly curves: CurveCache;
}

/** First and last step on the step axis of every line chart. */
export function stepRange({ view, history }: Scene): readonly [number, number] {
  return view.range ?? [0, Math.max(1, history.lastStep)];
}
