/** What the person looking has chosen: scales, zoom, theme, classes. Shared by all charts. */
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
  /** Classes picked as lines where there are too many to draw all. */
  readonly picked: readonly number[];
}

export class ViewStore {
  private view: View;
  private readonly listeners = new Set<(view: View, before: View) => void>();

  constructor(view: View) {
    this.view = view;
  }

  get current(): View {
    return this.view;
  }

  /** Takes the changes over and tells every listener, unless nothing differs. */
  set(changes: Partial<View>): void {
    const before = this.view;
    const after = { ...before, ...changes };
    if ((Object.keys(changes) as (keyof View)[]).every((key) => before[key] === after[key])) return;
    this.view = after;
    for (const listener of this.listeners) listener(after, before);
  }

  subscribe(listener: (view: View, before: View) => void): void {
    this.listeners.add(listener);
  }
}

/** The set with one member more or less. */
export function toggled<T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
