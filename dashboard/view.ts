/** What the person looking has chosen: scales, zoom, theme, classes. Shared by all charts. */
import { Signal } from './signal.ts';
import type { StepScale } from './step-axis.ts';

export type Theme = 'light' | 'dark';

export interface View {
  readonly stepScale: StepScale;
  /** First and last step shown; null: the whole run. */
  readonly range: readonly [number, number] | null;
  readonly theme: Theme;
  /** The class that the pointer or the keyboard is on. */
  readonly highlight: number | null;
  /** Classes that are switched off. */
  readonly hidden: ReadonlySet<number>;
  /** Classes picked as lines where there are too many to draw all, in order of picking. */
  readonly picked: readonly number[];
}

export class ViewStore extends Signal<View> {
  /** Takes the changes over, unless nothing differs. */
  change(changes: Partial<View>): void {
    const before = this.value;
    const keys = Object.keys(changes) as (keyof View)[];
    if (keys.some((key) => before[key] !== changes[key])) this.set({ ...before, ...changes });
  }
}

/** The set with one member more or less. */
export function toggled<T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
