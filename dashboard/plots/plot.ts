/** What a card holds: something that draws, and the same in numbers. */
import type { Scene } from '../charts/scene.ts';
import { formatCount } from '../format.ts';
import type { Signal } from '../signal.ts';
import type { Tooltip } from '../tooltip.ts';
import type { ViewStore } from '../view.ts';

/** What is under a chart in words. */
export interface Caption {
  readonly note: string;
  /** The current value where there is only one. */
  readonly value?: string;
  /** Set where something is not as it should be. */
  readonly warning?: string;
}

/** Says how many values are not finite, and how many a log axis cannot show; empty where there are none. */
export function warningOf(broken: number, nonPositive = 0): string {
  const parts = [
    broken > 0 ? `${formatCount(broken)} × NaN or ∞` : '',
    nonPositive > 0 ? `${formatCount(nonPositive)} × ≤ 0` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

export interface Plot {
  readonly root: HTMLElement;
  /** Exact numbers for assistive technology, tests, and the curious. */
  readonly numbers: HTMLElement;
  /** Draws; called only while the plot is on screen. */
  draw(scene: Scene): void;
  /** Brings the numbers up to date; called whether the plot is on screen or not. Returns the caption. */
  tabulate(scene: Scene): Caption;
  destroy(): void;
}

/** What all plots share. */
export interface PlotContext {
  readonly view: ViewStore;
  readonly tooltip: Tooltip;
  /** Step under the pointer, in whichever chart it is. */
  readonly crosshair: Signal<number | null>;
  readonly scene: () => Scene;
}
